"""The table says what the tests are, and every case has its test or its reason."""

from __future__ import annotations

from .cases import NOT_SHOWN, SERVED, held_by, plan
from .table import PAGE, PASSED, render


def test_every_case_of_a_served_profile_has_a_test_or_a_reason() -> None:
    held = {id for id, _, _ in held_by()}
    open_cases = {case.id for case in plan() if case.profile in SERVED} - held - NOT_SHOWN.keys()
    assert open_cases == set()
    assert held & NOT_SHOWN.keys() == set()


def test_every_test_names_a_case_by_its_title() -> None:
    titles = {case.id: case.title for case in plan()}
    assert [(id, title) for id, title, _ in held_by() if titles.get(id) != title] == []


def test_the_committed_table_is_that_of_these_tests() -> None:
    assert PAGE.read_text("utf-8") == render({name: PASSED for _, _, name in held_by()}), "run `just conformance`"
