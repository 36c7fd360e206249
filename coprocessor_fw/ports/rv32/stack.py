#!/usr/bin/env python3
"""Bound the stack of the rv32 port: the deepest way through the call graph, interrupts on top.

stack.py BUILD    reads the graphs that gcc wrote beside the objects (-fcallgraph-info=su) and the linked program; prints the depths.

Fails on recursion, on a frame of no fixed size, on a call of what nobody knows, on a call by pointer, and where the stack is too small.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROGRAM = "cp-coprocessor-rv32"
#: What is told: a name for people, and the function that it begins with. The last bounds the stack, together with the trap.
ENTRIES = {
    "safety tick of the coprocessor": "cp_coprocessor_tick",
    "safety tick of one EVSE": "cp_evse_tick",
    "link, a frame that comes": "cp_coprocessor_rx",
    "link, bytes that go": "cp_coprocessor_tx",
    "interrupt": "trap",
    "program": "main",
}


class Graph:
    """Frames and calls of every function of the program."""

    def __init__(self, build: Path) -> None:
        self.frame: dict[str, int] = {}
        self.calls: dict[str, set[str]] = {}
        self.faults: list[str] = []
        for path in sorted(path for part in ("cp_core", "cp_machine", PROGRAM) for path in (build / "CMakeFiles" / f"{part}.dir").rglob("*.ci")):
            self._read(path.read_text(encoding="utf-8"))
        self._add_assembled(build / f"{PROGRAM}.elf")

    def _read(self, text: str) -> None:
        for name, label in re.findall(r'node: \{ title: "([^"]+)" label: "([^"]+)"', text):
            if used := re.search(r"(\d+) bytes \((\w+)", label):
                self.frame[name] = int(used[1])
                if used[2] != "static":
                    self.faults.append(f"the frame of {name} is {used[2]}")
        for caller, callee in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            self.calls.setdefault(caller, set()).add(callee)

    def _add_assembled(self, program: Path) -> None:
        """Take the compiler's own helpers, which have no graph, from the program's code."""
        code = subprocess.run(["riscv64-unknown-elf-objdump", "-d", str(program)], capture_output=True, text=True, check=True).stdout
        for block in code.split("\n\n"):
            if (head := re.match(r"[0-9a-f]+ <(__\w+)>:", block)) and head[1] not in self.frame:
                self.frame[head[1]] = sum(int(size) for size in re.findall(r"\bsp,sp,-(\d+)", block))
                self.calls[head[1]] = set(re.findall(r"\bjalr?\s[^<\n]*<(\w+)>", block)) | (
                    {"a pointer"} if re.search(r"\bjalr\s+\w+$", block, re.M) else set()
                )

    def depth(self, name: str, way: tuple[str, ...] = ()) -> tuple[int, tuple[str, ...]]:
        """Return the bytes below this function's caller at most, and the way that needs them."""
        if name in way:
            self.faults.append(f"recursion: {' -> '.join((*way, name))}")
            return 0, ()
        if name not in self.frame:
            self.faults.append(f"nobody knows {name}, called by {way[-1] if way else 'nobody'}")
            return 0, ()
        deepest = max((self.depth(callee, (*way, name)) for callee in self.calls.get(name, ())), default=(0, ()))
        return self.frame[name] + deepest[0], (name, *deepest[1])


def main(build: Path) -> int:
    """Print a line for each entry; 0 if every depth is bounded and all fit the stack."""
    graph = Graph(build)
    depths = {entry: graph.depth(entry) for entry in ENTRIES.values()}
    for what, entry in ENTRIES.items():
        sys.stdout.write(f"{what}: {depths[entry][0]} bytes ({' > '.join(short(name) for name in depths[entry][1])})\n")
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    size = int(re.findall(r"CP_STACK_SIZE:\w+=(\d+)", cache)[0])
    needed = depths["main"][0] + depths["trap"][0]
    sys.stdout.write(f"program and interrupt: {needed} of {size} bytes\n")
    if needed > size:
        graph.faults.append(f"the stack is too small: {size} bytes, {needed} are needed")
    for fault in sorted(set(graph.faults)):
        sys.stderr.write(f"{fault}\n")
    return 1 if graph.faults else 0


def short(name: str) -> str:
    """Leave the file away that a static function is told by."""
    return name.rpartition(":")[2]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
