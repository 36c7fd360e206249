"""`cpctl bench`: tests a board on the bench, contactor open, and tells what it found.

findings   what a test found, as values
steps      one step of the firmware's own bench test
link, pilot, hardware, guided   the tests
bench      all of them in order
report     one HTML file; `plot` draws its pictures
"""

from .bench import Bench, Options
from .findings import Check, Findings, Outcome
from .report import as_html

__all__ = ["Bench", "Check", "Findings", "Options", "Outcome", "as_html"]
