from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tensorbay.dataset import Data, Frame, Segment
from tensorbay.geometry import RLE
from tensorbay.label import AttributeInfo, Label, LabeledBox2D, LabeledKeypoints2D, LabeledPolygon, Word
from tensorbay.utility import ReprMixin, ReprType, SortedNameList, chunked, repr_config


def test_nested_values() -> None:
    data = Data("a.png", timestamp=1)
    data.label.box2d = [LabeledBox2D(1, 2, 3, 4, category="c"), LabeledBox2D(1, 2, 3, 4)]
    data.label.polygon = [LabeledPolygon([(1, 2)])]
    assert repr(data) == (
        'Data("a.png")(\n  (timestamp): 1,\n  (label): Label(\n    (box2d): [\n      LabeledBox2D(1, 2, 3, 4)(...),\n'
        "      LabeledBox2D(1, 2, 3, 4)()\n    ],\n    (polygon): [\n      LabeledPolygon [...]()\n    ]\n  )\n)"
    )
    assert repr(Label()) == "Label()"
    assert repr(LabeledKeypoints2D([(1, 2, 1)])) == "LabeledKeypoints2D [\n  Keypoint2D(1, 2, 1)\n]()"
    assert repr(AttributeInfo("a", type_=[int, None])) == (
        "AttributeInfo(\"a\")(\n  (type): [\n    'integer',\n    'null'\n  ]\n)"
    )


def test_repr_folds_and_str_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    rle = RLE(range(17))
    assert "  13,\n  ... (2 items are folded),\n  16\n]" in repr(rle)
    assert str(rle).count("\n") == 18
    monkeypatch.setattr(repr_config, "maxlist", 5)
    monkeypatch.setattr(repr_config, "indent", 1)
    assert repr(rle) == "RLE [\n 0,\n 1,\n 2,\n ... (13 items are folded),\n 16\n]"


class Listing(ReprMixin, Sequence[int]):
    """Counts what it is asked for, as a remote listing would fetch it."""

    _repr_type = ReprType.SEQUENCE

    def __init__(self, length: int) -> None:
        self.length = length
        self.asked: list[int] = []

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        if index >= self.length:
            raise IndexError
        self.asked.append(index)
        return index


def test_what_is_folded_is_not_asked_for() -> None:
    listing = Listing(1_000_000)
    assert repr(listing).endswith("  13,\n  ... (999985 items are folded),\n  999999\n]")
    assert listing.asked == [*range(14), 999_999]
    segment = Segment()
    segment._items = remote = Listing(100)  # type: ignore[assignment]
    assert "(85 items are folded)" in repr(segment)
    assert len(remote.asked) == 15


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (3, "RLE [\n  0,\n  ... (2 items are folded),\n  3\n]"),
        (2, "RLE [\n  ... (3 items are folded),\n  3\n]"),
        (0, "RLE [\n  ... (3 items are folded),\n  3\n]"),
    ],
)
def test_short_limits(monkeypatch: pytest.MonkeyPatch, limit: int, text: str) -> None:
    monkeypatch.setattr(repr_config, "maxlist", limit)
    assert repr(RLE(range(4))) == text
    assert repr(RLE([])) == "RLE []"


def test_mappings_fold_too() -> None:
    frame = Frame()
    for index in range(17):
        frame[f"{index:02}"] = Data(f"{index}.png")
    assert "... (2 items are folded),\n  '16': Data(\"16.png\")" in repr(frame)


def test_absent_attributes_say_whose_they_are() -> None:
    for value, name, message in (
        (Label(), "box3d", "The 'box3d' label is not provided in this data"),
        (Word("a"), "begin", "'Word' object has no attribute 'begin'"),
    ):
        with pytest.raises(AttributeError, match=message):
            getattr(value, name)


def test_a_deleted_attribute_is_absent() -> None:
    box = LabeledBox2D(1, 2, 3, 4, category="c")
    del box.category
    assert not hasattr(box, "category")
    assert box == LabeledBox2D(1, 2, 3, 4)
    with pytest.raises(AttributeError):
        del box.category


def test_sorted_name_list() -> None:
    names: SortedNameList[AttributeInfo] = SortedNameList()
    for name in "cab":
        names.add(AttributeInfo(name))
    assert names.keys() == ("a", "b", "c")
    assert [info.name for info in names[1:9]] == ["b", "c"]
    del names["b"]
    assert "b" not in names
    assert 3 not in names
    with pytest.raises(KeyError, match="b"):
        names["b"]
    with pytest.raises(IndexError):
        names[7]


def test_chunked() -> None:
    assert list(chunked(range(5), 2)) == [(0, 1), (2, 3), (4,)]
