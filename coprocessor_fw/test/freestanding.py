#!/usr/bin/env python3
"""See that the core is what it says: freestanding C11 without floating point, file-scope state, heap or recursion.

Floating point is refused by the compiler (-mgeneral-regs-only, where the machine knows it), state and foreign functions by the symbols
of the objects, recursion by the call graph that the compiler writes.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CORE = Path(__file__).resolve().parents[1] / "components/cp_core"
#: All that a compiler may call in freestanding code.
PRIMITIVES = {"memcpy", "memmove", "memset", "memcmp"}
FLAGS = ["-std=c11", "-O1", "-ffreestanding", "-fno-stack-protector", "-fcallgraph-info", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]


def main() -> int:
    """Compile each file and judge its object; 0 if nothing is to be said."""
    complaints: list[str] = []
    calls: dict[str, set[str]] = {}
    no_floats = ["-mgeneral-regs-only"] if platform.machine() in ("x86_64", "aarch64") else []
    with tempfile.TemporaryDirectory() as directory:
        for source in sorted(CORE.glob("*.c")):
            out = Path(directory) / f"{source.stem}.o"
            command = ["gcc", *FLAGS, *no_floats, f"-I{CORE / 'include'}", f"-I{CORE}", "-c", str(source), "-o", str(out)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                complaints.append(done.stderr.strip())
                continue
            symbols = subprocess.run(["nm", str(out)], capture_output=True, text=True, check=True).stdout
            complaints += [f"{source.name}: {fault}" for fault in judge(symbols)]
            graph = out.with_suffix(".ci").read_text(encoding="utf-8")
            for caller, callee in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', graph):
                calls.setdefault(caller, set()).add(callee)
    complaints += [f"recursion: {' -> '.join(loop)}" for loop in loops(calls)]
    for complaint in complaints:
        sys.stdout.write(f"{complaint}\n")
    sys.stdout.write(f"{len(calls)} functions call others; {len(complaints)} complaints\n")
    return 1 if complaints or not calls else 0


def judge(symbols: str) -> list[str]:
    """Name what an object has but must not have."""
    faults = []
    for line in symbols.splitlines():
        kind, name = line.split()[-2:]
        if kind in "bBdDC":
            faults.append(f"{name} is file-scope state")
        elif kind == "U" and not name.startswith("cp_") and name not in PRIMITIVES:
            faults.append(f"{name} is not the core's")
    return faults


def loops(calls: dict[str, set[str]]) -> list[list[str]]:
    """Find the ways on which a function calls itself; a call by pointer counts as one that cannot be bounded."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> None:
        if name in way:
            found.append([*way[way.index(name) :], name])
        elif name not in done:
            for callee in sorted(calls.get(name, ())):
                if callee == "__indirect_call":
                    found.append([name, "a pointer"])
                walk(callee, [*way, name])
            done.add(name)

    for name in sorted(calls):
        walk(name, [])
    return found


if __name__ == "__main__":
    sys.exit(main())
