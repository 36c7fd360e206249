"""Configuration keys, the authorization cache, and data of vendors."""

from __future__ import annotations

from pathlib import Path

from tests.whole.rig import Rig, virtually

from .cases import case
from .talk import Talk

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
        assert await rig.call("ChangeConfiguration", key="MeterValueSampleInterval", value="15") == {"status": "Accepted"}
        for _ in range(2):
            answer = await rig.call("GetConfiguration", key=["MeterValueSampleInterval"])
            assert answer["configurationKey"] == [{"key": "MeterValueSampleInterval", "readonly": False, "value": "15"}]
            await rig.kill()
            await rig.start()
            await rig.online()


@case("TC_040_1_CS", "Configuration key - NotSupported")
@virtually
async def test_an_unknown_key_is_not_supported(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        assert await rig.call("ChangeConfiguration", key="NoSuchKey", value="1") == {"status": "NotSupported"}


@case("TC_040_2_CS", "Configuration key - Invalid value")
@virtually
async def test_a_value_that_a_key_can_not_hold_is_rejected_and_changes_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.online()
        for key, value in (
            ("MeterValueSampleInterval", "-1"),
            ("MeterValuesSampledData", "Energy.Active.Import.Register,SoC"),
            ("LocalPreAuthorize", "perhaps"),
        ):
            before = await rig.call("GetConfiguration", key=[key])
            assert await rig.call("ChangeConfiguration", key=key, value=value) == {"status": "Rejected"}
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
