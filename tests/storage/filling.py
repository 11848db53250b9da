from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio

from tensorbay.storage import ObjectInfo, Options, Store

KINDS = ["s3", "oss", "azure", "gcs", "folder", "service"]


@dataclass(frozen=True)
class Place:
    """What opens a store of a kind. `server` is who answers, and what has to be the proxy where that is so."""

    kind: str
    options: Options
    server: str = ""
    proxy: str | None = None


class Fill(Protocol):
    """Make an object under each key; its body is the key."""

    async def __call__(self, keys: Iterable[str]) -> None: ...


async def put_all(store: Store, keys: Iterable[str]) -> None:
    slots = anyio.Semaphore(32)

    async def put(key: str) -> None:
        async with slots:
            await store.put(key, key.encode())

    async with anyio.create_task_group() as tasks:
        for key in keys:
            tasks.start_soon(put, key)


def fill_with(put: Callable[[str, bytes], object], keys: Iterable[str]) -> None:
    with ThreadPoolExecutor(8) as threads:
        for _ in threads.map(lambda key: put(key, key.encode()), keys):
            pass  # or raise its error


def write_all(root: Path, keys: Iterable[str]) -> None:
    for key in keys:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(key))


async def list_all(store: Store, prefix: str = "", *, after: str = "", limit: int = 1000) -> list[ObjectInfo]:
    found: list[ObjectInfo] = []
    while page := await store.list_page(prefix, after=after, limit=limit):
        assert len(page) <= limit
        found += page
        after = page[-1].path
        if len(page) < limit:
            assert await store.list_page(prefix, after=after, limit=limit) == []
    return found


async def keys_of(store: Store, prefix: str = "", *, after: str = "", limit: int = 1000) -> list[str]:
    return [info.path for info in await list_all(store, prefix, after=after, limit=limit)]


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
