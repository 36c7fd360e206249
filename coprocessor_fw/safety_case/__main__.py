"""`scripts/safety-case`: write the generated parts of docs/safety-case.md; `--check` only tells whether they are as they would be written.

Either way it fails if a clause lacks evidence, a name in case.toml stands for nothing, a figure is not the one that was judged, or a
protection, slice, known bug or measured time has no place in the case.
"""

from __future__ import annotations

import argparse
import sys

from .case import faults, load
from .evidence import DOCS, ROOT, CaseError, read
from .page import parts, with_parts

PAGE = DOCS / "safety-case.md"


def main() -> int:
    """Run; 0 the case holds together and is written, or as it should be; 1 it is not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    try:
        case = load()
        wrong = faults(case)
        if wrong:
            print("\n".join(dict.fromkeys(wrong)))
            return 1
        before = read(PAGE)
        after = with_parts(before, parts(case))
    except CaseError as error:
        print(error)
        return 1
    if arguments.check and after != before:
        print(f"{PAGE.relative_to(ROOT)} is not what scripts/safety-case would write")
        return 1
    if not arguments.check:
        PAGE.write_text(after, encoding="utf-8")
    print(f"safety case: {len(case.clauses)} clauses against {len(case.hazards)} hazards, {len(case.removed)} protections, each with its evidence")
    return 0


if __name__ == "__main__":
    sys.exit(main())
