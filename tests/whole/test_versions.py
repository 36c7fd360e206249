"""Which OCPP version is spoken is negotiated, and what a station has to tell survives a change of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.whole.rig import ID, Rig, virtually
from tests.whole.words import VERSIONS

ALL = ["2.1", "2.0.1", "1.6"]


@pytest.mark.parametrize(
    ("spoken", "chosen"),
    [
        (["ocpp2.1"], "2.1"),
        (["ocpp2.0.1"], "2.0.1"),
        (["ocpp1.6"], "1.6"),
        (["ocpp1.6", "ocpp2.0.1", "ocpp2.1"], "2.1"),
        (["ocpp1.6", "ocpp2.0.1"], "2.0.1"),
    ],
)
def test_of_the_versions_that_both_speak_the_one_preferred_by_the_station_is_chosen(tmp_path: Path, spoken: list[str], chosen: str) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, ocpp=chosen, csms={"versions": ALL}) as rig:
            rig.csms.subprotocols = tuple(spoken)
            rig.csms.cut(ID)
            await rig.csms.until(lambda: rig.csms.point(ID).subprotocol == f"ocpp{chosen}")
            await rig.until(lambda: rig.controller is not None and rig.controller.csms.status()["version"] == chosen)

    run()


def test_a_csms_of_2_1_alone_gets_a_whole_session(tmp_path: Path) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, ocpp="2.1", csms={"versions": ALL}) as rig:
            rig.csms.subprotocols = ("ocpp2.1",)
            await rig.online()
            await rig.charge()
            await rig.sleep(200)
            await rig.tap()
            await rig.plant.vehicle(1, state="A")
            await rig.until(lambda: all(charge.stop is not None for charge in rig.charges))
            (charge,) = rig.charges
            assert rig.csms.point(ID).subprotocol == "ocpp2.1"
            assert (charge.id_tag, charge.reason, charge.connector) == ("TAG1", "Local", 1)
            assert charge.meter_stop is not None
            assert charge.meter_stop > charge.meter_start
            assert charge.missing == rig.csms.ledger.problems == rig.csms.ledger.orphans == []

    run()


def test_a_transaction_that_ended_offline_is_told_in_the_words_that_the_csms_has_learnt_meanwhile(tmp_path: Path) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, ocpp="2.0.1", csms={"versions": ALL}) as rig:
            rig.csms.subprotocols = ("ocpp2.0.1",)
            rig.csms.cut(ID)
            await rig.csms.until(lambda: rig.csms.point(ID).subprotocol == "ocpp2.0.1")
            await rig.online()
            await rig.charge()
            await rig.sleep(100)
            await rig.csms.set_up(False)
            rig.csms.subprotocols = ("ocpp2.1",)
            await rig.sleep(100)
            await rig.tap()
            await rig.plant.vehicle(1, state="A")
            await rig.status("Available")
            await rig.csms.set_up(True)
            await rig.until(lambda: all(charge.stop is not None for charge in rig.charges), 2000)
            (charge,) = rig.charges
            assert rig.csms.point(ID).subprotocol == "ocpp2.1"
            assert any(event.get("offline") for event in charge.events.values())
            assert charge.missing == rig.csms.ledger.problems == rig.csms.ledger.orphans == []

    run()


@pytest.mark.parametrize(("before", "after"), [("1.6", "2.0.1"), ("2.0.1", "1.6")])
def test_a_charge_goes_on_while_the_csms_changes_its_version_and_its_rest_is_told_in_the_new_words(tmp_path: Path, before: str, after: str) -> None:
    @virtually
    async def run() -> None:
        async with Rig(tmp_path, ocpp=before, csms={"versions": ALL}) as rig:
            rig.csms.subprotocols = (f"ocpp{before}",)
            rig.csms.cut(ID)
            await rig.csms.until(lambda: rig.csms.point(ID).subprotocol == f"ocpp{before}")
            await rig.online()
            await rig.charge()
            await rig.sleep(100)
            await rig.csms.set_up(False)
            rig.csms.subprotocols = (f"ocpp{after}",)
            await rig.sleep(100)
            await rig.csms.set_up(True)
            await rig.csms.until(lambda: rig.csms.point(ID).subprotocol == f"ocpp{after}")
            await rig.sleep(100)
            truth = await rig.truth()
            assert (truth.closings, truth.openings) == (1, 0)
            rig.words = VERSIONS[after]
            await rig.finish(told=False)
            await rig.sleep(10)
            # This CSMS never heard of its beginning in these words; what it makes of the rest is its own.
            last = rig.csms.ledger.orphans[-1][1]
            energy_wh = truth.energy_mwh / 1000
            if after == "1.6":
                assert (last["transactionId"], last["reason"]) == (-1, "Local")
                assert last["meterStop"] >= energy_wh - 1
            else:
                assert (last["eventType"], last["triggerReason"]) == ("Ended", "StopAuthorized")
                numbers = [event["seqNo"] for _, event in rig.csms.ledger.orphans]
                assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            await rig.charge("TAG2")
            await rig.finish("TAG2", told=False)
            await rig.sleep(10)
            assert [charge.id_tag for charge in rig.charges if charge.stop is not None] == ["TAG2"]

    run()
