"""Writing of files below a root: whole, or not at all."""

# ruff: noqa: PTH108, PTH112

from __future__ import annotations

import contextlib
import errno
import os
import threading
import uuid
from typing import IO, TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows, where a file that somebody has open cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

from tensorbay.exception import StorageError
from tensorbay.storage._beneath import Entry, entry_of, sync_folder
from tensorbay.storage._files import Files, file_error, file_info
from tensorbay.storage._key import check_key
from tensorbay.storage._protocol import UPLOAD_KEY
from tensorbay.storage._store import PRIVATE_FOLDER, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensorbay.storage._beneath import Folder

UPLOADS = f"{PRIVATE_FOLDER}/uploads"

_WRITE_FLAGS = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)


class Upload:
    """One file that appears whole under its key when it is finished, and not at all before.

    The lock is for a caller that was cancelled while a thread was still writing: `abort` waits for that thread.
    """

    def __init__(self, files: Files, key: str) -> None:
        check_key(key)
        self._files = files
        self._key = key
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._file: IO[bytes] | None = None
        self._entry = Entry(None, "")

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
            folder, _, name = self._key.rpartition("/")
            with self._files.folder(folder, make=True) as opened:
                target = entry_of(opened, name)
                if UPLOAD_KEY.search(self._key):
                    _keep_time(file, target)
                status = os.fstat(file.fileno())
                if os.name == "nt":
                    file.close()  # it could not be renamed
                os.replace(self._entry.name, target.name, src_dir_fd=self._entry.folder, dst_dir_fd=target.folder)
                self._file = None
                self._stack.close()
                sync_folder(opened)
            return file_info(self._key, status)

    def abort(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._entry.name, dir_fd=self._entry.folder)
                self._file = None
            self._stack.close()

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            if parent := self._key.rpartition("/")[0]:
                self._files.locate(parent)  # a bad key is refused before anything is written
            self._files.check()  # a root that is gone (not mounted, say) is not made anew
            # Below the same root, so that the rename stays within one file system.
            folder = self._stack.enter_context(self._files.folder(UPLOADS, make=True))
            self._entry, self._file = _create(folder)
            self._stack.callback(self._file.close)
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
            if os.path.isdir(self._files.locate(self._key)):  # Windows calls it PermissionError
                raise StorageError(f"{self._key!r} cannot be written: it is a folder.") from exc
            raise file_error(exc, self._key) from exc
        except OSError as exc:
            if exc.errno == errno.EXDEV:
                raise StorageError(
                    f"{self._key!r} cannot be written: another disk than that of the storage's own folder is mounted "
                    "there. Make that disk's folder a storage of its own."
                ) from exc
            raise file_error(exc, self._key) from exc


def _keep_time(file: IO[bytes], target: Entry) -> None:
    """Give `file` the time of the same content that it replaces: who indexed that by its etag finds it unchanged."""
    with contextlib.suppress(FileNotFoundError):
        there, status = os.stat(target.name, dir_fd=target.folder, follow_symlinks=False), os.fstat(file.fileno())
        if there.st_size == status.st_size and os.utime in os.supports_fd:
            os.utime(file.fileno(), ns=(status.st_atime_ns, there.st_mtime_ns))
            os.fsync(file.fileno())


def remove_abandoned(files: Files) -> int:
    """Remove what processes left that were killed while they wrote; how many files that were.

    A file that is being written is locked, so one that can be locked is nobody's.
    """
    removed = 0
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), files.folder(UPLOADS) as folder:
        with files.scan(UPLOADS) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        for name in names:
            entry = entry_of(folder, name)
            with contextlib.suppress(OSError):
                descriptor = os.open(entry.name, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), dir_fd=entry.folder)
                with open(descriptor, "rb") as file:  # noqa: PTH123
                    if fcntl is not None:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        os.unlink(entry.name, dir_fd=entry.folder)
                if fcntl is None:
                    os.unlink(entry.name)
                removed += 1
    return removed


def _create(folder: Folder) -> tuple[Entry, IO[bytes]]:
    """A new file, locked for as long as it is open."""
    while True:
        entry = entry_of(folder, uuid.uuid4().hex)
        file = open(os.open(entry.name, _WRITE_FLAGS, 0o666, dir_fd=entry.folder), "wb")  # noqa: PTH123, SIM115
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks: nothing is removed there
                fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink == 0:  # `remove_abandoned` was faster than the lock
                file.close()
                continue
        return entry, file
