"""The scanner that finds a key's line, on every shape that TOML gives a key or a value."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpctl.toml_lines import KeyPath, key_lines, line_of

TEXT = '''\
top = 1            # 1
[a]
"quoted.key" = "x # no comment"
b.c = 'lit\\'
[a.d]
text = """
[no.table]
still \\""" text
"""
after = 2
[[e]]
n = 1
[[e]]
n = 2
list = [ 1, # one
  { x = 1, y = [ "]", 2 ] },
  3 ]
[e.sub]
z = 2024-01-01 00:00:00
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("a", "quoted.key"), 3),
        (("a", "b", "c"), 4),
        (("a", "d", "text"), 6),
        (("a", "d", "after"), 10),
        (("e", 0), 11),
        (("e", 0, "n"), 12),
        (("e", 1, "n"), 14),
        (("e", 1, "list", 0), 15),
        (("e", 1, "list", 1, "y", 1), 16),
        (("e", 1, "list", 2), 17),
        (("e", 1, "sub", "z"), 19),
    ],
)
def test_each_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    assert key_lines(TEXT)[path] == line


def test_a_key_that_is_missing_has_the_line_of_what_should_hold_it() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, ("e", 1, "missing")) == 13
    assert line_of(lines, ("nowhere",)) == 0


def test_exactly_the_paths_that_the_parser_sees_are_found() -> None:
    def paths(value: object, at: KeyPath = ()) -> set[KeyPath]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return {found for key, item in items for found in {(*at, key)} | paths(item, (*at, key))}

    assert set(key_lines(TEXT)) == paths(tomllib.loads(TEXT))


@given(st.text(max_size=80))
def test_no_text_that_the_parser_takes_upsets_the_scanner(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    key_lines(text)


VALUES = st.sampled_from(["1", '"a\\\\"', "'b'", '"""x\n"y""""', "'''z''''", "[1, [2, 'a']]", "{ a = 1, b.c = [] }", "true", "1e3"])


@given(st.lists(VALUES, max_size=8))
def test_a_key_after_any_values_is_still_found(values: list[str]) -> None:
    text = "".join(f"k{index} = {value}\n" for index, value in enumerate(values)) + "last = 0"
    assert key_lines(text)[("last",)] == text.count("\n") + 1
    assert tomllib.loads(text)["last"] == 0
