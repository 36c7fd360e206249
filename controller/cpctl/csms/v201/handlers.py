"""What the CSMS may ask of a 2.0.1 or 2.1 station: one table, made of a part for each functional block."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.csms.adapter import Context
from cpctl.csms.dialect import Handler

from . import availability, data, network, remote, reports, triggers, variables
from .device_model import DeviceModel
from .mapping import Places


def handlers(context: Context) -> Mapping[str, Handler]:
    """Return all handlers by action. What is not among them is NotSupported: its block is not there."""
    places, model = Places(context.evses), DeviceModel(context)
    return {
        **remote.table(context, places),
        **availability.table(context, places),
        **triggers.table(context, places),
        **data.table(context),
        **variables.table(context, model),
        **reports.table(context, model),
        **network.table(context),
    }
