"""Files that only their owner may read, and that several processes may want to make at the same moment."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["create_once", "replace"]


def _write_beside(path: Path, content: bytes) -> Path:
    """The whole content in a temporary file next to `path`, mode 0600 from its first moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def create_once(path: Path, content: bytes) -> bytes:
    """What the file holds in the end: `content`, or what another process put there first.

    A hard link either appears with the whole content or fails because the name is taken, so nobody ever reads
    half a key and nobody's key is overwritten.
    """
    temporary = _write_beside(path, content)
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return path.read_bytes()
    else:
        return content
    finally:
        temporary.unlink()


def replace(path: Path, content: bytes) -> None:
    """All of it or nothing, also when the power fails."""
    _write_beside(path, content).replace(path)
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
