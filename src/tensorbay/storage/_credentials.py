"""Credentials that end, and are had anew before."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio
from typing_extensions import NamedTuple  # a generic one: the standard library's can since 3.11

from tensorbay.storage._unframed import unframed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")

_MARGIN_SECONDS = 300.0
_MARGIN_SHARE = 0.1
# After a failure, while what there is still serves; and when nothing does, so that a crowd fails on one attempt.
_RETRY_SECONDS = 30.0
_FAILED_SECONDS = 1.0
# obstore asks for new credentials this long before the end that it was told.
_ASKS_EARLY = 300.0


class Lease(NamedTuple, Generic[T]):
    """A credential and when it ends, in seconds since the epoch; None is never."""

    value: T
    end: float | None


class Refreshed(Generic[T]):
    """The credential of the moment. However many ask, one fetches; the others go on with what still serves.

    Those of another event loop, or of a forked child, do not wait for one that may never end there.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Lease[T]]]) -> None:
        self._fetch = fetch
        self._lock: anyio.Lock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lease: Lease[T] | None = None
        self._due: float | None = None
        self._failure: tuple[float, Exception] | None = None

    @classmethod
    def fixed(cls, value: T) -> Refreshed[T]:
        """One that never ends."""

        async def fetch() -> Lease[T]:
            return Lease(value, None)

        refreshed = cls(fetch)
        refreshed._keep(Lease(value, None))
        return refreshed

    @property
    def due(self) -> float | None:
        """When to ask again; None is never."""
        return self._due

    def fresh(self) -> Lease[T] | None:
        """What there is, unless `get` would fetch another."""
        if self._lease is None or (self._due is not None and time.time() >= self._due):
            return None
        return self._lease

    async def get(self) -> Lease[T]:
        if (lease := self.fresh()) is not None:
            return lease
        if self._loop is not (loop := asyncio.get_running_loop()):
            self._loop, self._lock = loop, anyio.Lock()
        if self._lock.locked() and (lease := self._valid()) is not None:
            return lease
        async with self._lock:
            return self.fresh() or await self._refresh()

    async def _refresh(self) -> Lease[T]:
        if self._failure is not None and time.time() < self._failure[0] + _FAILED_SECONDS:
            raise self._failure[1]
        try:
            with unframed():
                lease = await self._fetch()
        except Exception as exc:
            now = time.time()  # it may have taken long
            self._failure = (now, exc)
            if (old := self._valid()) is None:
                raise
            self._due = now + _RETRY_SECONDS if old.end is None else min(now + _RETRY_SECONDS, old.end)
            return old
        self._keep(lease)
        return lease

    def _keep(self, lease: Lease[T]) -> None:
        self._lease, self._failure, self._due = lease, None, None
        if lease.end is not None:
            now = time.time()
            left = lease.end - now
            # Those that live for minutes only serve for half of that at least.
            self._due = now + left - min(max(_MARGIN_SECONDS, left * _MARGIN_SHARE), left / 2)

    def _valid(self) -> Lease[T] | None:
        lease = self._lease
        return lease if lease is not None and (lease.end is None or time.time() < lease.end) else None


def provider(credentials: Refreshed[T], members: Callable[[T], dict[str, Any]]) -> Callable[[], Any]:
    """For obstore: a value while there is one, so that signing works without a loop; else a coroutine that gets one.

    `members` says how obstore wants it.
    """

    def credential(lease: Lease[T]) -> dict[str, Any]:
        due = credentials.due
        end = None if due is None else datetime.fromtimestamp(due + _ASKS_EARLY, timezone.utc)
        return {**members(lease.value), "expires_at": end}

    async def fetch() -> dict[str, Any]:
        return credential(await credentials.get())

    def provide() -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
        lease = credentials.fresh()
        return fetch() if lease is None else credential(lease)

    return provide
