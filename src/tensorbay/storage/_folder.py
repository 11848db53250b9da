"""A folder of this machine as a store."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio
from anyio.to_thread import run_sync

from tensorbay.exception import StorageError
from tensorbay.storage._files import Files, etag_of
from tensorbay.storage._folder_listing import FolderListing
from tensorbay.storage._options import FolderOptions
from tensorbay.storage._store import PAGE_LIMIT, Level, ObjectInfo, SignedUrls, changed
from tensorbay.storage._upload import Upload, remove_abandoned

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Sequence
    from typing import IO

_CHUNK_SIZE = 1 << 20


class FolderStore:
    """The files below a root. Names of files are keys as they are, so they must be UTF-8.

    Links count as what they lead to: one that leads out of the root is refused, and not listed. A linked directory
    inside the root can be read through but is not listed, for it may lead in circles.
    """

    def __init__(self, options: FolderOptions) -> None:
        self._files = Files(options.root)
        self._listing = FolderListing(self._files)

    def __repr__(self) -> str:
        return f"<FolderStore {str(self._files.given)!r}>"

    async def list_page(self, prefix: str, *, after: str = "", limit: int = PAGE_LIMIT) -> list[ObjectInfo]:
        return await run_sync(self._listing.page, prefix, after, limit)

    async def list_level(self, prefix: str, *, limit: int = 20) -> Level:
        return await run_sync(self._listing.level, prefix, limit)

    async def head(self, path: str, *, version: str | None = None) -> ObjectInfo:
        _refuse(version)
        return await run_sync(self._files.head, path)

    async def get(
        self,
        path: str,
        *,
        start: int = 0,
        end: int | None = None,
        if_match: str | None = None,
        version: str | None = None,
    ) -> bytes:
        _refuse(version)
        return await run_sync(self._files.read, path, start, end, if_match)

    def stream(
        self, path: str, *, start: int = 0, if_match: str | None = None, version: str | None = None
    ) -> AsyncGenerator[bytes]:
        _refuse(version)
        return self._read(path, start, if_match, unchanged=if_match is not None)

    async def _read(self, path: str, start: int, if_match: str | None, *, unchanged: bool) -> AsyncGenerator[bytes]:
        async with aclosing(await self.open(path, if_match=if_match)) as file:
            async for chunk in file.chunks(start, unchanged=unchanged):
                yield chunk

    async def open(self, path: str, *, if_match: str | None = None) -> OpenFile:
        """One file that stays what it is while it is read, though another takes its name. To be closed."""
        return OpenFile(self._files, *await run_sync(self._files.open, path, if_match))

    async def remove_abandoned(self) -> int:
        """Remove what uploads left behind whose processes were killed; how many files that were."""
        return await run_sync(remove_abandoned, self._files)

    async def put(self, path: str, body: bytes | AsyncIterable[bytes]) -> ObjectInfo:
        upload = Upload(self._files, path)
        if isinstance(body, (bytes, bytearray, memoryview)):
            return await run_sync(upload.write_whole, bytes(body))
        try:
            async for chunk in body:
                await run_sync(upload.write, chunk)
            return await run_sync(upload.finish)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await run_sync(upload.abort)
            raise

    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> ObjectInfo:
        async with aclosing(self._read(source, 0, if_match, unchanged=True)) as body:
            return await self.put(target, body)

    async def delete(self, paths: Sequence[str]) -> None:
        await run_sync(self._files.delete, list(paths))

    async def sign(
        self,
        paths: Sequence[str],
        *,
        method: str = "GET",
        expires: float = 3600,
        versions: Sequence[str | None] | None = None,
    ) -> SignedUrls:
        """`file:` URLs, for whoever shares this machine and its permissions: they do not expire."""
        for version in versions or ():
            _refuse(version)
        return SignedUrls(await run_sync(self._files.sign, list(paths)), expire_at=time.time() + expires)

    async def check(self, folder: str = "") -> None:
        await run_sync(self._files.check)

    async def aclose(self) -> None:
        """Nothing is open between calls."""


class OpenFile:
    def __init__(self, files: Files, file: IO[bytes], info: ObjectInfo) -> None:
        self.info = info
        self._files = files
        self._file = file

    async def chunks(self, start: int = 0, end: int | None = None, *, unchanged: bool = False) -> AsyncGenerator[bytes]:
        """Bytes `start` to `end`. With `unchanged` a file that is written to meanwhile raises before its last chunk."""
        left = (self.info.size if end is None else end) - start
        await run_sync(self._file.seek, start)
        while left > 0:
            chunk = await run_sync(self._files.read_chunk, self._file, self.info.path, min(left, _CHUNK_SIZE))
            left -= len(chunk)
            is_last = left <= 0 or not chunk  # it may have become shorter
            if unchanged and is_last and await run_sync(etag_of, self._file) != self.info.etag:
                raise changed(self.info.path)
            if not chunk:
                return
            yield chunk

    async def aclose(self) -> None:
        self._file.close()


def _refuse(version: str | None) -> None:
    if version is not None:
        raise StorageError(f"A folder keeps no versions of its files, so not {version!r} either.")
