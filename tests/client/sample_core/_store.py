"""What the sample keeps in memory instead of asking a server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import anyio.lowlevel

from tensorbay.aio.lazy import AsyncPager
from tests.client.pagers import Listing
from tests.client.sample_core.values import Blob, Receipt

if TYPE_CHECKING:
    from tests.client.sample_core.library import AsyncLibrary


class Store:
    def __init__(self, library: AsyncLibrary, books: int, page_size: int) -> None:
        self.library = library
        self.is_open = True
        self.reader = BlobReader()
        self._page_size = page_size
        self._titles = [f"book {number}" for number in range(books)]

    def titles(self, shelf: str, prefix: str) -> AsyncPager[str]:
        found = [title for title in self._titles if title.startswith(prefix)]
        return Listing(found, page_size=self._page_size).pager()

    def shelves(self) -> AsyncPager[str]:
        return Listing(["main", "attic"], page_size=self._page_size, by_offset=False).pager()

    def blobs(self, shelf: str) -> AsyncPager[Blob]:
        pager = Listing(self._titles, page_size=self._page_size, by_offset=False).pager()
        return pager.map(self._blob)

    async def blob(self, path: str) -> Blob:
        return self._blob(path)

    def put(self, shelf: str, title: str) -> Receipt:
        self._titles.append(title)
        return Receipt(len(self._titles))

    def _blob(self, path: str) -> Blob:
        return Blob(path, len(path), self.reader)


class BlobReader:
    """Serves the path of a file as its content, and counts."""

    def __init__(self) -> None:
        self.reads: list[str] = []
        self.failures: dict[str, Exception] = {}
        self.running = 0
        self.most_running = 0
        self.gate: anyio.Event | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return BlobReader, ()

    async def prepare(self, data: Blob) -> None:
        await anyio.lowlevel.checkpoint()

    async def read(self, data: Blob) -> bytes:
        self.reads.append(data.path)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await anyio.lowlevel.checkpoint()
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.running -= 1
        if (failure := self.failures.get(data.path)) is not None:
            raise failure
        return data.path.encode()

    async def stream(self, data: Blob) -> AsyncGenerator[bytes]:
        content = await self.read(data)
        for start in range(0, len(content), 2):
            await anyio.lowlevel.checkpoint()
            yield content[start : start + 2]
        if data.path.endswith("broken"):
            raise ConnectionError("lost in the middle")

    async def get_url(self, data: Blob) -> str:
        await anyio.lowlevel.checkpoint()
        return f"memory://{data.path}"
