from __future__ import annotations

import pytest

from tensorbay.dataset import Data
from tensorbay.geometry import RLE
from tensorbay.label import AttributeInfo, Label, LabeledBox2D, LabeledKeypoints2D, LabeledPolygon, Word
from tensorbay.utility import SortedNameList, chunked, repr_config


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
