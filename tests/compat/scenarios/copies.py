"""Segments copied and moved."""

from __future__ import annotations

from typing import Any

from tensorbay.dataset import Data
from tensorbay.exception import InternalServerError, InvalidParamsError, ResourceNotExistError, StatusError
from tensorbay.label import Classification
from tests.compat.world import World, refused


def _filled(world: World, segment_client: Any, names: str, category: str) -> None:
    for name in names:
        data = Data(world.file(f"{category}/{name}", f"{category} {name}".encode()), timestamp=1)
        data.label.classification = Classification(category)
        segment_client.upload_data(data)


def _content(segment_client: Any) -> dict[str, tuple[str, bytes]]:
    return {data.path: (data.label.classification.category, data.open().read()) for data in segment_client.list_data()}


def copy_segment(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    refused(StatusError, client.copy_segment, "one", "two")
    client.create_draft("draft")
    one = client.create_segment("one")
    _filled(world, one, "abc", "first")
    content = {name: ("first", f"first {name}".encode()) for name in "abc"}
    two = client.copy_segment("one", "two")
    assert two.name == "two"
    assert _content(two) == _content(one) == content
    assert two.get_data("a").timestamp == 1
    two.delete_data("a")
    assert _content(one) == content

    refused(InternalServerError, client.copy_segment, "one", "two")
    refused(InvalidParamsError, client.copy_segment, "one", "two", strategy="nothing")
    refused(ValueError, client.copy_segment, "one")
    refused(ResourceNotExistError, client.copy_segment, "nothing", "three")
    assert sorted(_content(client.copy_segment("one", "two", strategy="skip"))) == ["b", "c"]
    _filled(world, two, "x", "second")
    assert _content(client.copy_segment("one", "two", strategy="override")) == content


def copy_segment_from_elsewhere(world: World) -> None:
    source = world.gas.create_dataset("SOURCE")
    source.create_draft("draft")
    _filled(world, source.create_segment("one"), "ab", "first")
    source.commit("first")
    target = world.gas.create_dataset("TARGET")
    target.create_draft("draft")
    copied = target.copy_segment("one", source_client=source)
    assert sorted(_content(copied)) == ["a", "b"]
    source.create_draft("second")
    _filled(world, source.get_segment("one"), "c", "first")
    copied = target.copy_segment("one", "from a draft", source_client=source)
    assert sorted(_content(copied)) == ["a", "b", "c"]
    target.commit("both")
    assert sorted(target.list_segment_names()) == ["from a draft", "one"]


def move_segment(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    _filled(world, client.create_segment("one"), "ab", "first")
    moved = client.move_segment("one", "two")
    assert sorted(_content(moved)) == ["a", "b"]
    assert list(client.list_segment_names()) == ["two"]
    refused(ResourceNotExistError, client.move_segment, "one", "three")
    _filled(world, client.create_segment("one"), "c", "first")
    refused(InternalServerError, client.move_segment, "one", "two")
    assert sorted(client.list_segment_names()) == ["one", "two"]
    assert sorted(_content(client.move_segment("one", "two", strategy="skip"))) == ["a", "b"]
    assert list(client.list_segment_names()) == ["two"]
    _filled(world, client.create_segment("one"), "c", "first")
    assert sorted(_content(client.move_segment("one", "two", strategy="override"))) == ["c"]
