# Generated from tests.client.sample_core.library by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from typing_extensions import Self

from tensorbay.client._facade import Facade
from tensorbay.client.lazy import PagingList
from tests.client.sample_core.library import AsyncLibrary
from tests.client.sample_facade.shelf import AnyShelf, Shelf
from tests.client.sample_facade.values import DEFAULT_SHELF

__all__ = ["DEFAULT_SHELF", "Library"]


class Library(Facade, core=AsyncLibrary):
    """The way in: `with Library() as library`."""

    _core: AsyncLibrary

    def __init__(self, books: int = 10, *, page_size: int = 4) -> None:
        self._construct(AsyncLibrary, books, page_size=page_size)

    @property
    def page_size(self) -> int:
        return self._core.page_size

    @classmethod
    def connect(cls, books: int) -> Self:
        return cls._made_by(AsyncLibrary.connect, books)

    @staticmethod
    def normalize(name: str) -> str:
        return AsyncLibrary.normalize(name)

    def __enter__(self) -> Self:
        self._call(self._core.__aenter__)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._call(self._core.__aexit__, exc_type, exc_value, traceback)

    def close(self) -> None:
        """Close the doors."""
        self._call(self._core.aclose)

    @property
    def is_open(self) -> bool:
        return self._core.is_open

    def get_shelf(self, name: str = DEFAULT_SHELF) -> Shelf:
        return self._call(self._core.get_shelf, name)

    def find_shelf(self, name: str) -> AnyShelf:
        return self._call(self._core.find_shelf, name)

    def list_shelves(self) -> PagingList[Shelf]:
        """All shelves. Iterate with `for shelf in library.list_shelves()`."""
        return self._get(self._core.list_shelves)

    def visit(self, action: Callable[[], None], *, times: int = 1) -> None:
        self._call(self._core.visit, action, times=times)
