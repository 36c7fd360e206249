#!/usr/bin/env python3
"""Run a program that measures on QEMU's rv32 machine, print what it printed, and end as it ended.

qemu_run.py [--count] PROGRAM    --count: one instruction a nanosecond of its time, so that its counters count instructions
"""

from __future__ import annotations

import subprocess
import sys

MACHINE = ("qemu-system-riscv32", "-M", "sifive_u", "-bios", "none", "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot")
TIMEOUT_S = 300


def run(program: str, count: bool) -> tuple[str, int]:
    """Return what it printed and its exit code, which it tells in its last line."""
    command = [*MACHINE, *(("-icount", "shift=0") if count else ()), "-kernel", program]
    text = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=TIMEOUT_S).stdout
    printed, _, last = text.rstrip("\n").rpartition("\n")
    if not last.startswith("exit "):
        return text, 1
    return f"{printed}\n", int(last.removeprefix("exit "))


def main() -> int:
    """Run the command line."""
    text, code = run(sys.argv[-1], "--count" in sys.argv[1:-1])
    sys.stdout.write(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
