"""Blocking access to the files below one root. Nothing outside the root can be reached. Run it in worker threads."""

# Plain strings and `os`: building a Path costs more than the system call, and this runs once per file.
# ruff: noqa: PTH103, PTH105, PTH108, PTH112, PTH114, PTH116, PTH118, PTH120, PTH123, SIM115

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
import uuid
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tensorbay.exception import (
    ObjectChangedError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
)
from tensorbay.storage._key import check_key
from tensorbay.storage._store import PRIVATE_FOLDER, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # links were resolved and judged before
    | getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not wait for its writer
)


class Files:
    """The regular files below `root`, by key. Links count as what they lead to, if that is inside the root."""

    def __init__(self, root: str | Path) -> None:
        self.given = Path(root)
        self._real: str | None = None

    @property
    def root(self) -> str:
        if self._real is None:
            if not self.given.is_absolute():
                raise StorageError(f"The folder {str(self.given)!r} is not an absolute path.")
            try:
                self._real = os.path.realpath(self.given, strict=True)
            except OSError as exc:
                raise folder_error(exc, self.given) from exc
        return self._real

    def locate_entry(self, key: str) -> str:
        """Where `key` itself lies, to replace or remove it: of a link the link, not what it leads to."""
        folder, _, name = key.rpartition("/")
        check_key(key)
        return os.path.join(self.locate(folder) if folder else self.root, name)

    def locate(self, key: str) -> str:
        """The real path of `key`, which need not exist; refused when a link leads out of the root."""
        check_key(key)
        if os.sep != "/" and (os.sep in key or ":" in key):
            raise StorageError(f"The key {key!r} cannot be used: file names here cannot have {os.sep!r} or ':'.")
        path = os.path.join(self.root, *key.split("/"))
        real = os.path.realpath(path)
        if real != path and not self.contains(real):
            raise StorageAccessError(f"{key!r} leads out of the folder {self.root!r} through a link.")
        return real

    def contains(self, real: str) -> bool:
        return real == self.root or real.startswith(os.path.join(self.root, ""))

    def head(self, key: str) -> ObjectInfo:
        with self.translated(key):
            status = os.stat(self.locate(key), follow_symlinks=False)
            return file_info(key, _regular(key, status))

    def open(self, key: str, if_match: str | None = None) -> tuple[IO[bytes], ObjectInfo]:
        """The file, unbuffered, and what it was when it was opened."""
        with self.translated(key):
            descriptor = os.open(self.locate(key), _READ_FLAGS)
            try:
                info = file_info(key, _regular(key, os.fstat(descriptor)))
                if if_match is not None and info.etag != if_match:
                    raise changed(key)
                return open(descriptor, "rb", buffering=0), info
            except BaseException:
                os.close(descriptor)
                raise

    def read(self, key: str, start: int, end: int | None, if_match: str | None) -> bytes:
        file, info = self.open(key, if_match)
        with file, self.translated(key):
            file.seek(start)
            body = _read_exactly(file, (info.size if end is None else min(end, info.size)) - start)
            if if_match is not None and _etag(os.fstat(file.fileno())) != if_match:
                raise changed(key)  # it was written to while we read
            return body

    def read_chunk(self, file: IO[bytes], key: str, size: int) -> bytes:
        with self.translated(key):
            return file.read(size)

    def sign(self, keys: list[str]) -> list[str]:
        return [Path(self.locate(key)).as_uri() for key in keys]

    def delete(self, keys: list[str]) -> None:
        for key in keys:
            with self.translated(key), contextlib.suppress(FileNotFoundError, NotADirectoryError):
                path = self.locate_entry(key)
                if os.path.islink(path) or not os.path.isdir(path):
                    os.unlink(path)

    def check(self) -> None:
        try:
            with os.scandir(self.root) as entries:
                next(entries, None)
        except OSError as exc:
            raise folder_error(exc, self.given) from exc

    @contextlib.contextmanager
    def translated(self, key: str) -> Iterator[None]:
        """Raise what the system says about `key` as our own errors."""
        try:
            yield
        except StorageError:
            raise
        except OSError as exc:
            if isinstance(exc, (FileNotFoundError, NotADirectoryError)):
                raise self._not_found(key) from exc
            raise file_error(exc, key) from exc

    def _not_found(self, key: str) -> StorageError:
        if not self.given.is_dir():
            return StorageNotFoundError(f"The folder {str(self.given)!r} does not exist.")
        return ObjectNotFoundError(f"There is no file {key!r} in the folder {str(self.given)!r}.")


class Upload:
    """One file that appears whole under its key when it is finished, and not at all before.

    The lock is for a caller that was cancelled while a thread was still writing: `abort` waits for that thread.
    """

    def __init__(self, files: Files, key: str) -> None:
        check_key(key)
        self._files = files
        self._key = key
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._path = ""

    def write_whole(self, body: bytes) -> ObjectInfo:
        try:
            self.write(body)
            return self.finish()
        except BaseException:
            self.abort()
            raise

    def write(self, chunk: bytes) -> None:
        with self._lock, self._translated():
            self._opened().write(chunk)

    def finish(self) -> ObjectInfo:
        with self._lock, self._translated():
            file = self._opened()
            file.flush()
            os.fsync(file.fileno())
            status = os.fstat(file.fileno())
            file.close()
            target = self._files.locate_entry(self._key)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(self._path, target)
            return file_info(self._key, status)

    def abort(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._path)

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._files.locate_entry(self._key)  # a bad key is refused before anything is written
            self._files.check()  # a root that is gone (not mounted, say) is not made anew
            # Below the same root, so that the rename stays within one file system.
            self._path = self._files.locate(f"{PRIVATE_FOLDER}/uploads/{uuid.uuid4().hex}")
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            self._file = open(self._path, "xb")
        return self._file

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except StorageError:
            raise
        except (FileExistsError, NotADirectoryError) as exc:
            raise StorageError(f"{self._key!r} cannot be written: a file is where it needs a folder.") from exc
        except (IsADirectoryError, PermissionError) as exc:
            if os.path.isdir(self._files.locate_entry(self._key)):  # Windows calls it PermissionError
                raise StorageError(f"{self._key!r} cannot be written: it is a folder.") from exc
            raise file_error(exc, self._key) from exc
        except OSError as exc:
            raise file_error(exc, self._key) from exc


def changed(key: str) -> ObjectChangedError:
    return ObjectChangedError(f"{key!r} is no longer the object that was indexed: its etag differs.")


def file_error(exc: OSError, key: str) -> StorageError:
    if exc.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageAccessError(f"{key!r}: {exc.strerror}.")
    return StorageError(f"{key!r}: {exc.strerror or exc}.")


def folder_error(exc: OSError, folder: Path) -> StorageError:
    if isinstance(exc, FileNotFoundError):
        return StorageNotFoundError(f"The folder {str(folder)!r} does not exist.")
    if isinstance(exc, NotADirectoryError):
        return StorageNotFoundError(f"{str(folder)!r} is a file, not a folder.")
    if isinstance(exc, PermissionError):
        return StorageAccessError(f"The folder {str(folder)!r} may not be read: {exc.strerror}.")
    return StorageError(f"The folder {str(folder)!r} cannot be read: {exc.strerror or exc}.")


def _read_exactly(file: IO[bytes], size: int) -> bytes:
    """`size` bytes, or fewer at the end of the file: one read of the system may give less than it was asked for."""
    pieces = []
    while size > 0 and (piece := file.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _regular(key: str, status: os.stat_result) -> os.stat_result:
    if stat.S_ISREG(status.st_mode):
        return status
    if stat.S_ISDIR(status.st_mode):
        raise ObjectNotFoundError(f"{key!r} is a folder, not a file.")
    raise StorageError(f"{key!r} is not a regular file.")


def file_info(key: str, status: os.stat_result) -> ObjectInfo:
    return ObjectInfo(key, status.st_size, _etag(status), status.st_mtime)


def _etag(status: os.stat_result) -> str:
    # Without the inode: a folder that was moved or restored from a backup still holds the same files.
    return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
