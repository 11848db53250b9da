"""What type checkers make of the facade: mypy checks this file, and an `ignore` that is not needed is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typing_extensions import assert_type

from tensorbay.client.lazy import PagingList
from tests.client.sample_core.values import Blob, Receipt
from tests.client.sample_facade.library import Library
from tests.client.sample_facade.shelf import AnyShelf, Shelf

if TYPE_CHECKING:
    from tensorbay.client import GAS
    from tensorbay.client.cloud_storage import CloudClient
    from tensorbay.client.dataset import DatasetClient, FusionDatasetClient
    from tensorbay.client.segment import SegmentClient
    from tensorbay.client.struct import Branch, StorageConfig
    from tensorbay.dataset import AuthData, Frame, RemoteData

    def of_the_real_facade(gas: GAS) -> None:
        with gas as entered:
            assert_type(entered, GAS)
        assert_type(gas.list_dataset_names(), PagingList[str])
        assert_type(gas.get_auth_storage_config("config"), StorageConfig)
        assert_type(gas.get_cloud_client("config"), CloudClient)
        assert_type(gas.get_cloud_client("config").list_auth_data("prefix/"), PagingList[AuthData])
        dataset = gas.get_dataset("name")
        assert_type(dataset, DatasetClient)
        assert_type(dataset.list_branches()[0], Branch)
        assert_type(dataset.get_segment(), SegmentClient)
        assert_type(dataset.get_segment().list_data()[:2], PagingList[RemoteData])
        assert_type(gas.get_dataset("name", True), FusionDatasetClient)
        assert_type(gas.create_dataset("name", is_fusion=True).get_segment().list_frames()[0], Frame)
        gas.get_dataset(1)  # type: ignore[call-overload]
        gas.get_daatset("name")  # type: ignore[attr-defined]


def test_results() -> None:
    library = assert_type(Library(10, page_size=2), Library)
    with library as entered:
        assert_type(entered, Library)
    shelf = assert_type(library.get_shelf(), Shelf)
    assert_type(library.find_shelf("x"), AnyShelf)
    assert_type(shelf.name, str)
    assert_type(shelf.list_books(), PagingList[str])
    assert_type(shelf.list_books()[0], str)
    assert_type(shelf.list_blobs()[1:], PagingList[Blob])
    assert_type(shelf.put("a"), Receipt)
    assert_type(shelf.put(["a"]), list[Receipt])
    assert_type(shelf.move("title", others=[shelf]), tuple[Shelf, ...])
    assert_type(Library.connect(1), Library)


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError):
        Library(page_size="2", bookz=1)  # type: ignore[call-arg, arg-type]
    shelf = Library().get_shelf()
    shelf.move("title", strategy="other")  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        shelf.name = "x"  # type: ignore[misc]
