from __future__ import annotations

from typing import Any

import pytest

from tensorbay.dataset import Data, Dataset, Frame, FusionDataset
from tensorbay.healthcheck import check_label, healthcheck
from tensorbay.label import (
    AttributeInfo,
    Box2DSubcatalog,
    Catalog,
    Classification,
    Items,
    Keypoints2DSubcatalog,
    Label,
    LabeledBox2D,
    LabeledKeypoints2D,
    SemanticMaskSubcatalog,
)
from tensorbay.label.label_mask import RemoteSemanticMask
from tensorbay.utility import NameList


def _catalog(*infos: AttributeInfo) -> Catalog:
    catalog = Catalog()
    catalog.box2d = Box2DSubcatalog()
    catalog.box2d.add_category("car")
    catalog.box2d.attributes = NameList(infos)
    return catalog


def _dataset(catalog: Catalog, *labels: Label) -> Dataset:
    dataset = Dataset("d")
    dataset.catalog = catalog
    segment = dataset.create_segment("s")
    for index, label in enumerate(labels):
        data = Data(f"{index}.png")
        data.label = label
        segment.append(data)
    return dataset


def test_what_is_empty_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert not healthcheck(Dataset("d"))
    line = "-" * 43
    assert capsys.readouterr().out.startswith(
        f"{line}\nBasic checking:\nFAILED\n  Dataset 'd' is empty\n{line}\nSubcatalog checking:\nPASS\n"
    )
    report = healthcheck(_dataset(Catalog()))
    assert [str(error) for error in report.basic_reports] == ["Segment 's' is empty"]


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"type_": "integer"}, []),
        ({"type_": None}, ['"type" field is invalid']),
        ({"type_": [int]}, ['"type" field is invalid']),
        ({"type_": [int, int]}, ['"type" field is invalid']),
        ({"enum": [1]}, ['"enum" field is invalid']),
        ({"enum": [1, 1]}, ['"enum" field is invalid']),
        ({}, ['Neither "type" nor "enum" field exists']),
        ({"type_": int, "enum": [1, 2]}, ['"type" field is redundant when "enum" field exists']),
        ({"type_": str, "minimum": 1}, ['Only "number" and "integer" type supports range']),
        ({"type_": float, "minimum": 1, "maximum": 1}, ["Maximum is not larger than minimum"]),
        ({"type_": float, "maximum": 1}, []),
        ({"type_": int, "parent_categories": ["car", "x"]}, ['parent category "x" is invalid']),
    ],
)
def test_attributes_that_make_no_sense_are_reported(options: dict[str, Any], messages: list[str]) -> None:
    report = healthcheck(_dataset(_catalog(AttributeInfo("a", **options)), Label()))
    found = [str(error) for error in report.subcatalog_reports.get("box2d", ())]
    assert found == [f'AttributeInfo "a": {message}' for message in messages]


@pytest.mark.parametrize(
    ("box", "field", "reason"),
    [
        ({"category": "bus"}, "box2d[0].category", "'bus' is not a category of the catalog"),
        ({"attributes": {"n": 9}}, "box2d[0].attributes.n", "9 is more than 5"),
        ({"attributes": {"n": "x"}}, "box2d[0].attributes.n", "'x' is not of type integer"),
        ({"attributes": {"n": True}}, "box2d[0].attributes.n", "True is not of type integer"),
        ({"attributes": {"e": 3}}, "box2d[0].attributes.e", "3 is not one of [1, 2]"),
        ({"attributes": {"l": ["a", 1]}}, "box2d[0].attributes.l[1]", "1 is not of type string"),
        ({"attributes": {"z": 1}}, "box2d[0].attributes.z", "the catalog has no such attribute"),
        (
            {"attributes": {"p": True}},
            "box2d[0].attributes.p",
            "category None does not have this attribute, only ['car'] do",
        ),
    ],
)
def test_a_label_that_the_catalog_does_not_allow_is_reported(box: dict[str, Any], field: str, reason: str) -> None:
    catalog = _catalog(
        AttributeInfo("n", type_="integer", minimum=1, maximum=5),
        AttributeInfo("e", enum=[1, 2]),
        AttributeInfo("l", type_="array", items=Items(type_="string")),
        AttributeInfo("p", type_="boolean", parent_categories="car"),
    )
    good, bad = Label(), Label()
    good.box2d = [
        LabeledBox2D(1, 2, 3, 4, category="car", attributes={"n": 1, "e": 2, "l": ["a"], "p": True}),
    ]
    bad.box2d = [LabeledBox2D(1, 2, 3, 4, **box)]
    [error] = healthcheck(_dataset(catalog, good, bad)).label_reports
    assert str(error) == f'Data "1.png" of segment "s": {field}: {reason}'


def test_kinds_masks_and_keypoints() -> None:
    catalog = _catalog()
    catalog.keypoints2d = Keypoints2DSubcatalog()
    catalog.keypoints2d.add_keypoints(2)
    catalog.semantic_mask = SemanticMaskSubcatalog()
    catalog.semantic_mask.add_category("sky", 1)
    label = Label()
    label.classification = Classification("x")
    label.keypoints2d = [LabeledKeypoints2D([(1, 2)])]
    label.semantic_mask = RemoteSemanticMask("a.png")
    label.semantic_mask.all_attributes = {7: {}}
    assert list(check_label(label, catalog)) == [
        ("classification", "the catalog has no such subcatalog"),
        ("keypoints2d[0]", "has 1 keypoints, not 2"),
        ("semantic_mask.info[7]", "7 is not a category id of the catalog"),
    ]


def test_frames_are_checked_too() -> None:
    dataset = FusionDataset("d")
    data = Data("a.png")
    data.label.classification = Classification("x")
    frame = Frame()
    frame["camera"] = data
    dataset.create_segment("s").append(frame)
    assert [str(error) for error in healthcheck(dataset).label_reports] == [
        'Data "a.png" of segment "s": classification: the catalog has no such subcatalog'
    ]
