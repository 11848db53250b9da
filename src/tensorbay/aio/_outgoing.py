"""A local file on its way to a store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import anyio.to_thread

from tensorbay.exception import StorageError

__all__ = ["Outgoing", "changed"]

_CHUNK = 256 * 1024


def changed(path: Path) -> StorageError:
    return StorageError(f"{path} has changed while it was uploaded: upload it again")


class Outgoing:
    """The body of one PUT. Opening it reads the disk; so does closing.

    A store knows nothing of SHA-1, so the file is hashed while it is sent, and its last bytes are held back until the
    digest is known: a store that was announced more than it gets stores nothing.
    """

    def __init__(self, path: Path, checksum: str | None) -> None:
        self.error: StorageError | None = None
        self._path = path
        self._checksum = checksum
        self._digest = hashlib.sha1(usedforsecurity=False)
        self._file = path.open("rb")
        # What is appended from now on is not sent.
        self._left = os.fstat(self._file.fileno()).st_size
        self.headers = {"Content-Length": f"{self._left}"}
        try:
            # aiohttp sends what is small, or empty, in one piece.
            self.data: bytes | AsyncIterator[bytes] = self._next() if self._left <= _CHUNK else self._chunks()
        except StorageError:
            self.close()
            raise

    def close(self) -> None:
        self._file.close()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while self._left:
            try:
                chunk = await anyio.to_thread.run_sync(self._next)
            except StorageError as error:
                self.error = error  # aiohttp raises another one in its place
                raise
            yield chunk

    def _next(self) -> bytes:
        chunk = self._file.read(min(_CHUNK, self._left))
        self._digest.update(chunk)
        self._left -= len(chunk)
        is_cut = not chunk and self._left
        is_other = not self._left and self._checksum not in (None, self._digest.hexdigest())
        if is_cut or is_other:
            raise changed(self._path)
        return chunk
