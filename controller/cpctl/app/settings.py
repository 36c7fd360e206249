"""The configuration file and the command line, as each part wants to be told of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from cpctl.config import Config, EvseConfig, StartOptions
from cpctl.core.settings import ConnectorSettings, Credentials, EvseSettings, LapsePolicy, StationSettings
from cpctl.csms.settings import CsmsSettings
from cpctl.link.messages import ConfigEvse, RcmType, TemperatureSensor
from cpctl.link.settings import LinkSettings
from cpctl.version import VERSION

from .board import board_settings
from .variables import named


def station_settings(config: Config, fitted: Sequence[ConfigEvse] = ()) -> StationSettings:
    """Tell the core what it has to know; `fitted` says what the board has for each EVSE."""
    return StationSettings(
        evses=tuple(_evse(evse, part) for evse, part in zip_longest(config.evse, fitted)),
        on_lapse=LapsePolicy(config.station.on_lapse),
        site_max_ma=config.site.max_current_a * 1000 if config.site.max_current_a is not None else None,
        link_dead_s=config.coprocessor.link_dead_s,
        initial_variables=tuple(named(name, value) for name, value in config.ocpp.initial_as_text()),
    )


def csms_settings(config: Config, options: StartOptions) -> CsmsSettings:
    """Tell the CSMS side what it has to know; the command line overrides the file."""
    csms = config.csms
    return CsmsSettings(
        url=options.csms_url or csms.url,
        id=options.csms_id or csms.id,
        versions=options.versions or csms.versions,
        security_profile=csms.security_profile,
        password=config.password,
        ca_file=str(csms.ca_file) if csms.ca_file else None,
        cert_file=str(csms.cert_file) if csms.cert_file else None,
        key_file=str(csms.key_file) if csms.key_file else None,
        vendor=config.station.vendor,
        model=config.station.model,
        serial=config.station.serial or None,
        firmware_version=VERSION,
        box_serial=config.station.box_serial,
        meter_type=config.station.meter_type,
        meter_serial=config.station.meter_serial,
        iccid=config.station.iccid,
        imsi=config.station.imsi,
    )


def credentials(settings: CsmsSettings) -> Credentials:
    """Tell the core what there is to prove who is who at the CSMS, not what it is."""
    return Credentials(
        settings.security_profile,
        password=bool(settings.password),
        authority=settings.ca_file is not None,
        certificate=settings.cert_file is not None and settings.key_file is not None,
    )


def link_settings(config: Config, simulated: bool, speed: float = 1.0) -> LinkSettings:
    """Tell the link what it has to know. A simulated board is commissioned without ado; a real one by `cpctl commission` only."""
    mac = config.coprocessor.mac
    return LinkSettings(
        board=board_settings(config, simulated),
        mac=bytes.fromhex(mac.replace(":", "")) if mac and not simulated else None,
        commission=simulated,
        allow_simulated=simulated,
        speed=speed,
        version=_version(VERSION),
    )


def _evse(evse: EvseConfig, fitted: ConfigEvse | None) -> EvseSettings:
    connectors = tuple(ConnectorSettings(connector.id, connector.type, connector.fixed_cable) for connector in evse.connectors)
    return EvseSettings(
        evse.id,
        evse.max_current_a * 1000,
        evse.phases,
        connectors,
        residual_current=fitted is not None and fitted.rcm != RcmType.NONE,
        temperature=fitted is not None and fitted.temperature != TemperatureSensor.NONE,
        lock=fitted is not None and bool(fitted.lock_fitted),
    )


def _version(text: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in text.split(".")[:3])
    return major, minor, patch
