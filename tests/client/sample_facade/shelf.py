# Generated from tests.client.sample_core.shelf by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal, overload

from tensorbay.client._facade import Facade
from tensorbay.client.lazy import PagingList
from tests.client.sample_core.shelf import LIMIT, AsyncNamed, AsyncShelf
from tests.client.sample_facade.values import Blob, Receipt

if TYPE_CHECKING:
    from tests.client.sample_facade.library import Library

__all__ = ["LIMIT", "AnyShelf", "Named", "Shelf"]


class Named(Facade, core=AsyncNamed):
    """Mixin with a name."""

    _core: AsyncNamed

    @property
    def name(self) -> str:
        """The name it was made with."""
        return self._core.name

    def rename(self, name: str) -> None:
        self._call(self._core.rename, name)


class Shelf(Named, core=AsyncShelf):
    """Books on a shelf.

    `Shelf` objects come from `Library.get_shelf`.
    """

    _core: AsyncShelf
    kind: ClassVar[str] = AsyncShelf.kind

    @property
    def label(self) -> str | None:
        return self._core.label

    @property
    def note(self) -> str:
        return self._core.note

    @note.setter
    def note(self, note: str) -> None:
        self._core.note = note

    def list_books(self, prefix: str = "", /) -> PagingList[str]:
        """The titles that begin with `prefix`."""
        return self._get(self._core.list_books, prefix)

    def list_blobs(self) -> PagingList[Blob]:
        return self._get(self._core.list_blobs)

    def get_blob(self, path: str) -> Blob:
        return self._call(self._core.get_blob, path)

    @overload
    def put(self, title: str) -> Receipt: ...
    @overload
    def put(self, title: list[str], *, quiet: bool = ...) -> list[Receipt]: ...
    @overload
    def put(self, title: str | list[str], *, quiet: bool = ...) -> Receipt | list[Receipt]: ...
    def put(self, title: str | list[str], *, quiet: bool = False) -> Receipt | list[Receipt]:
        """Put one book or many; `await` it twice for two copies."""
        return self._call(self._core.put, title, quiet=quiet)

    def move(
        self,
        title: str,
        *more: str,
        source: Shelf | None = None,
        others: Iterable[Shelf] = (),
        strategy: Literal["abort", "override"] = "abort",
        mark: str = 'a "quoted" one',
        **notes: str,
    ) -> tuple[Shelf, ...]:
        """What was involved, this shelf first."""
        return self._call(
            self._core.move, title, *more, source=source, others=others, strategy=strategy, mark=mark, **notes
        )

    def library(self) -> Library:
        return self._get(self._core.library)


AnyShelf = Shelf | None
