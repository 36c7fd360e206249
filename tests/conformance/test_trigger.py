"""TriggerMessage: what the CSMS wants to be told now. The answer always comes before what it promises."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import virtually

from cpctl.sim.csms_script import Refuse

from .cases import case
from .talk import Rig, Talk


@case("TC_054_CS", "Trigger Message")
@virtually
async def test_each_message_that_is_triggered_follows_its_answer(tmp_path: Path) -> None:
    async with Rig(tmp_path, MeterValuesSampledData="Energy.Active.Import.Register,Voltage") as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("TriggerMessage", requestedMessage="StatusNotification", connectorId=1)
        await rig.sleep(1)
        await rig.call("TriggerMessage", requestedMessage="StatusNotification")
        await rig.sleep(1)
        await rig.call("TriggerMessage", requestedMessage="Heartbeat")
        await talk.was(
            "CS TriggerMessage StatusNotification 1: Accepted",
            "CP StatusNotification 1 Available",
            "CS TriggerMessage StatusNotification: Accepted",
            "CP StatusNotification 0 Available",
            "CP StatusNotification 1 Available",
            "CS TriggerMessage Heartbeat: Accepted",
        )
        assert len(talk.payloads("Heartbeat")) == 1
        assert _answered_before_promised(talk)


@case("TC_054_CS", "Trigger Message")
@virtually
async def test_triggered_meter_values_hold_what_is_sampled_with_and_without_a_transaction(tmp_path: Path) -> None:
    async with Rig(tmp_path, MeterValuesSampledData="Energy.Active.Import.Register,Power.Active.Import", MeterValueSampleInterval=0) as rig:
        await rig.online()
        await rig.pass_time(3)
        talk = Talk(rig)
        await rig.call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
        await rig.sleep(1)
        await rig.charge()
        await rig.call("TriggerMessage", requestedMessage="MeterValues")
        await rig.sleep(1)
        outside, inside = talk.payloads("MeterValues")
        assert "transactionId" not in outside
        assert inside["transactionId"] == 1
        for payload in (outside, inside):
            (value,) = payload["meterValue"]
            assert [(one["measurand"], one["context"]) for one in value["sampledValue"]] == [
                ("Energy.Active.Import.Register", "Trigger"),
                ("Power.Active.Import", "Trigger"),
            ]
        assert _answered_before_promised(talk)
        await rig.finish()
        assert rig.csms.ledger.problems == []


@case("TC_055_CS", "Trigger Message - Rejected")
@virtually
async def test_a_trigger_that_can_not_be_followed_is_refused(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("TriggerMessage", requestedMessage="StatusNotification", connectorId=9)
        await rig.call("TriggerMessage", requestedMessage="MeterValues", connectorId=9)
        await rig.call("TriggerMessage", requestedMessage="MeterValues", connectorId=0)
        await rig.call("TriggerMessage", requestedMessage="BootNotification")
        await rig.call("TriggerMessage", requestedMessage="FirmwareStatusNotification")
        await rig.call("TriggerMessage", requestedMessage="DiagnosticsStatusNotification", connectorId=1)
        await talk.was(
            "CS TriggerMessage StatusNotification 9: Rejected",
            "CS TriggerMessage MeterValues 9: Rejected",
            "CS TriggerMessage MeterValues 0: Rejected",
            "CS TriggerMessage BootNotification: Rejected",
            "CS TriggerMessage FirmwareStatusNotification: NotImplemented",
            "CS TriggerMessage DiagnosticsStatusNotification 1: NotImplemented",
        )
        assert talk.payloads("MeterValues") == []
        await rig.call("ChangeConfiguration", key="MeterValuesSampledData", value="")
        talk.again()
        await rig.call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
        await talk.was("CS TriggerMessage MeterValues 1: Rejected")


@case("TC_054_CS", "Trigger Message")
@virtually
async def test_a_connector_that_a_message_has_nothing_to_do_with_is_passed_over(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("TriggerMessage", requestedMessage="Heartbeat", connectorId=9)
        await talk.was("CS TriggerMessage Heartbeat 9: Accepted")
        assert len(talk.payloads("Heartbeat")) == 1


@case("TC_054_CS", "Trigger Message")
@virtually
async def test_triggered_meter_values_do_not_wait_behind_a_message_that_the_csms_does_not_take(tmp_path: Path) -> None:
    async with Rig(tmp_path, MeterValueSampleInterval=10, TransactionMessageRetryInterval=600) as rig:
        await rig.online()
        await rig.charge()
        rig.csms.script("MeterValues", Refuse())
        await rig.pass_time(12)
        talk = Talk(rig)
        await rig.call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
        await rig.sleep(1)
        (triggered,) = talk.payloads("MeterValues")
        assert triggered["transactionId"] == 1
        assert triggered["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"


def _answered_before_promised(talk: Talk) -> bool:
    """Tell whether no message of the charge point came between a trigger and its answer."""
    return all(answer_at == asked_at + 1 for asked_at, answer_at in talk.spans("TriggerMessage"))
