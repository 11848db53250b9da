from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal, overload

from tensorbay.aio.lazy import AsyncPager
from tests.client.sample_core._store import Store
from tests.client.sample_core.values import Blob, Receipt

if TYPE_CHECKING:
    from tests.client.sample_core.library import AsyncLibrary

__all__ = ["LIMIT", "AnyShelf", "AsyncNamed", "AsyncShelf"]

LIMIT = 3


class AsyncNamed:
    """Mixin with a name."""

    _name: str

    @property
    def name(self) -> str:
        """The name it was made with."""
        return self._name

    async def rename(self, name: str) -> None:
        self._name = name


class AsyncShelf(AsyncNamed):
    """Books on a shelf.

    `AsyncShelf` objects come from `AsyncLibrary.get_shelf`.
    """

    kind: ClassVar[str] = "wooden"
    label: str | None = None

    def __init__(self, name: str, store: Store) -> None:
        self._name = name
        self._store = store

    def __repr__(self) -> str:
        return f"AsyncShelf({self._name!r})"

    @property
    def note(self) -> str:
        return self.label or ""

    @note.setter
    def note(self, note: str) -> None:
        self.label = note

    def list_books(self, prefix: str = "", /) -> AsyncPager[str]:
        """The titles that begin with `prefix`."""
        return self._store.titles(self._name, prefix)

    def list_blobs(self) -> AsyncPager[Blob]:
        return self._store.blobs(self._name)

    async def get_blob(self, path: str) -> Blob:
        return await self._store.blob(path)

    @overload
    async def put(self, title: str) -> Receipt: ...
    @overload
    async def put(self, title: list[str], *, quiet: bool = ...) -> list[Receipt]: ...
    @overload
    async def put(self, title: str | list[str], *, quiet: bool = ...) -> Receipt | list[Receipt]: ...
    async def put(self, title: str | list[str], *, quiet: bool = False) -> Receipt | list[Receipt]:
        """Put one book or many; `await` it twice for two copies."""
        if isinstance(title, str):
            return self._store.put(self._name, title)
        return [self._store.put(self._name, each) for each in title]

    async def move(
        self,
        title: str,
        *more: str,
        source: AsyncShelf | None = None,
        others: Iterable[AsyncShelf] = (),
        strategy: Literal["abort", "override"] = "abort",
        mark: str = 'a "quoted" one',
        **notes: str,
    ) -> tuple[AsyncShelf, ...]:
        """What was involved, this shelf first."""
        return (self, *([source] if source is not None else []), *others)

    def library(self) -> AsyncLibrary:
        return self._store.library


AnyShelf = AsyncShelf | None
