"""Draw the diagrams of docs/hardware.md into docs/img: `python scripts/diagrams [--check]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from circuits import DRAWINGS

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "img"


def main() -> int:
    """Run; 0 they are drawn, or (`--check`) as drawn; 1 some are not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with what is there, write nothing")
    check = parser.parse_args().check
    wanted = {IMAGES / f"hardware-{name}.svg": draw().svg() for name, draw in DRAWINGS.items()}
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    stale += [path for path in IMAGES.glob("hardware-*.svg") if path not in wanted]
    if check:
        print("\n".join(f"{path.name}: not as drawn; run python scripts/diagrams" for path in stale) or f"{len(wanted)} drawings, all current")
        return 1 if stale else 0
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
    print(f"{len(wanted)} drawings, {len(stale)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
