"""A charging session from the first cable to the last message, in the ways in which drivers go about it."""

from __future__ import annotations

from cpctl.core.model import StopReason, Trigger
from cpctl.core.outputs import Decision
from .drive import ACCEPTED, TAG, Drive


def test_a_whole_session_ends_with_its_record() -> None:
    drive = Drive()
    assert drive.status() == "Available"
    drive.plug()
    assert drive.status() == "Preparing"
    request = drive.tap()
    drive.answer(ACCEPTED)
    assert drive.outcome(request) is Decision.ACCEPTED
    assert drive.limit_ma() == 32_000
    drive.run(1)
    drive.draw(wh=0)
    assert drive.status() == "Charging"
    assert drive.why() == []
    drive.run(30)
    drive.draw(wh=1500)
    drive.tap()
    assert drive.limit_ma() == 0
    drive.seats[1].energised = False
    drive.observe()
    assert drive.status() == "Finishing"
    drive.unplug()
    assert drive.status() == "Available"
    assert [str(status) for status in drive.told()] == ["Preparing", "Charging", "Finishing", "Available"]
    (started,), (ended,) = drive.started, drive.ended
    assert (started.id_token, started.trigger, started.register_mwh) == (TAG, Trigger.AUTHORIZED, 0)
    assert (ended.reason, ended.register_mwh, ended.id_token) == (StopReason.LOCAL, 1_500_000, TAG)
    while drive.disk.outbox:
        drive.deliver(ref="42")
    assert drive.running() is None
    assert not any(key.startswith("transaction/") for key in drive.disk.records)
