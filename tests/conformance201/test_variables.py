"""The device model as the CSMS reads, sets and lists it (B05 to B08)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk

OFFLINE_THRESHOLD = ("OCPPCommCtrlr", "OfflineThreshold")
LOCAL_OFFLINE = ("AuthCtrlr", "LocalAuthorizeOffline")
NOBODY, NOTHING = ("UnknownCtrlr", "OfflineThreshold"), ("OCPPCommCtrlr", "UnknownVariable")
LISTS = ("OptionList", "SequenceList", "MemberList")


def named(component: str, variable: str, **more: object) -> dict[str, Any]:
    """Name a variable as a message does."""
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


async def read(rig: Rig, *asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Read variables."""
    return list((await rig.call("GetVariables", getVariableData=list(asked)))["getVariableResult"])


async def write(rig: Rig, *given: dict[str, Any]) -> list[dict[str, Any]]:
    """Set variables."""
    return list((await rig.call("SetVariables", setVariableData=list(given)))["setVariableResult"])


def statuses(results: Iterable[dict[str, Any]]) -> list[str]:
    """Return what became of each."""
    return [result["attributeStatus"] for result in results]


async def report(rig: Rig, base: str) -> list[dict[str, Any]]:
    """Ask for a report and return all that its parts hold, once the last has come and their numbers add up."""
    talk = Talk(rig)
    assert await rig.call("GetBaseReport", requestId=5, reportBase=base) == {"status": "Accepted"}
    await rig.until(lambda: any(not part.get("tbc", False) for part in talk.payloads("NotifyReport")))
    parts = talk.payloads("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part.get("tbc", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert {part["requestId"] for part in parts} == {5}
    return [entry for part in parts for entry in part["reportData"]]


# ---------------------------------------------------------------- read


@case("TC_B_06_CS", "Get Variables - single value")
@virtually
async def test_a_variable_is_read(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"OCPPCommCtrlr.OfflineThreshold": 300}) as rig:
        await rig.online()
        (result,) = await read(rig, named(*OFFLINE_THRESHOLD, attributeType="Actual"))
        assert result == named(*OFFLINE_THRESHOLD, attributeStatus="Accepted", attributeType="Actual", attributeValue="300")


@case("TC_B_07_CS", "Get Variables - multiple values")
@virtually
async def test_several_variables_are_read_at_once(tmp_path: Path) -> None:
    async with Rig(tmp_path, **{"OCPPCommCtrlr.OfflineThreshold": 300, "AuthCtrlr.LocalAuthorizeOffline": "true"}) as rig:
        await rig.online()
        results = await read(rig, named(*OFFLINE_THRESHOLD), named(*LOCAL_OFFLINE))
        assert statuses(results) == ["Accepted", "Accepted"]
        assert [result["attributeValue"] for result in results] == ["300", "true"]


@case("TC_B_32_CS", "Get Variables - Unknown component")
@case("TC_B_33_CS", "Get Variables - Unknown variable")
@case("TC_B_34_CS", "Get Variables - Not supported attribute type")
@case("TC_B_35_CS", "Set Variables - Unknown component")
@case("TC_B_36_CS", "Set Variables - Unknown variable")
@case("TC_B_37_CS", "Set Variables - Not supported attribute type")
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (named(*NOBODY), "UnknownComponent"),
        (named(*NOTHING), "UnknownVariable"),
        (named(*OFFLINE_THRESHOLD, attributeType="Target"), "NotSupportedAttributeType"),
    ],
    ids=["component", "variable", "attribute"],
)
@virtually
async def test_what_there_is_not_is_told_entry_by_entry(tmp_path: Path, asked: dict[str, Any], status: str) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        results = await read(rig, asked, named(*OFFLINE_THRESHOLD))
        assert statuses(results) == [status, "Accepted"]
        assert "attributeValue" not in results[0]
        results = await write(rig, {**asked, "attributeValue": "20"}, named(*OFFLINE_THRESHOLD, attributeValue="20"))
        assert statuses(results) == [status, "Accepted"]


# ---------------------------------------------------------------- set


@case("TC_B_09_CS", "Set Variables - single value")
@case("TC_B_10_CS", "Set Variables - multiple values")
@virtually
async def test_variables_are_set_and_read_as_set(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        given = (named(*OFFLINE_THRESHOLD, attributeValue="240"), named(*LOCAL_OFFLINE, attributeValue="false"))
        assert statuses(await write(rig, given[0])) == ["Accepted"]
        assert statuses(await write(rig, *given)) == ["Accepted", "Accepted"]
        results = await read(rig, named(*OFFLINE_THRESHOLD), named(*LOCAL_OFFLINE))
        assert [result["attributeValue"] for result in results] == ["240", "false"]


@case("TC_B_11_CS", "Set Variables - invalidly formatted values")
@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (OFFLINE_THRESHOLD, "300", ["300.1", "true", "2030-05-01T12:00:00Z", "abc"]),
        (("AuthCtrlr", "AuthorizeRemoteStart"), "true", ["300", "300.1", "2030-05-01T12:00:00Z", "abc"]),
    ],
)
@virtually
async def test_values_of_the_wrong_form_are_rejected(tmp_path: Path, name: tuple[str, str], good: str, bad: list[str]) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert statuses(await write(rig, named(*name, attributeValue=good))) == ["Accepted"]
        for value in bad:
            (result,) = await write(rig, named(*name, attributeValue=value))
            assert result["attributeStatus"] == "Rejected"
            assert result["attributeStatusInfo"]["reasonCode"] == "InvalidValue"
        (result,) = await read(rig, named(*name))
        assert result["attributeValue"] == good


@case("TC_B_39_CS", "Set Variables - Read-only")
@virtually
async def test_what_can_only_be_read_is_not_set(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        (result,) = await write(
            rig,
            named("OCPPCommCtrlr", "FileTransferProtocols", attributeValue="FTP"),
        )
        assert result["attributeStatus"] == "Rejected"
        assert result["attributeStatusInfo"]["reasonCode"] == "ReadOnly"


# ---------------------------------------------------------------- reports


@case("TC_B_12_CS", "Get Base Report - ConfigurationInventory")
@virtually
async def test_the_configuration_is_listed_whole(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        entries = await report(rig, "ConfigurationInventory")
        mutable = {"ReadWrite", "WriteOnly"}
        assert all(any(attribute.get("mutability", "ReadWrite") in mutable for attribute in entry["variableAttribute"]) for entry in entries)
        assert OFFLINE_THRESHOLD in {(entry["component"]["name"], entry["variable"]["name"]) for entry in entries}


@case("TC_B_13_CS", "Get Base Report - FullInventory")
@virtually
async def test_the_full_inventory_describes_every_variable_by_what_it_may_hold(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        for entry in await report(rig, "FullInventory"):
            about = entry["variableCharacteristics"]
            for attribute in entry["variableAttribute"]:
                assert ("value" in attribute) == (attribute.get("mutability") != "WriteOnly"), entry
                if about["dataType"] in LISTS and attribute.get("value"):
                    allowed = about["valuesList"].split(",")
                    assert set(attribute["value"].split(",")) <= set(allowed), entry


@case("TC_B_53_CS", "Get Base Report - Test mandatory DM variables via FullInventory")
@virtually
async def test_the_full_inventory_holds_every_variable_that_the_standard_requires(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        entries = await report(rig, "FullInventory")
        there = {(entry["component"]["name"], entry["variable"]["name"], entry["variable"].get("instance", "")) for entry in entries}
        assert {row for row in required() if row not in there} == set()


def required() -> set[tuple[str, str, str]]:
    """Read which variables the standard requires of the controllers of the blocks that are served."""
    with (Path(__file__).parent / "required.csv").open(encoding="utf-8", newline="") as table:
        return {(row["component"], row["variable"], row["instance"]) for row in csv.DictReader(table)}


@virtually
async def test_the_summary_is_served_as_well(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        entries = await report(rig, "SummaryInventory")
        assert {(entry["component"]["name"], entry["variable"]["name"]) for entry in entries} >= {
            ("EVSE", "AvailabilityState"),
            ("Connector", "AvailabilityState"),
        }
