"""Directories below a root, opened one by one from it, so that no link leads out whatever is swapped meanwhile.

A path that was judged by its name may lead elsewhere a moment later; an open directory stays what it is. Names are
looked up in open directories, and what turns out to be a link is an error. Hard links cannot be told from files: they
are the file. Where the system has no such calls (Windows), paths are judged and then used: whoever may write below
the root can win that race there.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HAS_DIR_FD = {os.open, os.stat, os.mkdir, os.unlink, os.rename} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")

_DIRECTORY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
# Where it exists, O_PATH asks for no permission to list the directory.
_ROOT_FLAGS = _DIRECTORY | getattr(os, "O_PATH", os.O_RDONLY)
_FOLDER_FLAGS = _ROOT_FLAGS | getattr(os, "O_NOFOLLOW", 0)
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM}

Folder: TypeAlias = "int | str"
"""An open directory, or its path where directories cannot be opened."""


class Entry(NamedTuple):
    """A name in an open directory; without one `name` is a path."""

    folder: int | None
    name: str


def entry_of(folder: Folder, name: str) -> Entry:
    return Entry(folder, name) if isinstance(folder, int) else Entry(None, os.path.join(folder, name))  # noqa: PTH118


def open_beneath(root: str, parts: Sequence[str], *, make: bool = False) -> int:
    """The directory that is `parts` below `root`; NotADirectoryError or ELOOP when one of them is a link."""
    folder = os.open(root, _ROOT_FLAGS)
    for part in parts:
        try:
            deeper = _enter(folder, part, make=make)
        finally:
            os.close(folder)
        folder = deeper
    return folder


def _enter(folder: int, name: str, *, make: bool) -> int:
    try:
        return os.open(name, _FOLDER_FLAGS, dir_fd=folder)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
        sync_folder(folder)
    return os.open(name, _FOLDER_FLAGS, dir_fd=folder)


@contextlib.contextmanager
def readable(folder: Folder) -> Iterator[Folder]:
    """The same directory, opened so that it can be listed and synced."""
    if isinstance(folder, str):
        yield folder
        return
    descriptor = os.open(".", _DIRECTORY | os.O_RDONLY, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_folder(folder: Folder) -> None:
    """Have the names in a directory outlive a power cut, where the file system can."""
    if isinstance(folder, str):
        return
    try:
        with readable(folder) as descriptor:
            os.fsync(descriptor)  # type: ignore[arg-type]  # it is one: `folder` is
    except OSError as exc:
        if exc.errno not in _NO_SYNC:
            raise


def leads_astray(exc: OSError) -> bool:
    """Whether a link, or a file, was where a directory was expected."""
    return isinstance(exc, NotADirectoryError) or exc.errno in (errno.ELOOP, errno.EMLINK)
