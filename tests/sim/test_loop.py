"""Time in the simulation: it jumps when nothing is ready, waits for sockets and threads, and can be scaled and pushed."""

from __future__ import annotations

import asyncio
import time

import pytest

from cpctl.sim.loop import ScaledLoop, VirtualLoop


def run_virtually(coroutine: object) -> object:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)  # type: ignore[arg-type]


def test_a_day_passes_in_no_time_and_timers_fire_in_their_order() -> None:
    fired: list[tuple[str, float]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for name, after in (("evening", 64_800), ("morning", 21_600), ("noon", 43_200)):
            loop.call_later(after, lambda name=name: fired.append((name, loop.time() - start)))
        await asyncio.sleep(86_400)

    before = time.monotonic()
    run_virtually(main())
    assert time.monotonic() - before < 5
    assert [name for name, _ in fired] == ["morning", "noon", "evening"]
    assert fired[0][1] == pytest.approx(21_600)


def test_time_stands_still_while_bytes_travel_over_a_socket() -> None:
    async def main() -> float:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(100):
                writer.write(data)
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        loop = asyncio.get_running_loop()
        start = loop.time()
        loop.call_later(1000, lambda: None)
        for _ in range(200):
            writer.write(b"ping")
            await reader.readexactly(4)
        writer.close()
        server.close()
        return loop.time() - start

    assert run_virtually(main()) == 0


def test_time_stands_still_while_a_thread_works() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        loop.call_later(1000, lambda: None)
        await loop.run_in_executor(None, time.sleep, 0.05)
        return loop.time() - start

    assert run_virtually(main()) == 0


def test_a_scaled_loop_runs_faster_than_life_and_can_be_pushed_on() -> None:
    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ScaledLoop)
        before = time.monotonic()
        await asyncio.sleep(10)
        real = time.monotonic() - before
        start = loop.time()
        hour = asyncio.ensure_future(asyncio.sleep(3600))
        await asyncio.sleep(0)
        loop.push(3600)
        await hour
        return real, loop.time() - start

    with asyncio.Runner(loop_factory=lambda: ScaledLoop(100)) as runner:
        real, pushed = runner.run(main())
    assert 0.09 < real < 1
    assert 3600 <= pushed < 3700


def test_time_never_runs_backwards() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ScaledLoop)
        with pytest.raises(ValueError, match="backwards"):
            loop.push(-1)

    with asyncio.Runner(loop_factory=ScaledLoop) as runner:
        runner.run(main())
