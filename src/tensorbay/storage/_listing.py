"""Listing of a bucket whose server has the order of code points, and what such listings share with those of S3."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

from tensorbay._util.concurrency import map_concurrently
from tensorbay.exception import ObjectNotFoundError, StorageError
from tensorbay.storage._key import check_prefix, is_s3_key
from tensorbay.storage._store import PAGE_LIMIT, Level, ObjectInfo, is_private
from tensorbay.storage._utf16 import CodePointOrder, early_start, is_astral_after, utf16

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from obstore import ObjectMeta
    from obstore.store import AzureStore, GCSStore

LAST = "\U0010ffff"
_HEADS_IN_FLIGHT = 16


class FlatListing:
    """obstore drops the last "/" of a key, so the marker of a folder, "a/", looks like an empty file "a".

    So the server is asked about what is empty. A key that obstore would change otherwise ends the listing by name.
    With `may_sort_utf16` a server may also have the order of its keys' UTF-16.
    """

    def __init__(
        self,
        bucket: AzureStore | GCSStore,
        head: Callable[[str], Awaitable[ObjectInfo]],
        *,
        may_sort_utf16: bool = False,
    ) -> None:
        self._bucket = bucket
        self._head = head
        self._may_sort_utf16 = may_sort_utf16

    async def page(self, prefix: str, after: str, limit: int) -> list[ObjectInfo]:
        check_prefix(prefix)
        check_prefix(after)
        if not after.startswith(prefix):
            if after > prefix:
                return []
            after = ""
        folder = folder_of(prefix)[:-1]
        start = await self._start(prefix, after) or just_before(prefix, folder)
        found: list[ObjectInfo] = []
        async for infos in self._ordered(folder, start, prefix):
            wanted = [info for info in infos if info.path > after]
            found += await self._without_markers([info for info in wanted if not is_private(info.path)])
            if len(found) >= limit:
                break
        return found[:limit]

    async def _start(self, prefix: str, after: str) -> str:
        early = early_start(after, prefix) if self._may_sort_utf16 else None
        if early is not None:
            async for chunk in self._chunks(folder_of(prefix)[:-1], early):
                for meta in chunk:
                    if meta["path"] > early:
                        return early if is_astral_after(meta["path"], early) else after
        return after

    async def _ordered(self, folder: str, start: str, prefix: str) -> AsyncIterator[list[ObjectInfo]]:
        """What may be files, from `start` on, until none can begin with `prefix`."""
        order, asked, last = CodePointOrder(prefix), set[str](), ""
        async for chunk in self._chunks(folder, start):
            infos, last = self._checked(chunk, last)
            infos = [info for info in infos if info.path.startswith(prefix)]
            yield [info for one in infos for info in order.take(one)] if self._may_sort_utf16 else infos
            if order.held >= PAGE_LIMIT:
                for stem in sorted(order.stems - asked):
                    asked.add(stem)
                    if not await self._goes_on_high(folder, stem):
                        yield order.let_go(stem)
            is_past = last > prefix and (not self._may_sort_utf16 or utf16(last) > utf16(prefix))
            if is_past and not last.startswith(prefix):
                break
        yield order.end()

    async def _goes_on_high(self, folder: str, stem: str) -> bool:
        """Whether a key starts with `stem` and goes on with U+E000 to U+FFFF: after all that goes on beyond."""
        end = f"{stem}{LAST}{LAST}"
        async for chunk in self._chunks(folder, end):
            for meta in chunk:
                if utf16(meta["path"]) > utf16(end):
                    return meta["path"].startswith(stem)
        return False

    def _chunks(self, folder: str, start: str) -> AsyncIterator[Sequence[ObjectMeta]]:
        offset = _expressible(start) or None
        return aiter(self._bucket.list(folder or None, offset=offset, chunk_size=PAGE_LIMIT))

    def _checked(self, chunk: Sequence[ObjectMeta], last: str) -> tuple[list[ObjectInfo], str]:
        """What may be files, and the last key. A server with another order would make pages that miss keys."""
        infos = []
        for meta in chunk:
            info = describe(meta)
            if self._follows(info.path, last):
                infos.append(info)
                last = info.path
            elif not info.size and self._follows(f"{info.path}/", last):
                last = f"{info.path}/"  # surely a marker: "a/" comes after "a-b"
            else:
                raise StorageError(
                    f"The store lists {info.path!r} after {last!r}: not in the order of keys, as do accounts with a "
                    "hierarchical namespace. Such a bucket cannot be listed."
                )
        return infos, last

    def _follows(self, path: str, last: str) -> bool:
        return path > last or (self._may_sort_utf16 and utf16(path) > utf16(last))

    async def level(self, prefix: str, limit: int) -> Level:
        check_prefix(prefix)
        result = await self._bucket.list_with_delimiter_async(folder_of(prefix)[:-1] or None)
        folders = [f"{path}/" for path in result["common_prefixes"]]
        files = [meta["path"] for meta in result["objects"]]
        return Level(
            sorted(path for path in folders if path.startswith(prefix) and not is_private(path))[:limit],
            sorted(path for path in files if path.startswith(prefix) and not is_private(path))[:limit],
        )

    async def _without_markers(self, infos: list[ObjectInfo]) -> list[ObjectInfo]:
        async def is_marker(path: str) -> bool:
            try:
                await self._head(path)
            except ObjectNotFoundError:
                return True
            return False

        empty = [info.path for info in infos if not info.size]
        found = await map_concurrently(is_marker, empty, limit=_HEADS_IN_FLIGHT)
        markers = set(compress(empty, found))
        return [info for info in infos if info.path not in markers]


def describe(meta: ObjectMeta) -> ObjectInfo:
    etag = meta["e_tag"] or ""
    if etag and not etag.endswith('"'):
        etag = f'"{etag}"'  # so Azure lists it; all other answers have the quotes
    return ObjectInfo(meta["path"], meta["size"], etag, meta["last_modified"].timestamp(), meta["version"])


def folder_of(prefix: str) -> str:
    return prefix[: prefix.rfind("/") + 1]


def is_expressible(path: str) -> bool:
    return not path or is_s3_key(path)


def just_before(prefix: str, folder: str) -> str:
    """A key that nearly all keys from `prefix` on are greater than: obstore lists whole folders only."""
    stem = prefix[len(folder) :].lstrip("/")
    if not stem:
        return ""
    previous = ord(stem[-1]) - 1
    if 0xD800 <= previous <= 0xDFFF or previous == 0xFFFF:
        previous = 0xD7FF  # no surrogate; and before the next in UTF-16 too
    return f"{prefix[:-1]}{chr(previous)}{LAST}"


def _expressible(start: str) -> str:
    """The nearest start before that obstore takes: to begin too early is no harm."""
    while not is_expressible(start):
        start = start[:-1]
    return start
