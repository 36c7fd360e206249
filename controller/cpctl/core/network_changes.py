"""What the CSMS may change of the network profiles, and what becomes of them once one has proved good (OCPP 2.0.1 A05, B09, B10)."""

from __future__ import annotations

from .inputs import ProfileAccepted, SetNetworkProfile
from .network import PRIORITY, STANDING_KEY, Network, owner_of, slots_of
from .outputs import ProfileOutcome, VariableChanged
from .records import NetworkProfile, NetworkStanding, Variable
from .turn import Turn
from .variables_csms import CONFIGURED_SLOT, SLOTS


def set_profile(turn: Turn, item: SetNetworkProfile) -> None:
    """Store a profile (B09). The one in use is not overwritten: it is what the station comes back to."""
    network, slot = turn.state.network, item.slot
    if slot not in SLOTS:
        turn.reply(item.request, ProfileOutcome.UNKNOWN_SLOT, f"There are the slots {', '.join(map(str, SLOTS))}.")
    elif slot == CONFIGURED_SLOT:
        turn.reply(item.request, ProfileOutcome.UNKNOWN_SLOT, f"Slot {slot} is that of the configuration file.")
    elif slot == network.last_good:
        turn.reply(item.request, ProfileOutcome.IN_USE, f"Slot {slot} is in use; set another one and let it come first.")
    elif item.security_profile < network.floor:
        turn.reply(item.request, ProfileOutcome.DOWNGRADE, f"The security profile is {network.floor} and not lowered from afar.")
    else:
        profile = NetworkProfile(slot, item.url, item.security_profile, owner_of(turn.state.settings), item.versions, item.message_timeout_s)
        network.profiles[slot] = profile
        turn.save(f"network/{slot}", profile)
        turn.note(0, "network.profile_set", f"The CSMS has set network profile {slot}, with security profile {profile.security_profile}.")
        turn.reply(item.request, ProfileOutcome.ACCEPTED)


def unfit(turn: Turn, priority: str) -> str:
    """Say what forbids an order of profiles; nothing if it may be (B10.FR.02, A05.FR.02, FR.03, FR.10)."""
    network, has = turn.state.network, turn.state.settings.credentials
    for slot in slots_of(priority):
        profile = network.profiles.get(slot)
        if profile is None:
            return f"Slot {slot} holds no network profile."
        wanted = profile.security_profile
        if wanted < network.floor:
            return f"Slot {slot} has security profile {wanted}; the present one, {network.floor}, is not lowered from afar."
        if wanted in (1, 2) and not (has.password or turn.state.variables.text("SecurityCtrlr.BasicAuthPassword")):
            return f"Slot {slot} has security profile {wanted}, and there is no password."
        if wanted > network.floor and wanted >= 2 and not has.authority:
            return f"Slot {slot} has security profile {wanted}, and no certificate of the CSMS's authority is installed (csms.ca_file)."
        if wanted == 3 and not has.certificate:
            return f"Slot {slot} has security profile 3, and the station has no certificate of its own (csms.cert_file)."
    return ""


def accepted(turn: Turn, item: ProfileAccepted) -> None:
    """Take a profile by which the CSMS has accepted us as the one to come back to; what is less safe goes (A05.FR.06)."""
    network = turn.state.network
    profile = network.profiles.get(item.slot)
    if profile is None or (item.slot == network.last_good and profile.security_profile == network.floor):
        return
    network.last_good, network.floor = item.slot, max(network.floor, profile.security_profile)
    turn.save(STANDING_KEY, NetworkStanding(item.slot, network.floor, owner_of(turn.state.settings)))
    turn.note(0, "network.profile_used", f"The CSMS is reached by network profile {item.slot}.")
    for slot in [slot for slot in network.profiles if not network.usable(slot)]:
        turn.note(0, "network.profile_removed", f"Network profile {slot} is less safe and not used any more.")
        if slot != CONFIGURED_SLOT:
            del network.profiles[slot]
            turn.delete(f"network/{slot}")
    _keep_usable(turn, network)


def _keep_usable(turn: Turn, network: Network) -> None:
    """Take out of the order what is not used any more."""
    variables = turn.state.variables
    before = variables.text(PRIORITY)
    left = [slot for slot in slots_of(before) if network.usable(slot)] or [network.last_good]
    now = ",".join(map(str, left))
    if now != before:
        variables.set(PRIORITY, now)
        turn.save(f"variable/{PRIORITY}", Variable(PRIORITY, now))
        turn.do(VariableChanged(PRIORITY, now))
