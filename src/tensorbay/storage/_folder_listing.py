"""Sorted listing of the files below a root, page by page, never holding more than a part of one directory."""

# Plain strings and `os`, as in `_files`: this runs once per file.
# ruff: noqa: PTH116

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import stat
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from tensorbay.exception import StorageError
from tensorbay.storage._beneath import Folder, entry_of, leads_astray
from tensorbay.storage._files import file_info, folder_error
from tensorbay.storage._key import check_key, check_prefix, is_unicode
from tensorbay.storage._store import PRIVATE_FOLDER, Level, ObjectInfo, is_private

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensorbay.storage._files import Files

_WINDOW_SIZE = 50_000
_WINDOWS_KEPT = 16
_SETTLED_NS = 2_000_000_000


class _Window(NamedTuple):
    """The smallest children of a directory from `first` on; all of them when it is `complete`."""

    mtime_ns: int
    first: str
    children: list[str]
    complete: bool

    def reaches(self, first: str) -> bool:
        return self.first <= first and (self.complete or first <= self.children[-1])


class FolderListing:
    """Children of directories are sorted as they are in keys ("name/" for a directory), so keys come out sorted.

    A page costs a scan of each directory it touches. To keep big flat directories from being scanned once per page,
    windows of their sorted children are kept, as long as the directory's modification time shows no change.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()

    def page(self, prefix: str, after: str, limit: int) -> list[ObjectInfo]:
        check_prefix(prefix)
        self._files.check()
        base = _folder_of(prefix)
        if is_private(base) or not self._is_folder(base):
            return []
        with _Looker(self._files) as looker:
            found = self._walk(looker, base, after, stem=prefix[len(base) :])
            return list(itertools.islice(found, limit))

    def level(self, prefix: str, limit: int) -> Level:
        check_prefix(prefix)
        self._files.check()
        base = _folder_of(prefix)
        if is_private(base) or not self._is_folder(base):
            return Level([], [])
        stem = prefix[len(base) :]
        found = (name for name in self._scan(base) if name.endswith("/") and name.startswith(stem))
        folders = [base + name for name in heapq.nsmallest(limit, found)]
        children = itertools.takewhile(lambda name: name.startswith(stem), self._children(base, stem))
        files = (base + name for name in children if not name.endswith("/"))
        with _Looker(self._files) as looker:
            return Level(folders, list(itertools.islice(filter(looker.describe, files), limit)))

    def _walk(self, looker: _Looker, base: str, after: str, stem: str = "") -> Iterator[ObjectInfo]:
        if after >= base and not after.startswith(base):
            return  # all keys below `base` are smaller than `after`
        rest = after[len(base) :] if after.startswith(base) else ""
        name, slash, _ = rest.partition("/")
        for child in self._children(base, max(name + slash, stem)):
            if not child.startswith(stem):
                return
            if child.endswith("/"):
                yield from self._walk(looker, base + child, after)
            elif child > rest and (info := looker.describe(base + child)):
                yield info

    def _children(self, base: str, first: str) -> Iterator[str]:
        """Sorted children that are not smaller than `first`."""
        while True:
            window = self._window(base, first)
            for child in window.children:
                if child >= first:
                    yield child
            if window.complete:
                return
            first = window.children[-1] + "\0"

    def _window(self, base: str, first: str) -> _Window:
        try:
            with self._files.folder(base[:-1]) as folder:
                mtime_ns = os.stat(folder).st_mtime_ns
        except OSError as exc:
            if isinstance(exc, FileNotFoundError) or leads_astray(exc):
                return _Window(0, first, [], complete=True)
            raise folder_error(exc, self._files.given / base) from exc
        with self._lock:
            window = self._windows.get(base)
        if window and window.mtime_ns == mtime_ns and window.reaches(first):
            return window
        now = time.time_ns()
        window = self._read_window(base, first, mtime_ns)
        with self._lock:
            self._windows.pop(base, None)
            # A directory that changed a moment ago may change again without a new time: clocks of files are coarse.
            if now - mtime_ns > _SETTLED_NS:
                self._windows[base] = window
            if len(self._windows) > _WINDOWS_KEPT:
                del self._windows[next(iter(self._windows))]
        return window

    def _read_window(self, base: str, first: str, mtime_ns: int) -> _Window:
        children: list[str] = []
        complete = True
        for child in self._scan(base):
            if child < first:
                continue
            children.append(child)
            if len(children) >= 2 * _WINDOW_SIZE:
                children.sort()
                del children[_WINDOW_SIZE:]
                complete = False
        children.sort()
        complete = complete and len(children) <= _WINDOW_SIZE
        return _Window(mtime_ns, first, children[:_WINDOW_SIZE], complete)

    def _scan(self, base: str) -> Iterator[str]:
        """Children in no order. Linked directories are left out: they could lead in circles."""
        not_utf8: list[str] = []
        try:
            with self._files.scan(base[:-1]) as entries:
                for entry in entries:
                    name = entry.name
                    if not is_unicode(name):
                        not_utf8.append(name)
                    elif not entry.is_dir(follow_symlinks=False):
                        yield name
                    elif name != PRIVATE_FOLDER:
                        yield f"{name}/"
        except OSError as exc:
            if isinstance(exc, FileNotFoundError) or leads_astray(exc):
                return  # it was removed while we were listing
            raise folder_error(exc, self._files.given / base) from exc
        if not_utf8:
            shown = ", ".join(repr(os.fsencode(name)) for name in sorted(not_utf8)[:5])
            raise StorageError(
                f"The folder {str(self._files.given / base)!r} has {len(not_utf8)} names that are not UTF-8: {shown}. "
                "Rename them."
            )

    def _is_folder(self, base: str) -> bool:
        if not base:
            return True
        check_key(base[:-1])
        with self._files.translated(base):
            try:
                with self._files.folder(base[:-1]):
                    return True
            except (FileNotFoundError, NotADirectoryError):
                return False


class _Looker:
    """Looks at one file after the other; the directory of the last one stays open, for the next is often beside it."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._base: str | None = None
        self._folder: Folder = ""
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> _Looker:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def describe(self, key: str) -> ObjectInfo | None:
        """None for what is no file, or leads out of the root, or is gone."""
        base = _folder_of(key)
        try:
            if base != self._base:
                self._base = None
                self._stack.close()
                self._folder = self._stack.enter_context(self._files.folder(base[:-1]))
                self._base = base
            entry = entry_of(self._folder, key[len(base) :])
            status = os.stat(entry.name, dir_fd=entry.folder, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                return self._files.head(key)
        except (OSError, StorageError):
            return None
        return file_info(key, status) if stat.S_ISREG(status.st_mode) else None


def _folder_of(prefix: str) -> str:
    return prefix[: prefix.rfind("/") + 1]
