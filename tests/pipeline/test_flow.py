from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay.pipeline import Emit, Flow


def numbers(count: int) -> Callable[[Emit[int]], Awaitable[None]]:
    async def produce(emit: Emit[int]) -> None:
        for number in range(count):
            await emit(number)

    return produce


async def double(number: int) -> int:
    await anyio.lowlevel.checkpoint()
    return 2 * number


async def collect(flow: Flow[int], *, workers: int = 1) -> list[int]:
    found: list[int] = []

    async def sink(number: int) -> None:
        found.append(number)

    await flow.run(sink, workers=workers)
    return found


@given(
    count=st.integers(0, 60),
    workers=st.integers(1, 7),
    buffer=st.integers(0, 5) | st.none(),
    size=st.integers(1, 9),
    sinks=st.integers(1, 3),
)
async def test_every_item_comes_through_once(
    count: int, workers: int, buffer: int | None, size: int, sinks: int
) -> None:
    flow = Flow(numbers(count)).map(double, workers=workers, buffer=buffer).batch(size).flatten()
    assert sorted(await collect(flow, workers=sinks)) == [2 * number for number in range(count)]


async def test_one_worker_keeps_the_order() -> None:
    assert await collect(Flow(numbers(50)).map(double)) == [2 * number for number in range(50)]


async def test_batches_close_at_the_count_and_at_the_size() -> None:
    batches: list[list[int]] = []

    async def sink(batch: list[int]) -> None:
        batches.append(batch)

    await Flow(numbers(10)).batch(4, max_size=9, size=lambda number: number).run(sink)
    assert batches == [[0, 1, 2, 3], [4, 5], [6, 7], [8, 9]]


async def test_a_slow_sink_holds_the_source_back() -> None:
    produced = 0
    gate = anyio.Event()

    async def produce(emit: Emit[int]) -> None:
        nonlocal produced
        for number in range(1000):
            await emit(number)
            produced += 1

    async def sink(_number: int) -> None:
        await gate.wait()

    async with anyio.create_task_group() as group:
        group.start_soon(Flow(produce).map(double, workers=4, buffer=2).run, sink)
        await anyio.wait_all_tasks_blocked()
        held = produced
        gate.set()
    # 2 in the queue before the stage, 4 in its workers, 1 in the sink.
    assert held <= 8
    assert produced == 1000


async def test_no_more_than_the_workers_run_at_a_time() -> None:
    running = most = 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()
        running -= 1
        return number

    await collect(Flow(numbers(100)).map(work, workers=5))
    assert most == 5


@pytest.mark.parametrize("place", ["source", "stage", "sink"])
async def test_the_first_error_is_raised_as_it_is_and_ends_everything(place: str) -> None:
    cancelled = 0

    async def produce(emit: Emit[int]) -> None:
        for number in range(100):
            if place == "source" and number == 10:
                raise ArithmeticError(place)
            await emit(number)

    async def stage(number: int) -> int:
        nonlocal cancelled
        if number == 3 and place != "stage":
            try:
                await anyio.sleep_forever()
            finally:
                cancelled += 1
        if number == 7 and place == "stage":
            raise ArithmeticError(place)
        return number

    async def sink(number: int) -> None:
        if number == 5 and place == "sink":
            raise ArithmeticError(place)

    with pytest.raises(ArithmeticError, match=place):
        await Flow(produce).map(stage, workers=4).run(sink)
    assert cancelled == (0 if place == "stage" else 1)


@pytest.mark.parametrize("turns", range(30))
async def test_a_run_that_is_cancelled_raises_nothing_but_the_cancellation(turns: int) -> None:
    """At whatever moment: the stages of a chain are cancelled one after the other."""

    async def sink(_batch: list[int]) -> None:
        await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        group.start_soon(Flow(numbers(10_000)).map(double, workers=4, buffer=0).batch(3).run, sink)
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()


async def test_cancelling_a_run_cancels_its_workers() -> None:
    ended = 0

    async def hang(number: int) -> int:
        nonlocal ended
        try:
            await anyio.sleep_forever()
        finally:
            ended += 1
        return number

    async with anyio.create_task_group() as group:
        group.start_soon(collect, Flow(numbers(20)).map(hang, workers=3))
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert ended == 3


def test_a_stage_needs_a_worker() -> None:
    with pytest.raises(ValueError, match="needs a worker"):
        Flow(numbers(1)).map(double, workers=0)
