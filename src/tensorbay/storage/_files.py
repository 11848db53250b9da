"""Blocking access to the files below one root. Nothing outside the root can be reached. Run it in worker threads."""

# Plain strings and `os`: building a Path costs more than the system call, and this runs once per file.
# ruff: noqa: PTH103, PTH118, PTH123, PTH206

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tensorbay._util.digest import file_etag
from tensorbay.exception import (
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
)
from tensorbay.storage import _beneath
from tensorbay.storage._beneath import Entry, Folder, entry_of, leads_astray, open_beneath, readable
from tensorbay.storage._key import check_key, check_windows_key
from tensorbay.storage._store import ObjectInfo, changed, check_etag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # links were resolved and judged before
    | getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not wait for its writer
)


class Files:
    """The regular files below `root`, by key. Links count as what they lead to, if that is inside the root.

    The way to a file is walked from the root through open directories. Only where a link is on it, the link is
    resolved and judged; then the resolved way is walked, on which no link is allowed any more.
    """

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

    def locate(self, key: str) -> str:
        """The real path of `key`, which need not exist; refused when a link leads out of the root."""
        _check(key)
        path = os.path.join(self.root, *key.split("/"))
        real = os.path.realpath(path)
        if real != path and not (real == self.root or real.startswith(os.path.join(self.root, ""))):
            raise StorageAccessError(f"{key!r} leads out of the folder {self.root!r} through a link.")
        return real

    @contextlib.contextmanager
    def folder(self, key: str, *, make: bool = False) -> Iterator[Folder]:
        """The directory `key`, open; of a link what it leads to. The root is ""."""
        if not _beneath.HAS_DIR_FD:
            path = self.locate(key) if key else self.root
            if make:
                os.makedirs(path, exist_ok=True)
            yield path
            return
        descriptor = self._open_folder(key, make=make)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _open_folder(self, key: str, *, make: bool) -> int:
        if key:
            _check(key)
        try:
            return open_beneath(self.root, key.split("/") if key else (), make=make)
        except OSError as exc:
            if not leads_astray(exc):
                raise
        return open_beneath(self.root, self._parts(self.locate(key)), make=make)

    def _parts(self, real: str) -> Sequence[str]:
        return () if real == self.root else real[len(os.path.join(self.root, "")) :].split(os.sep)

    @contextlib.contextmanager
    def entry(self, key: str, *, make: bool = False) -> Iterator[Entry]:
        """Where `key` itself lies, to replace or remove it: of a link the link, not what it leads to."""
        _check(key)
        folder, _, name = key.rpartition("/")
        with self.folder(folder, make=make) as opened:
            yield entry_of(opened, name)

    @contextlib.contextmanager
    def _file(self, key: str) -> Iterator[tuple[Entry, os.stat_result]]:
        """The regular file that `key` leads to."""
        with self.entry(key) as entry:
            status = os.stat(entry.name, dir_fd=entry.folder, follow_symlinks=False)
            if not stat.S_ISLNK(status.st_mode):
                yield entry, _regular(key, status)
                return
        real = self.locate(key)
        if not _beneath.HAS_DIR_FD:
            yield Entry(None, real), _regular(key, os.lstat(real))
            return
        *folders, name = self._parts(real) or (".",)
        folder = open_beneath(self.root, folders)
        try:
            yield Entry(folder, name), _regular(key, os.stat(name, dir_fd=folder, follow_symlinks=False))
        finally:
            os.close(folder)

    def head(self, key: str) -> ObjectInfo:
        with self.translated(key), self._file(key) as (_, status):
            return file_info(key, status)

    def open(self, key: str, if_match: str | None = None) -> tuple[IO[bytes], ObjectInfo]:
        """The file, unbuffered, and what it was when it was opened."""
        with self.translated(key):
            # What is no file is not opened at all: that alone may have an effect on a pipe or a device.
            with self._file(key) as (entry, _):
                descriptor = os.open(entry.name, _READ_FLAGS, dir_fd=entry.folder)
            try:
                info = file_info(key, _regular(key, os.fstat(descriptor)))
                check_etag(info, if_match)
                return open(descriptor, "rb", buffering=0), info
            except BaseException:
                os.close(descriptor)
                raise

    def read(self, key: str, start: int, end: int | None, if_match: str | None) -> bytes:
        file, info = self.open(key, if_match)
        with file, self.translated(key):
            file.seek(start)
            body = _read_exactly(file, (info.size if end is None else min(end, info.size)) - start)
            if if_match is not None and etag_of(file) != if_match:
                raise changed(key)  # it was written to while we read
            return body

    def read_chunk(self, file: IO[bytes], key: str, size: int) -> bytes:
        with self.translated(key):
            return file.read(size)

    def sign(self, keys: list[str]) -> list[str]:
        return [Path(self.locate(key)).as_uri() for key in keys]

    def delete(self, keys: list[str]) -> None:
        for key in keys:
            with (
                self.translated(key),
                contextlib.suppress(FileNotFoundError, NotADirectoryError),
                self.entry(key) as entry,
            ):
                status = os.stat(entry.name, dir_fd=entry.folder, follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    os.unlink(entry.name, dir_fd=entry.folder)

    @contextlib.contextmanager
    def scan(self, key: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        """What lies in the directory `key`."""
        with self.folder(key) as folder, readable(folder) as opened, os.scandir(opened) as entries:
            yield entries

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
    return ObjectInfo(key, status.st_size, file_etag(status), status.st_mtime)


def etag_of(file: IO[bytes]) -> str:
    return file_etag(os.fstat(file.fileno()))


def _check(key: str) -> None:
    check_key(key)
    if os.name == "nt":
        check_windows_key(key)
