"""What the generated clients do, on the sample core."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

from tensorbay.client._facade import Facade
from tensorbay.client._portal import portal
from tensorbay.client.lazy import PagingList
from tensorbay.dataset import Segment
from tests.client.sample_core.values import Blob, Receipt
from tests.client.sample_facade.library import DEFAULT_SHELF, Library
from tests.client.sample_facade.shelf import LIMIT, Named, Shelf


def test_clients_come_back_as_facades() -> None:
    library = Library()
    shelf = library.get_shelf()
    assert isinstance(shelf, Shelf)
    assert isinstance(shelf, Named)
    assert (shelf.name, shelf.kind, shelf.label) == (DEFAULT_SHELF, "wooden", None)
    assert library.find_shelf("") is None
    assert isinstance(library.find_shelf("x"), Shelf)
    assert isinstance(shelf.library(), Library)


def test_values_are_shared() -> None:
    shelf = Library().get_shelf()
    assert shelf.put("one") == Receipt(11)
    assert shelf.put(["two", "three"]) == [Receipt(12), Receipt(13)]
    assert LIMIT == 3


def test_clients_are_handed_to_the_core_as_its_own() -> None:
    library = Library()
    first, second = library.get_shelf("first"), library.get_shelf("second")
    moved = first.move("title", source=second, others=(shelf for shelf in library.list_shelves()))
    assert [shelf.name for shelf in moved] == ["first", "second", "main", "attic"]
    assert all(isinstance(shelf, Shelf) for shelf in moved)


def test_listings_are_lists() -> None:
    library = Library(books=10)
    titles = library.get_shelf().list_books("book")
    assert isinstance(titles, PagingList)
    assert titles[-1] == "book 9"
    assert [type(shelf) for shelf in library.list_shelves()] == [Shelf, Shelf]


def test_listed_files_open() -> None:
    shelf = Library(books=30).get_shelf()
    assert [blob.open().read().decode() for blob in shelf.list_blobs()] == [f"book {n}" for n in range(30)]
    assert shelf.get_blob("book 3").open().read() == b"book 3"


def test_two_listings_side_by_side() -> None:
    shelf = Library(books=200).get_shelf()
    pairs = zip(shelf.list_blobs(), shelf.list_blobs(), strict=True)
    assert all(left.open().read() == right.open().read() for left, right in pairs)


def test_a_lazy_list_in_a_segment_is_loaded_before_the_core_sees_it() -> None:
    class OnTheLoop:
        async def count(self, segment: Segment) -> int:
            return len(list(segment))

    class Counter(Facade, core=OnTheLoop):
        def count(self, segment: Segment) -> int:
            return self._call(self._core.count, segment)

    class Client:
        def get_segment(self, name: str) -> Any:
            return self

        def list_data(self) -> PagingList[Blob]:
            return Library(books=30).get_shelf().list_blobs()

    counter = Counter.__new__(Counter)
    counter._construct(OnTheLoop)
    assert counter.count(Segment("s", client=Client())) == 30


def test_attributes_can_be_set_where_the_core_has_a_setter() -> None:
    shelf = Library().get_shelf()
    shelf.note = "fragile"
    assert (shelf.note, shelf.label) == ("fragile", "fragile")
    with pytest.raises(AttributeError):
        shelf.label = "x"  # type: ignore[misc]


def test_methods_of_the_class() -> None:
    library = Library.connect(3)
    assert type(library) is Library
    assert len(library.get_shelf().list_books()) == 3
    assert Library.normalize(" A ") == "a"


def test_a_client_closes_with_its_block() -> None:
    with Library() as library:
        assert isinstance(library, Library)
        assert library.is_open
    assert not library.is_open


def test_a_client_closes_when_nothing_of_it_is_left() -> None:
    library = Library(books=2)
    core = library._core
    titles = library.get_shelf().list_blobs()
    del library
    gc.collect()
    portal.run(core.list_shelves().page)
    assert core.is_open
    del titles
    gc.collect()
    portal.run(core.list_shelves().page)
    assert not core.is_open


def test_constructors() -> None:
    assert Library(3, page_size=2).page_size == 2
    with pytest.raises(TypeError, match="Shelf objects are made by the methods of other clients"):
        Shelf("name", object())
    with pytest.raises(TypeError, match="unexpected keyword"):
        Library(wrong=1)  # type: ignore[call-arg]


def test_representation_is_the_core_s_with_the_facade_s_name() -> None:
    library = Library()
    assert repr(library.get_shelf("attic")) == "Shelf('attic')"
    assert repr(library) == "<Library>"


def test_callbacks_run_on_the_loop_thread() -> None:
    threads: list[str] = []
    Library().visit(lambda: threads.append(threading.current_thread().name), times=2)
    assert threads == ["tensorbay-io"] * 2
