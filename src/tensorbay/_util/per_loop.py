from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import anyio


class _Closable(Protocol):
    async def aclose(self) -> None: ...


T = TypeVar("T", bound=_Closable)


class PerLoop(Generic[T]):
    """A resource that is opened at first use and belongs to one event loop of one process.

    Connections can't move to another loop and must not be shared with a forked child. When the loop or the process
    has changed, the resource is opened anew. The old one is dropped when its loop is gone; a forked child keeps its
    parent's, untouched: finalising it would take sockets out of the poll set that the two still share.
    """

    def __init__(self, open_: Callable[[], Awaitable[T]]) -> None:
        self._open = open_
        self._owner: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._lock: anyio.Lock
        self._resource: T | None = None
        self._inherited: list[T] = []

    async def get(self) -> T:
        owner = (os.getpid(), asyncio.get_running_loop())
        if self._owner != owner:
            if self._owner is not None and self._resource is not None and self._owner[0] != owner[0]:
                self._inherited.append(self._resource)
            self._owner, self._lock, self._resource = owner, anyio.Lock(), None
        if self._resource is None:
            async with self._lock:
                if self._resource is None:
                    self._resource = await self._open()
        return self._resource

    async def aclose(self) -> None:
        if self._owner != (os.getpid(), asyncio.get_running_loop()):
            return
        async with self._lock:
            resource, self._resource = self._resource, None
            if resource is not None:
                await resource.aclose()
