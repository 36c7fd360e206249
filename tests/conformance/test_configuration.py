"""Configuration keys, the authorization cache, and data of vendors."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import virtually

from .cases import case
from .talk import Rig, Talk

# OCPP 1.6, 9.1: the keys of the Core profile that are required.
REQUIRED = {
    "AuthorizeRemoteTxRequests": False,
    "ClockAlignedDataInterval": False,
    "ConnectionTimeOut": False,
    "GetConfigurationMaxKeys": True,
    "HeartbeatInterval": False,
    "LocalAuthorizeOffline": False,
    "LocalPreAuthorize": False,
    "MeterValuesAlignedData": False,
    "MeterValuesSampledData": False,
    "MeterValueSampleInterval": False,
    "NumberOfConnectors": True,
    "ResetRetries": False,
    "StopTransactionOnEVSideDisconnect": False,
    "StopTransactionOnInvalidId": False,
    "StopTxnAlignedData": False,
    "StopTxnSampledData": False,
    "SupportedFeatureProfiles": True,
    "TransactionMessageAttempts": False,
    "TransactionMessageRetryInterval": False,
    "UnlockConnectorOnEVSideDisconnect": False,
}


@case("TC_019_CS", "Retrieve configuration")
@virtually
async def test_every_required_key_is_shown_as_writable_as_it_is(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        everything = await rig.call("GetConfiguration")
        shown = {entry["key"]: entry["readonly"] for entry in everything["configurationKey"]}
        assert {key: shown.get(key) for key in REQUIRED} == REQUIRED
        one = await rig.call("GetConfiguration", key=["SupportedFeatureProfiles"])
        assert one == {"configurationKey": [{"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,RemoteTrigger"}]}


@case("TC_021_CS", "Change/set Configuration")
@virtually
async def test_a_changed_key_reads_as_changed_and_outlives_a_restart(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("ChangeConfiguration", key="metervaluesampleinterval", value="15")
        await talk.was("CS ChangeConfiguration metervaluesampleinterval 15: Accepted")
        for _ in range(2):
            answer = await rig.call("GetConfiguration", key=["MeterValueSampleInterval"])
            assert answer == {"configurationKey": [{"key": "MeterValueSampleInterval", "readonly": False, "value": "15"}]}
            await rig.kill()
            await rig.start()
            await rig.online()


@case("TC_021_CS", "Change/set Configuration")
@virtually
async def test_every_key_that_is_shown_as_writable_takes_its_own_value_and_no_other_takes_any(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        shown = [entry for entry in (await rig.call("GetConfiguration"))["configurationKey"] if "value" in entry]
        talk = Talk(rig)
        for entry in shown:
            await rig.call("ChangeConfiguration", key=entry["key"], value=entry["value"])
        assert talk.lines() == [
            f"CS ChangeConfiguration {entry['key']} {entry['value']}: {'Rejected' if entry['readonly'] else 'Accepted'}" for entry in shown
        ]
        assert [entry for entry in (await rig.call("GetConfiguration"))["configurationKey"] if "value" in entry] == shown


@case("TC_021_CS", "Change/set Configuration")
@virtually
async def test_the_phase_rotation_of_each_connector_is_kept(tmp_path: Path) -> None:
    async with Rig(tmp_path, evses=2) as rig:
        await rig.online()
        for value, status in (
            ("0.RST, 1.RTS,2.TRS", "Accepted"),
            ("1.RST,1.RTS", "Rejected"),
            ("3.RST", "Rejected"),
            ("1.XYZ", "Rejected"),
            ("", "Rejected"),
        ):
            assert await rig.call("ChangeConfiguration", key="ConnectorPhaseRotation", value=value) == {"status": status}
        await rig.kill()
        await rig.start()
        await rig.online()
        answer = await rig.call("GetConfiguration", key=["ConnectorPhaseRotation", "ConnectorPhaseRotationMaxLength"])
        assert [(entry["value"], entry["readonly"]) for entry in answer["configurationKey"]] == [("0.RST,1.RTS,2.TRS", False), ("3", True)]


@case("TC_040_1_CS", "Configuration key - NotSupported")
@virtually
async def test_an_unknown_key_is_not_supported(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("ChangeConfiguration", key="NoSuchKey", value="1")
        await talk.was("CS ChangeConfiguration NoSuchKey 1: NotSupported")
        assert await rig.call("GetConfiguration", key=["NoSuchKey"]) == {"configurationKey": [], "unknownKey": ["NoSuchKey"]}


@case("TC_040_2_CS", "Configuration key - Invalid value")
@virtually
async def test_a_value_that_a_key_can_not_hold_is_rejected_and_changes_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        for key, value in (
            ("MeterValueSampleInterval", "-1"),
            ("MeterValuesSampledData", "Energy.Active.Import.Register,SoC"),
            ("MeterValuesSampledData", "Voltage.L4"),
            ("WebSocketPingInterval", "-5"),
            ("ConnectionTimeOut", "1.5"),
            ("ConnectionTimeOut", "999999999999"),
            ("LocalPreAuthorize", "perhaps"),
        ):
            before = await rig.call("GetConfiguration", key=[key])
            talk = Talk(rig)
            await rig.call("ChangeConfiguration", key=key, value=value)
            assert talk.lines() == [f"CS ChangeConfiguration {key} {value}: Rejected"]
            assert await rig.call("GetConfiguration", key=[key]) == before


@case("TC_061_1_CS", "Clear Authorization Data in Authorization Cache - Local")
@virtually
async def test_a_card_is_asked_about_again_once_the_cache_is_cleared(tmp_path: Path) -> None:
    async with Rig(tmp_path, LocalPreAuthorize=True) as rig:
        await rig.online()
        await rig.charge()
        await rig.finish()
        talk = Talk(rig)
        await rig.call("ClearCache")
        await rig.charge()
        await talk.was(
            "CS ClearCache: Accepted",
            "CP StatusNotification 1 Preparing",
            "CP Authorize TAG1: Accepted",
            "CP StartTransaction 1 TAG1: Accepted",
            "CP StatusNotification 1 Charging",
        )


@case("TC_061_2_CS", "Clear Authorization Data in Authorization Cache - Remote")
@virtually
async def test_a_remote_start_asks_about_its_card_again_once_the_cache_is_cleared(tmp_path: Path) -> None:
    async with Rig(tmp_path, LocalPreAuthorize=True, AuthorizeRemoteTxRequests=True) as rig:
        await rig.online()
        await rig.charge()
        await rig.finish()
        await rig.pass_time(10)  # until the contactor may close again
        talk = Talk(rig)
        await rig.call("ClearCache")
        await rig.plant.vehicle(state="C")
        await rig.status("Preparing")
        await rig.call("RemoteStartTransaction", idTag="TAG1", connectorId=1)
        await talk.was(
            "CS ClearCache: Accepted",
            "CP StatusNotification 1 Preparing",
            "CS RemoteStartTransaction 1 TAG1: Accepted",
            "CP Authorize TAG1: Accepted",
            "CP StartTransaction 1 TAG1: Accepted",
            "CP StatusNotification 1 Charging",
        )


@case("TC_062_CS", "Data Transfer to a Charge Point")
@virtually
async def test_data_of_an_unknown_vendor_is_refused_by_its_word(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        talk = Talk(rig)
        await rig.call("DataTransfer", vendorId="com.example", messageId="hello", data="world")
        await talk.was("CS DataTransfer: UnknownVendorId")
