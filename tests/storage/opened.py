"""Which files of folders are still open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.storage import FolderStore, OpenFile

if TYPE_CHECKING:
    import pytest


def keep_opened(monkeypatch: pytest.MonkeyPatch) -> list[OpenFile]:
    """All files that folders open from now on."""
    opened, open_ = [], FolderStore.open

    async def keep(self: FolderStore, path: str, *, if_match: str | None = None) -> OpenFile:
        opened.append(await open_(self, path, if_match=if_match))
        return opened[-1]

    monkeypatch.setattr(FolderStore, "open", keep)
    return opened


def is_closed(file: OpenFile) -> bool:
    """Without a turn of the loop, in which the garbage collector could close it."""
    return file._file.closed
