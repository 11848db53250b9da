"""Listings of a server that sorts keys by their UTF-16, of more keys than an emulator is given in a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

import pytest

from tensorbay.storage import ObjectInfo
from tensorbay.storage._listing import FlatListing
from tensorbay.storage._utf16 import utf16

NOW = datetime.now(timezone.utc)
MANY = [f"📷/{number:05}" for number in range(5000)]


class Container:
    """As obstore shows one of Azure, which begins with the offset itself."""

    def __init__(self, *keys: str) -> None:
        self._keys = sorted(keys, key=utf16)
        self.chunks = 0

    async def list(self, prefix: str | None, *, offset: str | None, chunk_size: int) -> AsyncIterator[list[Any]]:
        folder = f"{prefix}/" if prefix else ""
        keys = [key for key in self._keys if key.startswith(folder) and utf16(key) >= utf16(offset or "")]
        for start in range(0, len(keys), chunk_size):
            self.chunks += 1
            yield [
                {"path": key, "size": 1, "e_tag": "1", "last_modified": NOW, "version": None}
                for key in keys[start : start + chunk_size]
            ]


async def page(container: Container, prefix: str = "", after: str = "", limit: int = 1000) -> list[str]:
    async def head(_: str) -> ObjectInfo:
        raise AssertionError

    listing = FlatListing(container, head, may_sort_utf16=True)  # type: ignore[arg-type]
    return [info.path for info in await listing.page(prefix, after, limit)]


@pytest.mark.parametrize(("prefix", "chunks"), [("", 3), ("📷", 2), ("📷/", 2), ("📷/0", 2)])
async def test_a_page_of_a_large_folder_does_not_wait_for_its_end(prefix: str, chunks: int) -> None:
    container = Container("a", *MANY)
    wanted = [key for key in ("a", *MANY) if key.startswith(prefix)]
    assert await page(container, prefix) == wanted[:1000]
    assert container.chunks <= chunks
    container.chunks = 0
    assert await page(container, prefix, after=MANY[999]) == MANY[1000:2000]
    assert container.chunks <= chunks


async def test_what_may_have_to_go_before_it_is_waited_for() -> None:
    container = Container("a", *MANY, "\uff081", "\uff082/📷", "\uff082/\uff08")
    keys: list[str] = []
    while found := await page(container, after=keys[-1] if keys else "", limit=700):
        keys += found
    assert keys == ["a", "\uff081", "\uff082/\uff08", "\uff082/📷", *MANY]
