"""Bytes of listed files for sync code: fetched ahead of a loop that opens them in order.

A file that was fetched ahead opens without a hop to the loop thread; one hop schedules a whole window of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import pickle
import threading
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import anyio

from tensorbay.client._portal import SLICE, portal
from tensorbay.client._window import Limits, Window
from tensorbay.dataset import AsyncReader
from tensorbay.importing import MASK_NAMES
from tensorbay.label import Label

__all__ = ["FileReader", "Source", "masks_of"]

LIMITS = Limits()
_IN_FLIGHT = 64
# What a file of unknown size counts for until it is fetched.
_USUAL_SIZE = 128 * 1024
_CHUNKS_AHEAD = 4
_BUFFER = 128 * 1024


class CoreReader(AsyncReader, Protocol):
    async def prepare(self, data: Any) -> None:
        """Ask for what a read needs to know first; for many files at the same time that is one request."""


@dataclass
class _Failure:
    error: Exception


_Outcome = bytes | _Failure | None  # None: to be read by whoever opens the file
_PENDING = _Failure(RuntimeError("pending"))


class Source:
    """The files of one listing (or a single file) and what was fetched of them. Safe to use from many threads."""

    def __init__(self, core: CoreReader, *, keep_alive: object = None, limits: Limits = LIMITS) -> None:
        self._core = core
        self._keep_alive = keep_alive
        self.limits = limits
        self._files: dict[int, Any] = {}
        self._sizes: dict[int, int] = {}
        self._reset()

    def _reset(self) -> None:
        # Also in a forked child: the fetches of the parent do not go on there, and its lock may be held forever.
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._window = Window(self._sizes, self.limits)
        self._outcomes: dict[int, _Outcome] = {}
        self._awaited: list[int] = []
        self._queue: deque[int] = deque()  # only the loop thread touches this and the next
        self._workers = 0

    @property
    def core(self) -> CoreReader:
        """The reader of the async core; in a forked child a new one, with connections of its own."""
        self._check_process()
        return self._core

    def add(self, position: int, data: Any) -> None:
        """Tell of a file of the listing."""
        self._files[position] = data
        self._sizes[position] = min(_USUAL_SIZE, self.limits.file_bytes) if data.size is None else data.size

    def take(self, position: int) -> bytes | None:
        """The content if the file was fetched ahead, waiting for it where necessary; None: read it yourself.

        A failure of that fetch is raised here, where the file is wanted.
        """
        self._check_process()
        with self._changed:
            plan = self._window.open(position)
            for dropped in plan.drop:
                self._outcomes.pop(dropped, None)
            self._outcomes.update(dict.fromkeys(plan.fetch, _PENDING))
        if plan.fetch:
            portal.submit(self._fetch, plan.fetch)
        if self._outcomes.get(position) is _PENDING:
            self._wait(position)
        outcome = self._outcomes.pop(position, None)
        if isinstance(outcome, _Failure):
            raise outcome.error
        return outcome

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            self._core = pickle.loads(pickle.dumps(self._core))  # noqa: S301  (our own bytes)
            self._reset()

    def _wait(self, position: int) -> None:
        portal.check_thread()
        with self._changed:
            self._awaited.append(position)
            try:
                while self._outcomes.get(position) is _PENDING:
                    self._changed.wait(SLICE)
            except BaseException:
                # Ctrl-C: what is queued is not fetched any more.
                self._window.close()
                self._outcomes.clear()
                raise
            finally:
                self._awaited.remove(position)

    async def _fetch(self, positions: Sequence[int]) -> None:
        try:
            await self._prepare([self._files[position] for position in positions])
            self._queue.extend(positions)
            async with anyio.create_task_group() as group:
                for _ in range(min(len(positions), _IN_FLIGHT - self._workers)):
                    self._workers += 1
                    group.start_soon(self._work)
        except BaseException:  # cancelled: whoever opens the files reads them
            for position in positions:
                self._settle(position, None)
            raise

    async def _prepare(self, files: Sequence[Any]) -> None:
        """All at once, which is one request; each worker would make one for its file alone."""

        async def prepare(data: Any) -> None:
            with contextlib.suppress(Exception):  # the read fails for the same reason, and tells
                await self._core.prepare(data)

        async with anyio.create_task_group() as group:
            for data in files:
                group.start_soon(prepare, data)

    async def _work(self) -> None:
        try:
            while self._queue:
                position = self._queue.popleft()
                if self._outcomes.get(position) is _PENDING:  # else dropped meanwhile
                    outcome: _Outcome = None
                    try:
                        outcome = await self._outcome(self._files[position])
                    finally:
                        self._settle(position, outcome)
        finally:
            self._workers -= 1

    async def _outcome(self, data: Any) -> _Outcome:
        try:
            if data.size is not None:
                return await self._core.read(data)
            content = bytearray()
            async with contextlib.aclosing(self._core.stream(data)) as chunks:
                async for chunk in chunks:
                    content += chunk
                    if len(content) > self.limits.file_bytes:
                        return None
            return bytes(content)
        except Exception as error:
            return _Failure(error)

    def _settle(self, position: int, outcome: _Outcome) -> None:
        with self._changed:
            if self._outcomes.get(position) is not _PENDING:
                return
            self._outcomes[position] = outcome
            self._window.settle(position, len(outcome) if isinstance(outcome, bytes) else 0)
            if position in self._awaited:
                self._changed.notify_all()


class FileReader:
    """The reader of one listed file, for sync and async code; `position` is its place in the listing."""

    __slots__ = ("_position", "_source")

    def __init__(self, source: Source, position: int | None = None) -> None:
        self._source = source
        self._position = position

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._source.core,)

    def open(self, data: Any) -> BinaryIO:
        if self._position is not None:
            content = self._source.take(self._position)
            if content is not None:
                return io.BytesIO(content)
        core = self._source.core
        size = getattr(data, "size", None)  # nobody knows that of masks
        if size is not None and size <= self._source.limits.file_bytes:
            return io.BytesIO(portal.run(core.read, data))
        return io.BufferedReader(_RawStream(core, data), _BUFFER)

    def get_url_sync(self, data: Any) -> str:
        return portal.run(self._source.core.get_url, data)

    async def read(self, data: Any) -> bytes:
        return await portal.bridge(self._source.core.read, data)

    async def get_url(self, data: Any) -> str:
        return await portal.bridge(self._source.core.get_url, data)

    async def stream(self, data: Any) -> AsyncGenerator[bytes]:
        chunks = _Chunks(self._source.core, data)
        try:
            while chunk := await portal.bridge(chunks.next):
                yield chunk
        finally:
            chunks.close()


def masks_of(data: Any) -> list[Any]:
    """The masks of a listed file that can be read like it. Labels that were not parsed yet have none."""
    label = getattr(data, "_label", None)
    masks = (getattr(label, name, None) for name in MASK_NAMES) if isinstance(label, Label) else ()
    return [mask for mask in masks if getattr(mask, "_reader", None) is not None]


def _restore(core: CoreReader) -> FileReader:
    return FileReader(Source(core))


class _Chunks:
    """A stream on the loop, read by one task of its own, a few chunks ahead of their use.

    Not a memory stream of anyio: that one has to be closed on the loop, and a file may be dropped anywhere.
    """

    def __init__(self, core: CoreReader, data: Any) -> None:
        self._ready: deque[bytes] = deque()
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._ended = False
        self._failure: Exception | None = None
        self._task = portal.submit(self._pump, core, data)

    async def next(self) -> bytes:
        """The next chunk; empty at the end."""
        while not self._ready:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                return b""
            self._news.clear()
            await self._news.wait()
        self._room.set()
        return self._ready.popleft()

    def close(self) -> None:
        self._task.cancel()

    async def _pump(self, core: CoreReader, data: Any) -> None:
        try:
            async with contextlib.aclosing(core.stream(data)) as chunks:
                async for chunk in chunks:
                    while len(self._ready) >= _CHUNKS_AHEAD:
                        self._room.clear()
                        await self._room.wait()
                    if chunk:
                        self._ready.append(chunk)
                        self._news.set()
        except Exception as error:
            self._failure = error
        finally:
            self._ended = True
            self._news.set()


class _RawStream(io.RawIOBase):
    def __init__(self, core: CoreReader, data: Any) -> None:
        self._chunks = _Chunks(core, data)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._rest:
            self._rest = memoryview(portal.run(self._chunks.next))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def readall(self) -> bytes:
        parts: list[bytes | memoryview] = [self._rest]
        self._rest = memoryview(b"")
        while chunk := portal.run(self._chunks.next):
            parts.append(chunk)
        return b"".join(parts)

    def close(self) -> None:
        if not self.closed:
            self._chunks.close()
        super().close()
