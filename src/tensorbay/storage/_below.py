"""A part of a store, as a store of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tensorbay.storage._key import check_key
from tensorbay.storage._store import PAGE_LIMIT, Level, ObjectInfo, SignedUrls, Store

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Sequence


class StoreBelow:
    """What lies below `folder` of `store`, under keys that are relative to it: nothing else can be named.

    Any number of these share the store, which is closed by whoever opened it.
    """

    def __init__(self, store: Store, folder: str) -> None:
        check_key(folder)
        self._store = store
        self._prefix = f"{folder}/"

    def __repr__(self) -> str:
        return f"<StoreBelow {self._prefix!r} of {self._store!r}>"

    async def list_page(self, prefix: str, *, after: str = "", limit: int = PAGE_LIMIT) -> list[ObjectInfo]:
        if _is_of_no_key(prefix):
            return []
        page = await self._store.list_page(
            self._prefix + prefix, after=self._prefix + after if after else "", limit=limit
        )
        return [self._inner(info) for info in page]

    async def list_level(self, prefix: str, *, limit: int = 20) -> Level:
        if _is_of_no_key(prefix):
            return Level([], [])
        level = await self._store.list_level(self._prefix + prefix, limit=limit)
        return Level(*([path.removeprefix(self._prefix) for path in paths] for paths in level))

    async def head(self, path: str, *, version: str | None = None) -> ObjectInfo:
        return self._inner(await self._store.head(self._outer(path), version=version))

    async def get(
        self,
        path: str,
        *,
        start: int = 0,
        end: int | None = None,
        if_match: str | None = None,
        version: str | None = None,
    ) -> bytes:
        return await self._store.get(self._outer(path), start=start, end=end, if_match=if_match, version=version)

    def stream(
        self, path: str, *, start: int = 0, if_match: str | None = None, version: str | None = None
    ) -> AsyncGenerator[bytes]:
        return self._store.stream(self._outer(path), start=start, if_match=if_match, version=version)

    async def put(self, path: str, body: bytes | AsyncIterable[bytes]) -> ObjectInfo:
        return self._inner(await self._store.put(self._outer(path), body))

    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> ObjectInfo:
        return self._inner(await self._store.copy(self._outer(source), self._outer(target), if_match=if_match))

    async def delete(self, paths: Sequence[str]) -> None:
        await self._store.delete([self._outer(path) for path in paths])

    async def sign(
        self,
        paths: Sequence[str],
        *,
        method: str = "GET",
        expires: float = 3600,
        versions: Sequence[str | None] | None = None,
    ) -> SignedUrls:
        outer = [self._outer(path) for path in paths]
        return await self._store.sign(outer, method=method, expires=expires, versions=versions)

    async def check(self, folder: str = "") -> None:
        await self._store.check((self._prefix + folder).rstrip("/"))

    async def aclose(self) -> None:
        """The store stays open for the others."""

    def _outer(self, path: str) -> str:
        # Before the store sees it: some of them resolve "..".
        check_key(path)
        return self._prefix + path

    def _inner(self, info: ObjectInfo) -> ObjectInfo:
        return msgspec.structs.replace(info, path=info.path.removeprefix(self._prefix))


def _is_of_no_key(prefix: str) -> bool:
    """A store that resolves such a prefix would leave the folder."""
    return not {"", ".", ".."}.isdisjoint(prefix.split("/")[:-1])
