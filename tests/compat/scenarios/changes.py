"""Data copied and moved, statistics, and what versions changed."""

from __future__ import annotations

from typing import Any

from tensorbay.dataset import Data
from tensorbay.exception import InternalServerError, InvalidParamsError, ResourceNotExistError
from tensorbay.label import Classification, LabeledBox2D
from tests.compat.world import World, refused


def _fill(world: World, segment_client: Any, names: str, content: str) -> None:
    for name in names:
        data = Data(world.file(f"{content}/{name}", f"{content} {name}".encode()))
        data.label.classification = Classification(content)
        segment_client.upload_data(data)


def _content(segment_client: Any) -> dict[str, str]:
    found = {data.path: data.open().read().decode() for data in segment_client.list_data()}
    labels = [data.label.classification.category for data in segment_client.list_data()]
    assert [content.split()[0] for content in found.values()] == labels
    return found


def copy_data(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    one, two = client.create_segment("one"), client.create_segment("two")
    _fill(world, one, "ab", "first")
    one.copy_data("a", "x")
    one.copy_data(["a", "b"], ["c", "d"])
    assert _content(one) == {
        "a": "first a",
        "b": "first b",
        "c": "first a",
        "d": "first b",
        "x": "first a",
    }
    two.copy_data(["a", "b"], source_client=one)
    assert _content(two) == {"a": "first a", "b": "first b"}

    refused(ValueError, two.copy_data, ["a", "b"], ["c"], source_client=one)
    refused(ValueError, two.copy_data, "a", ["c"], source_client=one)
    refused(InvalidParamsError, two.copy_data, "a", "b", strategy="nothing")
    refused(ResourceNotExistError, two.copy_data, "nothing", "b2")
    _fill(world, one, "a", "second")
    refused(InternalServerError, two.copy_data, "a", source_client=one)
    two.copy_data(["a", "c"], source_client=one, strategy="skip")
    assert _content(two) == {"a": "first a", "b": "first b", "c": "first a"}
    two.copy_data("a", source_client=one, strategy="override")
    assert _content(two)["a"] == "second a"


def copy_data_from_elsewhere(world: World) -> None:
    source = world.gas.create_dataset("SOURCE")
    source.create_draft("draft")
    _fill(world, source.create_segment("one"), "ab", "first")
    source.commit("first")
    target = world.gas.create_dataset("TARGET")
    target.create_draft("draft")
    segment = target.create_segment("two")
    segment.copy_data(["a", "b"], ["c", "d"], source_client=source.get_segment("one"))
    target.commit("copied")
    assert _content(target.get_segment("two")) == {"c": "first a", "d": "first b"}
    world.gas.delete_dataset("SOURCE")
    assert _content(target.get_segment("two")) == {"c": "first a", "d": "first b"}


def move_data(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    one, two = client.create_segment("one"), client.create_segment("two")
    _fill(world, one, "abcd", "first")
    one.move_data("a", "x")
    assert sorted(one.list_data_paths()) == ["b", "c", "d", "x"]
    two.move_data(["b", "x"], source_client=one)
    assert _content(two) == {"b": "first b", "x": "first a"}
    assert _content(one) == {"c": "first c", "d": "first d"}
    _fill(world, two, "cd", "second")
    refused(InternalServerError, two.move_data, "c", source_client=one)
    two.move_data("c", source_client=one, strategy="skip")
    two.move_data("d", source_client=one, strategy="override")
    assert _content(two) == {"b": "first b", "c": "second c", "d": "first d", "x": "first a"}
    assert list(one.list_data_paths()) == []
    other = world.gas.create_dataset("OTHER")
    other.create_draft("draft")
    refused(ValueError, other.create_segment().move_data, "b", source_client=two)


def many_data(world: World) -> None:
    """More than one request of 1.x carries."""
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    one = client.create_segment("one")
    names = [f"{number:03}" for number in range(130)]
    one.upload_file(world.file("x", b"x"), names[0])
    one.copy_data([names[0]] * 129, names[1:])
    assert list(one.list_data_paths()) == names
    two = client.create_segment("two")
    two.move_data(names, source_client=one)
    assert list(two.list_data_paths()) == names
    assert len(one.list_data_paths()) == 0


def statistics(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    assert client.get_label_statistics().dumps() == {}
    client.create_draft("draft")
    segment = client.create_segment()
    for number in range(3):
        data = Data(world.file(f"{number}", b"x"))
        data.label.classification = Classification("cat")
        data.label.box2d = [
            LabeledBox2D(1, 2, 3, 4, category="car", attributes={"color": color}) for color in ("red", "blue")[:number]
        ]
        if not data.label.box2d:
            del data.label.box2d
        segment.upload_data(data)
    for _ in range(2):
        statistics = client.get_label_statistics()
        assert sorted(statistics) == ["BOX2D", "CLASSIFICATION"]
        assert statistics["CLASSIFICATION"]["quantity"] == 3
        box2d = statistics["BOX2D"]
        assert box2d["quantity"] == 3
        (category,) = box2d["categories"]
        assert (category["name"], category["quantity"]) == ("car", 3)
        for (attribute,) in (box2d["attributes"], category["attributes"]):
            pairs = sorted(zip(attribute["enum"], attribute["quantities"]))  # noqa: B905
            assert (attribute["name"], pairs) == ("color", [("blue", 1), ("red", 2)])
        if client.status.is_draft:
            client.commit("first")


def diffs(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    client.create_draft("first")
    for name in ("changed", "gone", "same"):
        _fill(world, client.create_segment(name), "abc", "first")
    client.commit("first")
    first = client.status.commit_id
    diff = client.get_diff()
    assert [(segment.name, segment.action, len(segment)) for segment in diff] == [
        *(("changed", "add", 3), ("gone", "add", 3), ("same", "add", 3)),
    ]
    client.create_draft("second")
    client.delete_segment("gone")
    _fill(world, client.create_segment("new"), "x", "first")
    segment = client.get_segment("changed")
    segment.delete_data("a")
    _fill(world, segment, "b", "second")
    label = segment.get_data("c")
    label.label.classification.category = "new"
    segment.upload_label(label)
    _fill(world, segment, "d", "first")

    diff = client.get_diff()
    assert [(segment.name, segment.action) for segment in diff] == [
        *(("changed", "modify"), ("gone", "delete"), ("new", "add")),
    ]
    assert "new" in diff
    assert diff["gone"].action == diff[1].action == "delete"
    changes = {data.remote_path: (data.action, data.file.action, data.label.action) for data in diff["changed"]}
    assert {name: change[0] for name, change in changes.items()} == {
        "a": "delete",
        "b": "modify",
        "c": "modify",
        "d": "add",
    }
    assert changes["b"][1] == "modify"
    assert changes["c"][1] in ("", "unmodify")
    assert changes["c"][2] == "modify"
    number = client.status.draft_number
    client.commit("second")
    assert len(client.get_diff()) == 3
    assert [data.remote_path for data in client.get_diff(head=first)["changed"]] == ["a", "b", "c"]
    client.create_draft("third")
    assert client.status.draft_number != number
    assert len(client.get_diff()) == 0
    assert len(client.get_diff(head=client.status.draft_number)) == 0
