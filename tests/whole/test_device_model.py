"""The device model of a station that charges: what the hardware does shows in it, whoever asks, and by whichever of its names."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cpctl.core.outputs import Save
from cpctl.core.records import Variable
from cpctl.errors import NotFound, Refused
from cpctl.store.sqlite import Store

from .rig import ID, Rig, virtually


def _entry(name: str) -> dict[str, Any]:
    """Address `EVSE@1.Power` or `OCPPCommCtrlr.Retries`."""
    component, _, variable = name.rpartition(".")
    part, _, place = component.partition("@")
    evse, _, connector = place.partition(".")
    where = {"evse": {"id": int(evse)} | ({"connectorId": int(connector)} if connector else {})} if place else {}
    return {"component": {"name": part} | where, "variable": {"name": variable}}


async def read(rig: Rig, *names: str) -> list[str]:
    """Ask for values as the CSMS does."""
    answer = await rig.call("GetVariables", getVariableData=[_entry(name) for name in names])
    return [result["attributeValue"] for result in answer["getVariableResult"]]


async def shown(rig: Rig, name: str) -> Any:
    """Ask for a value as people do."""
    assert rig.controller is not None
    (row,) = [row for row in await rig.controller.services.variables() if row["name"] == name]
    return row["value"]


STATES = ("ControlPilot@1.State", "Contactor@1.Active", "EVSE@1.AvailabilityState", "Connector@1.1.AvailabilityState")


@virtually
async def test_what_the_hardware_does_shows_in_its_components(tmp_path: Path) -> None:
    async with Rig(tmp_path, ocpp="2.0.1", evses=2) as rig:
        await rig.online()
        assert await read(rig, *STATES) == ["A1", "false", "Available", "Available"]
        (before,) = await read(rig, "Contactor@1.Cycles")
        await rig.charge()
        await rig.pass_time(5)
        assert await read(rig, *STATES) == ["C2", "true", "Occupied", "Occupied"]
        cycles, power, high, low, other = await read(
            rig, "Contactor@1.Cycles", "EVSE@1.Power", "ControlPilot@1.VoltageHigh", "ControlPilot@1.VoltageLow", "EVSE@2.AvailabilityState"
        )
        assert int(cycles) == int(before) + 1
        assert 10_000 < float(power) < 12_000
        assert 5 < float(high) < 7
        assert -13 < float(low) < -11
        assert other == "Available"
        assert await shown(rig, "ControlPilot@1.State") == "C2", "people see the same"


@virtually
async def test_a_fault_shows_where_it_is_and_in_what_is_above(tmp_path: Path) -> None:
    async with Rig(tmp_path, ocpp="2.0.1", evses=2) as rig:
        await rig.online()
        names = (
            "ChargingStation.Problem",
            "EVSE@1.Problem",
            "RCD@1.Problem",
            "RCD@1.Tripped",
            "EVSE@2.Problem",
            "RCD@2.Tripped",
            "Contactor@1.Problem",
        )
        assert set(await read(rig, *names)) == {"false"}
        await rig.charge()
        await rig.plant.fault(1, "rcm", True)
        await rig.until(lambda: bool(rig.evse()["faults"]))
        await rig.pass_time(1)
        assert await read(rig, *names) == ["true", "true", "true", "true", "false", "false", "false"]
        answer = await rig.call("GetReport", requestId=4, componentCriteria=["Problem"])
        assert answer == {"status": "Accepted"}
        await rig.pass_time(1)
        told = [json.loads(seen.text)[3] for seen in rig.csms.frames if seen.received and '"NotifyReport"' in seen.text]
        wrong = {one["component"]["name"] for part in told for one in part["reportData"]}
        assert {"ChargingStation", "EVSE", "Connector", "RCD"} <= wrong
        assert not {"Contactor", "ControlPilot", "TxCtrlr"} & wrong


@virtually
async def test_the_link_is_counted(tmp_path: Path) -> None:
    async with Rig(tmp_path, ocpp="2.0.1") as rig:
        await rig.online()
        frames, errors, connects, trip = await read(
            rig, "Coprocessor.FramesReceived", "Coprocessor.CrcErrors", "Coprocessor.Connects", "Coprocessor.RoundTrip"
        )
        assert (errors, connects) == ("0", "1")
        assert int(trip) >= 0
        rig.chaos.corruption = 0.1
        await rig.pass_time(60)
        rig.chaos.corruption = 0.0
        later, errors = await read(rig, "Coprocessor.FramesReceived", "Coprocessor.CrcErrors")
        assert int(later) > int(frames)
        assert int(errors) > 0
        await rig.pass_time(5)
        assert await read(rig, "Coprocessor.Active", "Coprocessor.Problem", "Coprocessor.FirmwareVersion") == ["true", "false", "0.1.0"]


@virtually
async def test_nothing_is_told_of_what_is_not_fitted(tmp_path: Path) -> None:
    async with Rig(tmp_path, ocpp="2.0.1", fixed_cable=True) as rig:
        await rig.online()
        entry = _entry("ConnectorPlugRetentionLock@1.Active")
        (result,) = (await rig.call("GetVariables", getVariableData=[entry]))["getVariableResult"]
        assert result["attributeStatus"] == "UnknownComponent"
        (result,) = (await rig.call("SetVariables", setVariableData=[_entry("OCPPCommCtrlr.UnlockOnEVSideDisconnect") | {"attributeValue": "true"}]))[
            "setVariableResult"
        ]
        assert (result["attributeStatus"], result["attributeStatusInfo"]["reasonCode"]) == ("Rejected", "ReadOnly")


@virtually
async def test_what_one_version_sets_the_other_reads_and_people_may_use_either_name(tmp_path: Path) -> None:
    async with Rig(tmp_path, ocpp="2.0.1") as rig:
        await rig.online()
        assert rig.controller is not None
        put = rig.controller.services.set_variable
        entry = {"component": {"name": "TxCtrlr"}, "variable": {"name": "TxStartPoint"}, "attributeValue": "EnergyTransfer"}
        (result,) = (await rig.call("SetVariables", setVariableData=[entry]))["setVariableResult"]
        assert result["attributeStatus"] == "Accepted"
        assert await shown(rig, "TxCtrlr.TxStartPoint") == "EnergyTransfer"
        assert (await put("TxStartOnPowerPathClosed", "False"))["name"] == "TxCtrlr.TxStartPoint"
        assert await read(rig, "TxCtrlr.TxStartPoint") == ["PowerPathClosed"]
        await put("meterVALUEsampleinterval", "45")
        assert await read(rig, "SampledDataCtrlr.TxUpdatedInterval") == ["45"]
        await put("SampledDataCtrlr.TxUpdatedInterval", "46")
        assert await read(rig, "SampledDataCtrlr.TxUpdatedInterval") == ["46"]
        await put("ocppcommctrlr.MESSAGEATTEMPTS[transactionevent]", "4")
        assert await shown(rig, "OCPPCommCtrlr.MessageAttempts[TransactionEvent]") == "4"
        await put("OCPPCommCtrlr.MessageAttempts", "5")  # by the name that it had before
        assert await shown(rig, "OCPPCommCtrlr.MessageAttempts[TransactionEvent]") == "5"
        for name, value, error in [
            ("TxStartOnPowerPathClosed", "EnergyTransfer", Refused),
            ("TxStartOnPowerPathClosed", "", Refused),
            ("EVSE@1.Power", "5", Refused),
            ("SecurityProfile", "3", NotFound),
            ("Nonsense.Nonsense", "5", NotFound),
        ]:
            with pytest.raises(error):
                await put(name, value)


@virtually
async def test_a_1_6_csms_reads_the_key_of_a_richer_variable_as_what_it_means(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert rig.controller is not None
        for point, value in (("EnergyTransfer", "true"), ("PowerPathClosed", "false"), ("Authorized,EVConnected", "false")):
            await rig.controller.services.set_variable("TxCtrlr.TxStartPoint", point)
            answer = await rig.call("GetConfiguration", key=["TxStartOnPowerPathClosed"])
            assert answer["configurationKey"] == [{"key": "TxStartOnPowerPathClosed", "readonly": False, "value": value}]
        for value, status in (("true", "Accepted"), ("TRUE", "Accepted"), ("yes", "Rejected"), ("EnergyTransfer", "Rejected"), ("", "Rejected")):
            assert await rig.call("ChangeConfiguration", key="TxStartOnPowerPathClosed", value=value) == {"status": status}, value
        assert await shown(rig, "TxCtrlr.TxStartPoint") == "EnergyTransfer"


@virtually
async def test_values_that_an_earlier_release_has_stored_keep_their_effect(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        await rig.kill()
        store = Store(tmp_path)
        old = [
            ("TxCtrlr.TxStartOnPowerPathClosed", "true"),
            ("TxCtrlr.PreBootTransactions", "true"),
            ("OCPPCommCtrlr.MessageAttempts", "7"),
            ("OCPPCommCtrlr.MessageAttemptInterval", "8"),
            ("OCPPCommCtrlr.MessageTimeout", "9"),
            ("Connector.PhaseRotation", "1.TRS"),
        ]
        writing = asyncio.ensure_future(store.run())
        store.commit([Save(f"variable/{name}", Variable(name, value)) for name, value in old])
        assert await store.flush()
        writing.cancel()
        store.close(clean=True)
        await rig.start()
        await rig.online()
        keys = ["TxStartOnPowerPathClosed", "PreBootTransactions", "TransactionMessageAttempts", "TransactionMessageRetryInterval", "MessageTimeout"]
        answer = await rig.call("GetConfiguration", key=[*keys, "ConnectorPhaseRotation"])
        assert [one["value"] for one in answer["configurationKey"]] == ["true", "true", "7", "8", "9", "1.TRS"]
        await rig.call("ChangeConfiguration", key="TransactionMessageAttempts", value="6")
        await rig.kill()
        await rig.start()
        await rig.online()
        answer = await rig.call("GetConfiguration", key=["TransactionMessageAttempts"])
        assert [one["value"] for one in answer["configurationKey"]] == ["6"], "what was set later wins"
        assert rig.csms.point(ID).boots
