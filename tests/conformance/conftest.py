"""Tells pytest of the mark that names a case."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "case(id, title): the case of the OCPP 1.6 test plan for charge points whose conversation the test holds")
