from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")

Emit = Callable[[T], Awaitable[None]]

_Node = Callable[[MemoryObjectReceiveStream[Any], MemoryObjectSendStream[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Stage:
    node: _Node
    workers: int
    buffer: int


class Flow(Generic[T_co]):
    """Items that pass through stages of workers, every queue between them bounded.

    `Flow(produce).map(fetch, workers=64).batch(1000).run(post, workers=4)`: nothing happens before `run`, which
    returns when the last item has left the last stage. `produce(emit)` awaits `emit(item)` for each item and is
    slowed down by the stages behind it: at most `workers + buffer` items are inside a stage. Stages do not keep
    the order of items. The first error cancels everything and is raised as it is, not in a group.
    """

    def __init__(self, produce: Callable[[Emit[T_co]], Awaitable[None]], *, _stages: tuple[_Stage, ...] = ()) -> None:
        self._produce = produce
        self._stages = _stages

    def map(self, function: Callable[[T_co], Awaitable[R]], *, workers: int = 1, buffer: int | None = None) -> Flow[R]:
        return self._with(partial(_map, function), workers=workers, buffer=buffer)

    def flatten(self: Flow[Sequence[R]], *, buffer: int = 64) -> Flow[R]:
        """Items one by one from chunks."""
        return self._with(_flatten, workers=1, buffer=buffer)

    def batch(
        self, count: int, *, max_size: int | None = None, size: Callable[[T_co], int] | None = None
    ) -> Flow[list[T_co]]:
        """Lists of up to `count` items, closed earlier when the sum of `size(item)` reaches `max_size`."""
        return self._with(partial(_batch, count, max_size, size), workers=1, buffer=1)

    async def run(self, sink: Callable[[T_co], Awaitable[Any]], *, workers: int = 1) -> None:
        async def drain(receive: MemoryObjectReceiveStream[Any], _send: MemoryObjectSendStream[Any]) -> None:
            async for item in _items(receive):
                await sink(item)

        stages = (*self._stages, _Stage(drain, workers, 0))
        try:
            async with anyio.create_task_group() as group:
                receive = self._start_source(group, stages[0].buffer)
                for stage, buffer in zip(stages, [*(s.buffer for s in stages[1:]), 0], strict=True):
                    receive = _start_stage(group, stage, receive, buffer)
                receive.close()
        except BaseExceptionGroup as failure:
            raise _first(failure) from None

    def _with(self, node: _Node, *, workers: int, buffer: int | None) -> Flow[Any]:
        if workers < 1:
            raise ValueError(f"A stage needs a worker, not {workers}")
        stage = _Stage(node, workers, workers if buffer is None else buffer)
        return Flow(self._produce, _stages=(*self._stages, stage))

    def _start_source(self, group: TaskGroup, buffer: int) -> MemoryObjectReceiveStream[T_co]:
        send, receive = anyio.create_memory_object_stream[T_co](buffer)

        async def feed() -> None:
            async with send:
                await self._produce(partial(_send, send))

        group.start_soon(feed)
        return receive


def _start_stage(
    group: TaskGroup, stage: _Stage, receive: MemoryObjectReceiveStream[Any], buffer: int
) -> MemoryObjectReceiveStream[Any]:
    send, out = anyio.create_memory_object_stream[Any](buffer)

    async def work(source: MemoryObjectReceiveStream[Any], sink: MemoryObjectSendStream[Any]) -> None:
        async with source, sink:
            await stage.node(source, sink)

    with receive, send:  # each worker has a clone; the stream ends when the last of them is done
        for _ in range(stage.workers):
            group.start_soon(work, receive.clone(), send.clone())
    return out


async def _map(
    function: Callable[[T], Awaitable[R]],
    receive: MemoryObjectReceiveStream[T],
    send: MemoryObjectSendStream[R],
) -> None:
    async for item in _items(receive):
        await _send(send, await function(item))


async def _flatten(receive: MemoryObjectReceiveStream[Sequence[T]], send: MemoryObjectSendStream[T]) -> None:
    async for chunk in _items(receive):
        for item in chunk:
            await _send(send, item)


async def _batch(
    count: int,
    max_size: int | None,
    size: Callable[[T], int] | None,
    receive: MemoryObjectReceiveStream[T],
    send: MemoryObjectSendStream[list[T]],
) -> None:
    batch: list[T] = []
    total = 0
    async for item in _items(receive):
        batch.append(item)
        total += size(item) if size is not None else 0
        if len(batch) >= count or (max_size is not None and total >= max_size):
            await _send(send, batch)
            batch, total = [], 0
    if batch:
        await _send(send, batch)


# Each await of a memory stream passes through the event loop, which costs as much as a small fetch. Where the
# queue has an item, or room, it is used at once; its bound is what keeps a burst short.


async def _items(receive: MemoryObjectReceiveStream[T]) -> AsyncIterator[T]:
    while True:
        try:
            item = receive.receive_nowait()
        except anyio.WouldBlock:
            try:
                item = await receive.receive()
            except anyio.EndOfStream:
                return
        except anyio.EndOfStream:
            return
        yield item


async def _send(send: MemoryObjectSendStream[T], item: T) -> None:
    try:
        try:
            send.send_nowait(item)
        except anyio.WouldBlock:
            await send.send(item)
    except anyio.BrokenResourceError:
        # The stages behind have failed or were cancelled first. So will this one be, in a moment; an error of its own
        # would hide theirs.
        await anyio.sleep_forever()


def _first(failure: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that started it: the others are its echo in cancelled neighbours."""
    error: BaseException = failure
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
