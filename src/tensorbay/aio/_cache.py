"""Where the files of a dataset are kept that were opened once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tensorbay.aio.status import Status


class Cache:
    """Off until `enable` is called. Shared by a dataset client and its segments.

    Only commits are cached: the files of a draft may change.
    """

    def __init__(self, dataset_id: str) -> None:
        self._dataset_id = dataset_id
        self._root: Path | None = None

    def enable(self, path: str | Path) -> Path:
        """Make the folder and name it. Blocks."""
        parent = Path(path).expanduser().absolute() if str(path) else Path(tempfile.gettempdir(), "tensorbay")
        root = parent / self._dataset_id
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        return root

    def is_on(self, status: Status) -> bool:
        return self._root is not None and not status.is_draft

    def folder(self, status: Status, segment: str) -> str:
        """The folder for the files of a segment in the current version; empty when nothing is cached."""
        if self._root is None or status.commit_id is None:
            return ""
        return str(self._root / status.commit_id / as_folder(segment))


def missing_space(folder: Path, size: int) -> int | None:
    """The bytes that are left on the device of `folder`, if those are fewer than `size`. Blocks."""
    free = shutil.disk_usage(folder).free
    return free if free < size else None


def as_folder(name: str) -> str:
    """Whatever it is called, one folder."""
    folder = name.replace("/", "_").replace("\\", "_")
    return f"_{folder}" if folder in {"", ".", ".."} else folder
