from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from typing_extensions import Self

from tensorbay.aio.lazy import AsyncPager
from tests.client.sample_core._store import Store
from tests.client.sample_core.shelf import AnyShelf, AsyncShelf
from tests.client.sample_core.values import DEFAULT_SHELF

__all__ = ["DEFAULT_SHELF", "AsyncLibrary"]


class AsyncLibrary:
    """The way in: `async with AsyncLibrary() as library`."""

    def __init__(self, books: int = 10, *, page_size: int = 4) -> None:
        self._store = Store(self, books, page_size)
        self.page_size = page_size

    @classmethod
    async def connect(cls, books: int) -> Self:
        return cls(books)

    @staticmethod
    def normalize(name: str) -> str:
        return name.strip().lower()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the doors."""
        self._store.is_open = False

    @property
    def is_open(self) -> bool:
        return self._store.is_open

    async def get_shelf(self, name: str = DEFAULT_SHELF) -> AsyncShelf:
        return AsyncShelf(name, self._store)

    async def find_shelf(self, name: str) -> AnyShelf:
        return AsyncShelf(name, self._store) if name else None

    def list_shelves(self) -> AsyncPager[AsyncShelf]:
        """All shelves. Iterate with `async for shelf in library.list_shelves()`."""
        return self._store.shelves().map(lambda name: AsyncShelf(name, self._store))

    async def visit(self, action: Callable[[], None], *, times: int = 1) -> None:
        for _ in range(times):
            action()
