"""Objects in buckets and folders: list, read, write, copy, delete, sign, check."""

from __future__ import annotations

from typing import TypeAlias

from tensorbay.storage._folder import FolderStore
from tensorbay.storage._key import check_key, check_s3_key
from tensorbay.storage._store import FolderOptions, Level, ObjectInfo, S3Options, Store, covers

__all__ = [
    "FolderOptions",
    "Level",
    "ObjectInfo",
    "Options",
    "S3Options",
    "Store",
    "check_key",
    "check_s3_key",
    "covers",
    "open_store",
]

Options: TypeAlias = "S3Options | FolderOptions"


def open_store(options: Options) -> Store:
    """The store that `options` describe. Nothing is contacted yet: `check()` does that."""
    if isinstance(options, FolderOptions):
        return FolderStore(options)
    # obstore takes 20 ms to load, which a process that only reads folders need not spend.
    from tensorbay.storage._s3 import S3Store

    return S3Store(options)
