"""The language of the prompt and of scenarios."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpctl.cli import script
from cpctl.cli.script import Condition, conditions, parse, parse_all, seconds
from cpctl.errors import SimError


def test_a_line_is_a_verb_and_words_and_comments_are_nothing() -> None:
    line = parse("  plug 1 16 soc=80  # a small car", 7)
    assert line is not None
    assert (line.number, line.verb, line.words) == (7, "plug", ("1", "16", "soc=80"))
    assert parse("   ") is None
    assert parse("# nothing") is None


def test_json_of_a_call_keeps_its_quotes() -> None:
    line = parse('call DataTransfer {"vendorId": "a b", "n": [1]}')
    assert line is not None
    assert line.words == ("DataTransfer", '{"vendorId": "a b", "n": [1]}')


def test_a_scenario_names_the_line_that_is_no_command() -> None:
    with pytest.raises(SimError, match="Line 3: there is no command 'plugin'"):
        parse_all("plug\n\nplugin\n")


def test_every_verb_is_described_in_the_help() -> None:
    described = {word for row in script.LANGUAGE.splitlines() for word in row[:40].replace("|", " ").split()}
    assert script.VERBS - {"ready"} <= described


@pytest.mark.parametrize(("text", "length"), [("60", 60), ("+90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400)])
def test_times_are_read_with_their_units(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "soon", "-5", "5 s", "1w"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(SimError, match="is no time"):
        seconds(text)


FACTS: dict[str, object] = {"status": "Charging", "energy": 120.5, "faults": frozenset({"lock"}), "why": frozenset()}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("status=charging", True),
        ("status!=Charging", False),
        ("energy>100", True),
        ("energy<=100", False),
        ("energy=120.5", True),
        ("faults=lock", True),
        ("faults!=lock", False),
        ("faults=none", False),
        ("why=none", True),
    ],
)
def test_conditions_compare_words_numbers_and_sets(text: str, holds: bool) -> None:
    (condition,) = conditions([text])
    assert condition.holds(FACTS) is holds


def test_several_conditions_may_stand_in_a_line_each_for_its_evse() -> None:
    assert conditions(["status=Charging", "and", "2:energy>10"]) == [Condition(0, "status", "=", "Charging"), Condition(2, "energy", ">", "10")]


@pytest.mark.parametrize(
    ("words", "says"),
    [(["status"], "no condition"), ([], "Nothing"), (["x=1"], "no fact"), (["status>3"], "no number"), (["energy>much"], "no number")],
)
def test_what_is_no_condition_is_refused(words: list[str], says: str) -> None:
    with pytest.raises(SimError, match=says):
        all(condition.holds(FACTS) for condition in conditions(words))


@given(st.text(max_size=60))
def test_any_text_is_a_line_or_nothing_or_refused(text: str) -> None:
    try:
        parse(text)
    except SimError:
        pass
