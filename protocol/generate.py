#!/usr/bin/env python3
"""Generate everything that follows from messages.toml and faults.toml. Needs the standard library only.

generate.py             write the generated files
generate.py --check     write nothing; fail if a file differs, or if layout and version did not change together
generate.py --pin       pin the layout hash for the version now in messages.toml
generate.py --pin --unreleased     the same while that version has never left the repository
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator import c_code, docs, python_code, schema, vectors

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FIRMWARE = Path("coprocessor_fw/components/cp_core")


def outputs(loaded: schema.Schema) -> dict[Path, str]:
    """Every generated file, relative to the repository, with its text."""
    return {
        FIRMWARE / "include/cp_messages.h": c_code.header(loaded),
        FIRMWARE / "cp_messages.c": c_code.source(loaded),
        Path("controller/cpctl/link/messages.py"): python_code.messages(loaded),
        Path("controller/cpctl/core/faults.py"): python_code.faults(loaded),
        Path("docs/reference/messages.md"): docs.messages(loaded),
        Path("docs/reference/faults.md"): docs.faults(loaded),
        Path("protocol/vectors.json"): vectors.vectors(loaded),
    }


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 0 if all is well, 1 if something differs or the schema is wrong."""
    parser = argparse.ArgumentParser(prog="generate.py", description="Generate codecs, tables and vectors from the schema.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    parser.add_argument("--pin", action="store_true", help="pin the layout hash for the present version")
    parser.add_argument("--unreleased", action="store_true", help="with --pin: the present version has never been released")
    options = parser.parse_args(argv)
    try:
        loaded = schema.load(HERE)
        if options.pin:
            schema.pin(HERE, loaded, unreleased=options.unreleased)
            loaded = schema.load(HERE)
        schema.check_pin(loaded)
    except schema.SchemaError as error:
        print(f"protocol/messages.toml: {error}", file=sys.stderr)
        return 1
    return _check(loaded) if options.check else _write(loaded)


def _check(loaded: schema.Schema) -> int:
    stale = [path for path, text in outputs(loaded).items() if not _same(ROOT / path, text)]
    for path in stale:
        print(f"{path}: differs from the schema; run protocol/generate.py", file=sys.stderr)
    return 1 if stale else 0


def _write(loaded: schema.Schema) -> int:
    for path, text in outputs(loaded).items():
        if not _same(ROOT / path, text):
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
