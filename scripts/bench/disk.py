"""G12: what a durable write costs beside the least that it could: append and fsync of the same bytes."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from cpctl.core.model import ChargingState, IdToken, Stamp, Transaction, Trigger
from cpctl.core.outputs import Publish, Save, TransactionUpdated
from cpctl.store.codec import encode
from cpctl.store.sqlite import Store

from .figures import Figure, percentile, ratio

_WRITES = 300
_AT = Stamp(1, 1, 1_800_000_000_000)
_TRANSACTION = Transaction("0b8f6c1e", 1, 1, IdToken("TAG1"), _AT, 0, plug=1)


async def measure(directory: Path) -> list[Figure]:
    """Write pairs, one plain and one through the store, in turns; compare mean and 99th percentile."""
    plain: list[float] = []
    durable: list[float] = []
    with tempfile.TemporaryDirectory(dir=directory) as place:
        store = Store(Path(place))
        writer = asyncio.ensure_future(store.run())
        handle = os.open(Path(place) / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for number in range(1, _WRITES + 1):
            event = TransactionUpdated("0b8f6c1e", 1, 1, _AT, number, Trigger.METER_VALUE_PERIODIC, ChargingState.CHARGING, offline=False)
            changes = (Save("transaction/0b8f6c1e", _TRANSACTION), Publish(number, event))
            body = "".join(encode(value).body for value in (_TRANSACTION, event)).encode()

            start = time.perf_counter()
            os.write(handle, body)
            os.fsync(handle)
            plain.append(time.perf_counter() - start)

            landed = asyncio.Event()
            start = time.perf_counter()
            store.commit(changes, landed.set)
            await landed.wait()
            durable.append(time.perf_counter() - start)
        writer.cancel()
        os.close(handle)
        store.close(clean=True)
    mean = ratio("G12", "durable write, mean, against append + fsync", 1e6 * sum(durable) / _WRITES, 1e6 * sum(plain) / _WRITES, 1.15)
    worst = ratio("G12", "the same, p99", 1e6 * percentile(durable, 0.99), 1e6 * percentile(plain, 0.99), 1.3)
    return [mean, worst]
