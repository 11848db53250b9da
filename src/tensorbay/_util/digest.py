from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from pathlib import Path

_BLOCK = 1 << 20


def sha1_of(path: Path) -> tuple[str, int]:
    """SHA-1 in hexadecimal and size in bytes of what the file holds now."""
    digest, size = hashlib.sha1(usedforsecurity=False), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def file_etag(status: os.stat_result) -> str:
    """The etag of a file of a folder, which has none of its own."""
    # Without the inode: a folder that was moved or restored from a backup still holds the same files.
    return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
