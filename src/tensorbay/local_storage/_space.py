"""How much may be written."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio.to_thread import run_sync

from tensorbay.exception import ObjectNotFoundError, StorageError, TensorBayException
from tensorbay.storage import is_private

if TYPE_CHECKING:
    from tensorbay.local_storage._settings import ServiceSettings
    from tensorbay.storage import Store

__all__ = ["Space", "TooLargeError"]

_CHECK_EVERY = 16 << 20
_LOCKS = 64


class TooLargeError(TensorBayException):
    """There is no room for an upload."""

    STATUS_CODE = 413

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Space:
    """Counts what uploads take. Those on their way count as if they were there, so that together they fit.

    One that is repeated counts once: a full service still takes what it has.
    """

    def __init__(self, settings: ServiceSettings, store: Store, used: int) -> None:
        self._settings = settings
        self._store = store
        self.used = used
        # Two uploads of one key must not both replace the same old file in the count.
        self._locks = [anyio.Lock() for _ in range(_LOCKS)]

    @classmethod
    async def measure(cls, settings: ServiceSettings, store: Store) -> Space:
        """Without a quota nothing needs to be counted: a large folder takes its time."""
        return cls(settings, store, 0 if settings.quota is None else await run_sync(_used_below, settings.root))

    @asynccontextmanager
    async def upload(self, key: str) -> AsyncIterator[_Booking]:
        is_counted = self._is_counted(key)
        there = await self._size(key) if is_counted else 0
        booking = _Booking(self, self._settings.max_upload, is_counted=is_counted, there=there)
        try:
            yield booking
        except BaseException:
            booking.give_back()
            raise

    @asynccontextmanager
    async def replacing(self, key: str) -> AsyncIterator[int]:
        """The bytes that are counted for `key` now; nobody else of this service replaces or removes it meanwhile."""
        if not self._is_counted(key):
            yield 0
            return
        async with self._locks[hash(key) % _LOCKS]:
            yield await self._size(key)

    def _is_counted(self, key: str) -> bool:
        return self._settings.quota is not None and is_private(key)

    async def _size(self, key: str) -> int:
        try:
            return (await self._store.head(key)).size
        except ObjectNotFoundError:
            return 0

    async def check_disk(self, size: int) -> None:
        try:
            free = (await run_sync(shutil.disk_usage, self._settings.root)).free
        except OSError as exc:
            await self._store.check()  # says what is wrong with the folder
            raise StorageError(f"The disk cannot be measured: {exc.strerror}.") from exc
        if free - size < self._settings.reserve:
            raise TooLargeError(
                f"The service's disk is full: {free} bytes are free, of which {self._settings.reserve} stay free "
                "(`gas storage serve --reserve`).",
                code="DiskFull",
            )

    def check_quota(self, more: int) -> None:
        quota = self._settings.quota
        if quota is not None and more > 0 and self.used + more > quota:
            raise TooLargeError(
                f"The quota of the service is used up: {quota} bytes (`gas storage serve --quota`).",
                code="QuotaExceeded",
            )


class _Booking:
    """The room of one upload: what it has more than the object that it will replace."""

    def __init__(self, space: Space, limit: int, *, is_counted: bool, there: int) -> None:
        self._space = space
        self._limit = limit
        self._is_counted = is_counted
        self._there = there
        self._taken = self._booked = self._checked = 0

    async def announce(self, size: int) -> None:
        """Refuse early what says that it is too large."""
        self._check(size)
        if self._is_counted:
            self._space.check_quota(size - self._there)
        await self._space.check_disk(size)

    async def take(self, size: int) -> None:
        self._check(self._taken + size)
        self._taken += size
        self._book(max(0, self._taken - self._there))
        if self._taken >= self._checked:
            self._checked = self._taken + _CHECK_EVERY
            await self._space.check_disk(_CHECK_EVERY)

    def replace(self, size: int) -> None:
        """The upload is whole, and will replace `size` bytes: another number if somebody was faster."""
        self._book(self._taken - size)

    def give_back(self) -> None:
        self._space.used -= self._booked

    def _check(self, total: int) -> None:
        if total > self._limit:
            raise TooLargeError(f"An upload may have {self._limit} bytes; this one has more.", code="EntityTooLarge")

    def _book(self, size: int) -> None:
        if self._is_counted:
            more = size - self._booked
            self._space.check_quota(more)
            self._space.used += more
            self._booked = size


def _used_below(root: Path) -> int:
    used = 0
    for folder, _, files in os.walk(root):
        if is_private(f"{Path(folder).relative_to(root).as_posix()}/"):
            for name in files:
                try:
                    used += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118
                except FileNotFoundError:
                    continue
    return used
