"""The mutants of the safety core's C: which there are, and that each is known again wherever it moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from coprocessor_fw.mutants.operators import enumerators, mutants_of
from coprocessor_fw.mutants.page import with_part
from coprocessor_fw.mutants.reasons import load

SOURCE = b"""
static bool late(uint32_t ms, bool held)
{
    if (ms >= 20u && !held) {
        return true;
    }
    return false;
}
"""


def _texts(source: bytes) -> set[str]:
    return {mutant.apply(source).decode().split("if (")[1].split(") {")[0] for mutant in mutants_of("x.c", source, {}) if mutant.lines[0] == 4}


def test_a_condition_is_wrong_at_its_edge_in_each_part_and_altogether() -> None:
    assert _texts(SOURCE) == {"ms > 20u && !held", "ms >= 21u && !held", "ms >= 19u && !held", "ms >= 20u", "!held", "ms >= 20u && held", "false"}


def test_a_return_is_dropped_only_where_the_function_goes_on() -> None:
    dropped = [mutant.place for mutant in mutants_of("x.c", SOURCE, {}) if mutant.kind == "statement dropped"]
    assert dropped == ["[return true; -> ;]"]


def test_a_mutant_is_known_again_when_lines_and_comments_come_before_it() -> None:
    moved = b"/* A comment. */\n\n" + SOURCE.replace(b"ms >= 20u", b"ms /* how late */\n        >= 20u")
    assert [mutant.key for mutant in mutants_of("x.c", moved, {})] == [mutant.key for mutant in mutants_of("x.c", SOURCE, {})]


def test_the_same_change_of_the_same_words_is_told_apart() -> None:
    source = b"void f(void)\n{\n    a = 0;\n    a = 0;\n}\n"
    keys = [mutant.key for mutant in mutants_of("x.c", source, {})]
    assert len(set(keys)) == len(keys)


def test_an_enumerator_becomes_the_next_and_the_last_the_first() -> None:
    following = enumerators(b"typedef enum { RED = 3, GREEN, BLUE } colour_t;")
    assert following == {"RED": "GREEN", "GREEN": "BLUE", "BLUE": "RED"}
    source = b"static const int table[] = {\n    BLUE,\n};\n"
    assert [mutant.apply(source) for mutant in mutants_of("x.c", source, following)] == [source.replace(b"BLUE", b"RED")]


def test_two_reasons_for_one_mutant_are_refused(tmp_path: Path) -> None:
    entry = '[[reason]]\nfile = "x.c"\nbecause = "why"\nmutants = ["[a -> b]"]\n'
    path = tmp_path / "survivors.toml"
    path.write_text('judged = ["x.c"]\n' + entry)
    assert [reason.keys for reason in load(path).reasons] == [[("x.c", "", "[a -> b]")]]
    path.write_text("judged = []\n" + entry + entry)
    with pytest.raises(SystemExit, match="more than one reason"):
        load(path)


def test_only_its_part_of_the_page_is_written() -> None:
    page = "before\n<!-- begin score: written by scripts/mutants -->\nold\n<!-- end score -->\nafter\n"
    assert with_part(page, "score", "new") == page.replace("old", "\nnew")
