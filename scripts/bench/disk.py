"""G12: what a durable write costs beside the least that it could: append and fsync of the same bytes."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cpctl.core.model import ChargingState, IdToken, Stamp, Trigger
from cpctl.core.outputs import Durable, Publish, Save, TransactionUpdated
from cpctl.core.records import Transaction
from cpctl.store.codec import encode
from cpctl.store.sqlite import Store

from .figures import Effort, Figure, percentile, ratio

_AT = Stamp(1, 1, 1_800_000_000_000)
_TRANSACTION = Transaction("0b8f6c1e", 1, 1, IdToken("TAG1"), _AT, 0, plug=1)


async def measure(effort: Effort, directory: Path) -> list[Figure]:
    """Write pairs, one plain and one through the store, in turns; compare mean and 99th percentile, the best round of each."""
    pairs = effort.of(300, 60)
    plain: list[list[float]] = []
    durable: list[list[float]] = []
    with tempfile.TemporaryDirectory(dir=directory) as place:
        store = Store(Path(place))
        writer = asyncio.ensure_future(store.run())
        handle = os.open(Path(place) / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for turn in range(effort.rounds):
            plain.append([])
            durable.append([])
            for number in range(turn * pairs + 1, (turn + 1) * pairs + 1):
                changes = _changes(number)
                plain[-1].append(_append(handle, changes))
                durable[-1].append(await _commit(store, changes))
        writer.cancel()
        os.close(handle)
        store.close(clean=True)
    floor, subject = min(map(_mean, plain)), min(map(_mean, durable))
    mean = ratio("G12", "durable write, mean, against append + fsync", subject, floor, 1.15)
    floor_p99, subject_p99 = (min(percentile(taken, 0.99) for taken in rounds) * 1e6 for rounds in (plain, durable))
    worst = ratio("G12", "the same, p99", subject_p99, floor_p99, 1.3)
    return [mean.but(f"append + fsync takes {floor / 1000:.2f} ms here"), worst]


def _changes(number: int) -> Sequence[Durable]:
    """Return what one sample of a transaction stores."""
    event = TransactionUpdated("0b8f6c1e", 1, 1, _AT, number, Trigger.METER_VALUE_PERIODIC, ChargingState.CHARGING, offline=False)
    return (Save("transaction/0b8f6c1e", _TRANSACTION), Publish(number, event))


def _append(handle: int, changes: Sequence[Durable]) -> float:
    """Append the bytes of these changes to a file; return the seconds until they are safe."""
    values = (change.record if isinstance(change, Save) else change.event for change in changes if isinstance(change, Save | Publish))
    body = "".join(encode(value).body for value in values).encode()
    start_s = time.perf_counter()
    os.write(handle, body)
    os.fsync(handle)
    return time.perf_counter() - start_s


async def _commit(store: Store, changes: Sequence[Durable]) -> float:
    """Commit these changes; return the seconds until the store says that they are safe."""
    landed = asyncio.Event()
    start_s = time.perf_counter()
    store.commit(changes, landed.set)
    await landed.wait()
    return time.perf_counter() - start_s


def _mean(taken: Sequence[float]) -> float:
    return 1e6 * sum(taken) / len(taken)
