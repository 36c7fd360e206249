"""The link: how long a round trip takes, and whether any frame was lost or spoiled."""

from __future__ import annotations

import asyncio
from statistics import median

from cpctl.link.frame import Drop
from cpctl.link.messages import SelfTest
from cpctl.link.visit import Visit

from .findings import Check, Outcome

# There is no EVSE 0: the command is refused, by the whole way there and back, and does nothing.
HARMLESS = SelfTest(0)
# The coprocessor tells its counters this often.
COUNTERS_S = 7.0
# A few repetitions are a busy host's; more of them are a bad cable.
RESENT_MAX = 0.05


async def round_trips(visit: Visit, count: int) -> tuple[Check, list[float]]:
    """Time so many commands that change nothing."""
    loop, trips_ms, lost = asyncio.get_running_loop(), [], 0
    for _ in range(count):
        began_s = loop.time()
        reply = await visit.ask(HARMLESS)
        if reply is None:
            lost += 1
            break
        trips_ms.append((loop.time() - began_s) * 1000)
    if lost or not trips_ms:
        return Check("link", Outcome.FAILED, f"no answer after {len(trips_ms)} round trips", next_step="Check the cable and its length."), trips_ms
    ordered = sorted(trips_ms)
    text = f"{count} round trips: least {ordered[0]:.1f} ms, median {median(ordered):.1f} ms, p99 {percentile(ordered, 0.99):.1f} ms"
    return Check("link", Outcome.OK, text), trips_ms


def percentile(ordered: list[float], part: float) -> float:
    """Value that this part of an ordered list does not exceed."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


async def frames(visit: Visit) -> Check:
    """Compare what was sent with what was heard, by the counters of both sides."""
    visit.counters = None
    far = await visit.wait_for(lambda: visit.counters, COUNTERS_S)
    near = visit.own_counters
    if far is None:
        return Check("frames", Outcome.FAILED, "the coprocessor's counters did not come", next_step="Check the cable.")
    spoiled_near = near.dropped[Drop.BAD_CRC] + near.dropped[Drop.BAD_COBS]
    spoiled_far = far.bad_crc + far.bad_cobs
    text = (
        f"{near.tx_frames} sent, {near.rx_frames} heard, {near.resent} repeated; "
        f"spoiled: {spoiled_near} of those heard here, {spoiled_far} there since it started"
    )
    good = spoiled_near == 0 and near.resent <= RESENT_MAX * near.tx_frames
    advice = "" if good else "Shorten the cable, keep it away from the mains and the pilot, check its ground."
    return Check("frames", Outcome.OK if good else Outcome.FAILED, text, next_step=advice)
