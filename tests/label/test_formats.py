from __future__ import annotations

import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from tensorbay.exception import LabelFormatError
from tensorbay.geometry import RLE, Box2D
from tensorbay.label import Classification, Label, LabeledBox2D, LabeledPolygon
from tensorbay.label.formats import (
    LabelledFile,
    dump_voc,
    dump_yolo,
    load_voc,
    load_yolo,
    read_coco,
    read_coco_categories,
    read_csv,
    read_jsonl,
    write_coco,
    write_csv,
    write_jsonl,
)

# Annotations as the COCO 2017 files have them: a segmented person with keypoints, a crowd, a detection alone.
_PERSON: dict[str, Any] = {
    "id": 1,
    "image_id": 30,
    "category_id": 1,
    "bbox": [10.5, 20.0, 30.0, 40.0],
    "area": 1200.0,
    "iscrowd": 0,
    "segmentation": [[10.5, 20.0, 40.5, 20.0, 40.5, 60.0, 10.5, 60.0]],
    "keypoints": [15, 25, 2, 0, 0, 0],
    "num_keypoints": 1,
}
_CROWD_MASK = [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
_DETECTION: dict[str, Any] = {"id": 3, "image_id": 4, "category_id": 18, "bbox": [0, 0, 0, 5], "iscrowd": 0}


def _crowd(counts: Any) -> dict[str, Any]:
    return {
        "id": 2,
        "image_id": 30,
        "category_id": 1,
        "bbox": [1, 0, 2, 2],
        "area": 4,
        "iscrowd": 1,
        "segmentation": {"size": [3, 4], "counts": counts},
    }


def _coco_file(path: Path, annotations: list[dict[str, Any]]) -> Path:
    document = {
        "annotations": annotations,  # before the images they belong to
        "info": {"year": 2017},
        "images": [
            {"id": 30, "file_name": "b.jpg", "width": 640, "height": 480},
            {"id": 4, "file_name": "a.jpg", "width": 100, "height": 50},
        ],
        "categories": [
            {"id": 1, "name": "person", "keypoints": ["nose", "eye"], "skeleton": [[1, 2]]},
            {"id": 18, "name": "dog"},
        ],
    }
    path.write_text(json.dumps(document))
    return path


def _encoded() -> Any:
    import numpy as np

    return coco_mask.encode(np.asfortranarray(_CROWD_MASK, dtype=np.uint8))["counts"].decode()


def test_coco_becomes_labels(tmp_path: Path) -> None:
    path = _coco_file(tmp_path / "coco.json", [_DETECTION, _crowd(_encoded()), _PERSON])
    first, second = read_coco(path)
    assert (first.path, first.width, first.height) == ("a.jpg", 100, 50)
    assert first.label.box2d[0].category == "dog"
    assert list(first.label.box2d[0]) == [0, 0, 0, 5]
    assert second.path == "b.jpg"
    assert second.label.rle[0].attributes == {"iscrowd": True}
    assert second.label.multi_polygon[0].bounds() == Box2D(10.5, 20, 40.5, 60)
    assert [point.v for point in second.label.keypoints2d[0]] == [2, 0]
    assert read_coco_categories(path)[0].skeleton == ((0, 1),)


def test_coco_run_lengths_are_those_of_the_reference_tool(tmp_path: Path) -> None:
    path = _coco_file(tmp_path / "coco.json", [_crowd(_encoded())])
    label = list(read_coco(path))[1].label
    assert RLE(label.rle[0]) == RLE([3, 2, 1, 2, 4])
    rng = random.Random(5)
    import numpy as np

    for _ in range(10):
        mask = np.array([[rng.random() < 0.4 for _ in range(40)] for _ in range(70)], dtype=np.uint8)
        counts = coco_mask.encode(np.asfortranarray(mask))["counts"].decode()
        [*_, file] = read_coco(_coco_file(tmp_path / "one.json", [_crowd(counts)]))
        ours = coco_mask.frPyObjects({"counts": list(file.label.rle[0]), "size": [70, 40]}, 70, 40)
        assert ours["counts"].decode() == counts


def test_written_coco_is_what_the_reference_tool_reads(tmp_path: Path) -> None:
    source = _coco_file(tmp_path / "coco.json", [_DETECTION, _crowd([3, 2, 1, 2, 4]), _PERSON])
    target = tmp_path / "out.json"
    files = list(read_coco(source))
    write_coco(target, files, categories=read_coco_categories(source))

    reference, original = COCO(str(target)), COCO(str(source))
    assert {image["file_name"] for image in reference.loadImgs(reference.getImgIds())} == {"a.jpg", "b.jpg"}
    assert reference.cats == original.cats
    theirs = [reference.anns[i] for i in sorted(reference.anns)]
    assert [item["category_id"] for item in theirs] == [18, 1, 1]
    person = next(item for item in theirs if "keypoints" in item)
    for key in ("bbox", "segmentation", "keypoints", "num_keypoints", "area", "iscrowd"):
        assert person[key] == _PERSON[key], key
    crowd = next(item for item in theirs if item["iscrowd"])
    assert coco_mask.area(reference.annToRLE(crowd)) == 4
    assert next(read_coco(target)).label.dumps() == _renumbered(files[0], "1")


def _renumbered(file: LabelledFile, instance: str) -> dict[str, Any]:
    contents = file.label.dumps()
    contents["BOX2D"][0]["instance"] = instance
    return dict(contents)


def test_memory_of_reading_coco_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.json"
        annotations = [{**_PERSON, "id": i, "image_id": i % count} for i in range(2 * count)]
        images = [{"id": i, "file_name": f"{i}.jpg", "width": 9, "height": 9} for i in range(count)]
        categories = [{"id": 1, "name": "person"}]
        path.write_text(json.dumps({"images": images, "categories": categories, "annotations": annotations}))
        del annotations, images
        tracemalloc.start()
        assert sum(len(file.label.box2d) for file in read_coco(path)) == 2 * count
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    peak(100)  # what is made once, as caches are
    assert peak(1600) < 1.5 * peak(400)


@pytest.mark.parametrize(
    ("annotation", "path"),
    [
        ({**_DETECTION, "category_id": 99}, "annotation 3"),
        ({**_DETECTION, "bbox": [1, 2]}, "annotation 3"),
        ({"id": 3}, "annotations[0]"),
    ],
)
def test_bad_coco_annotation_is_named(tmp_path: Path, annotation: dict[str, Any], path: str) -> None:
    with pytest.raises(LabelFormatError) as caught:
        list(read_coco(_coco_file(tmp_path / "coco.json", [annotation])))
    assert caught.value.path == path


def test_coco_that_ends_early_is_an_error(tmp_path: Path) -> None:
    path = _coco_file(tmp_path / "coco.json", [_PERSON])
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(LabelFormatError, match="not JSON"):
        list(read_coco(path))


def test_yolo_round_trip() -> None:
    label = Label()
    label.box2d = [LabeledBox2D(10, 20, 30, 60, category="cat")]
    label.polygon = [LabeledPolygon([(0, 0), (50, 0), (50, 100)], category="dog")]
    text = dump_yolo(LabelledFile("a.png", label, 100, 200), categories=["dog", "cat"])
    assert text == "1 0.2 0.2 0.2 0.2\n0 0.0 0.0 0.5 0.0 0.5 0.5\n"
    again = load_yolo(text, categories=["dog", "cat"], width=100, height=200)
    assert list(again.box2d[0]) == pytest.approx([10, 20, 30, 60])
    assert again.polygon == label.polygon


@pytest.mark.parametrize("line", ["7 0 0 1 1", "-1 0 0 1 1", "0 0 0 1", "0 a 0 1 1", "x"])
def test_bad_yolo_line_is_named(line: str) -> None:
    with pytest.raises(LabelFormatError) as caught:
        load_yolo(f"\n{line}\n", categories=["cat"], width=1, height=1)
    assert caught.value.path == "line 2"


# As in VOC2012/Annotations, without the parts that are not read.
_VOC = b"""<annotation>
  <folder>VOC2012</folder>
  <filename>2007_000027.jpg</filename>
  <size><width>486</width><height>500</height><depth>3</depth></size>
  <object>
    <name>person</name><pose>Unspecified</pose><truncated>0</truncated><difficult>1</difficult>
    <bndbox><xmin>174</xmin><ymin>101</ymin><xmax>349</xmax><ymax>351.5</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>169</xmin><ymin>104</ymin><xmax>209</xmax><ymax>146</ymax></bndbox></part>
  </object>
</annotation>"""


def test_voc_round_trip() -> None:
    file = load_voc(_VOC)
    assert (file.path, file.width, file.height) == ("2007_000027.jpg", 486, 500)
    assert file.label.box2d == [
        LabeledBox2D(
            174,
            101,
            349,
            351.5,
            category="person",
            attributes={"pose": "Unspecified", "truncated": False, "difficult": True},
        )
    ]
    assert load_voc(dump_voc(file)) == file


@pytest.mark.parametrize(
    "text",
    [
        b"<annotation>",
        b"<annotation><object><bndbox><xmin>1</xmin></bndbox></object></annotation>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><annotation/>',
    ],
)
def test_bad_voc_is_refused(text: bytes) -> None:
    with pytest.raises(LabelFormatError):
        load_voc(text)


def test_jsonl_round_trip(tmp_path: Path) -> None:
    label = Label()
    label.classification = Classification("cat", {"k": 1})
    files = [LabelledFile("a.png", label, 3, 4), LabelledFile("b.png", Label())]
    write_jsonl(tmp_path / "x.jsonl", files)
    assert list(read_jsonl(tmp_path / "x.jsonl")) == files


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"path": "a", "label": {"BOX2D": 1}}', '{"label": {}}'])
def test_bad_jsonl_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "x.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(LabelFormatError) as caught:
        list(read_jsonl(tmp_path / "x.jsonl"))
    assert caught.value.path == "line 2"


def test_csv_round_trip(tmp_path: Path) -> None:
    label = Label()
    label.classification = Classification("cat", {"colour": "red, or so"})
    files = [LabelledFile("a,b.png", label), LabelledFile("c.png", Label())]
    write_csv(tmp_path / "x.csv", files, attributes=["colour"])
    assert list(read_csv(tmp_path / "x.csv")) == files


def test_csv_without_paths_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("file,category\na,b\n")
    with pytest.raises(LabelFormatError, match="no column 'path'"):
        list(read_csv(tmp_path / "x.csv"))
