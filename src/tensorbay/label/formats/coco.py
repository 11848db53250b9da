"""COCO: one JSON file for a whole dataset, with images, categories and annotations in any order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec

from tensorbay._util.codec import MALFORMED, reject
from tensorbay.exception import LabelFormatError
from tensorbay.label.formats._common import LabelledFile, Path, category_number, size_of
from tensorbay.label.label import Label
from tensorbay.label.label_box import LabeledBox2D
from tensorbay.label.label_keypoints import LabeledKeypoints2D
from tensorbay.label.label_polygon import LabeledMultiPolygon, LabeledRLE

__all__ = ["CocoCategory", "read_coco", "read_coco_categories", "write_coco"]

_BATCH = 1000
_TABLES = """
CREATE TABLE image (id PRIMARY KEY, body BLOB) WITHOUT ROWID;
CREATE TABLE annotation (image_id, body BLOB);
"""


class CocoCategory(NamedTuple):
    id: int
    name: str
    keypoints: tuple[str, ...] = ()
    skeleton: tuple[tuple[int, int], ...] = ()


def read_coco_categories(path: Path) -> list[CocoCategory]:
    return [
        CocoCategory(
            _get(item, "id", f"categories[{index}]"),
            _get(item, "name", f"categories[{index}]"),
            tuple(item.get("keypoints", ())),
            # COCO counts keypoints from 1.
            tuple((first - 1, second - 1) for first, second in item.get("skeleton", ())),
        )
        for index, item in enumerate(_items(path, "categories"))
    ]


def read_coco(path: Path) -> Iterator[LabelledFile]:
    """Every image with its boxes, polygons, RLE masks and keypoints, in the order of the images' ids.

    The file is streamed. What has to wait for its image waits in a temporary database on disk, so memory stays
    bounded whatever the order of the file. Each annotation becomes up to three labels of the same `instance`.
    """
    names = {category.id: category.name for category in read_coco_categories(path)}
    with TemporaryDirectory() as folder, closing(sqlite3.connect(FilePath(folder) / "coco.sqlite")) as database:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        _spill(database, "INSERT OR REPLACE INTO image VALUES (?, ?)", _items(path, "images"), "images", "id")
        annotations = _items(path, "annotations")
        _spill(database, "INSERT INTO annotation VALUES (?, ?)", annotations, "annotations", "image_id")
        database.execute("CREATE INDEX by_image ON annotation (image_id)")
        for image_id, body in database.execute("SELECT id, body FROM image ORDER BY id"):
            image = msgspec.json.decode(body)
            rows = database.execute("SELECT body FROM annotation WHERE image_id = ? ORDER BY rowid", (image_id,))
            label = _label((msgspec.json.decode(row[0]) for row in rows), names)
            yield LabelledFile(
                _get(image, "file_name", f"image {image_id}"), label, image.get("width", 0), image.get("height", 0)
            )


def _items(path: Path, member: str) -> Iterator[dict[str, Any]]:
    # Imported here: only who reads COCO needs it.
    import ijson  # type: ignore[import-untyped]

    with FilePath(path).open("rb") as file:
        try:
            yield from ijson.items(file, f"{member}.item", use_float=True)
        except ijson.JSONError as error:
            raise LabelFormatError(f"not JSON: {error}", path=member) from error


def _spill(
    database: sqlite3.Connection, statement: str, items: Iterable[dict[str, Any]], member: str, key: str
) -> None:
    batch = []
    for index, item in enumerate(items):
        batch.append((_get(item, key, f"{member}[{index}]"), msgspec.json.encode(item)))
        if len(batch) == _BATCH:
            database.executemany(statement, batch)
            batch.clear()
    database.executemany(statement, batch)


def _get(item: Any, key: str, path: str) -> Any:
    try:
        return item[key]
    except (KeyError, TypeError) as error:
        raise LabelFormatError(f"{key!r} is missing", path=path) from error


def _label(annotations: Iterable[dict[str, Any]], names: dict[int, str]) -> Label:
    found: dict[str, list[Any]] = {}
    for item in annotations:
        path = f"annotation {item.get('id')}"
        try:
            for name, element in _elements(item, names):
                found.setdefault(name, []).append(element)
        except MALFORMED as error:
            reject(error, path)
    label = Label()
    for name, elements in found.items():
        setattr(label, name, elements)
    return label


def _elements(item: dict[str, Any], names: dict[int, str]) -> Iterator[tuple[str, Any]]:
    common: dict[str, Any] = {"category": names[item["category_id"]], "instance": str(item["id"])}
    if item.get("iscrowd"):
        common["attributes"] = {"iscrowd": True}
    if bbox := item.get("bbox"):
        x, y, width, height = bbox
        corners = {"xmin": x, "ymin": y, "xmax": x + width, "ymax": y + height}
        # Past the constructor, which takes a box without extent for no box at all.
        yield "box2d", LabeledBox2D.loads({"box2d": corners, **common})
    segmentation = item.get("segmentation")
    if isinstance(segmentation, dict):
        yield "rle", LabeledRLE(_counts(segmentation["counts"]), **common)
    elif segmentation:
        polygons = [list(zip(part[::2], part[1::2], strict=True)) for part in segmentation]
        yield "multi_polygon", LabeledMultiPolygon(polygons, **common)
    if keypoints := item.get("keypoints"):
        points = zip(keypoints[::3], keypoints[1::3], keypoints[2::3], strict=True)
        yield "keypoints2d", LabeledKeypoints2D(points, **common)


def _counts(counts: str | list[int]) -> list[int]:
    """Run lengths. As text: five bits a character, and from the third on relative to the one two back."""
    if not isinstance(counts, str):
        return counts
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = ord(character) - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs


def write_coco(path: Path, files: Iterable[LabelledFile], *, categories: Iterable[CocoCategory]) -> None:
    """Labels that share an `instance` become one annotation. Files are numbered from 1 in their order.

    Streams: annotations wait in a temporary file, since the images come first.
    """
    categories = list(categories)
    numbers = {category.name: category.id for category in categories}
    target = FilePath(path)
    waiting = target.with_name(f".{target.name}.annotations")
    try:
        with target.open("wb") as output, waiting.open("wb") as aside:
            output.write(b'{"images":[')
            count = 0
            for image_id, file in enumerate(files, 1):
                width, height = size_of(file)
                image = {"id": image_id, "file_name": file.path, "width": width, "height": height}
                output.write((b",\n" if image_id > 1 else b"\n") + msgspec.json.encode(image))
                for item in _annotations(file, image_id, numbers):
                    count += 1
                    aside.write((b",\n" if count > 1 else b"\n") + msgspec.json.encode({"id": count, **item}))
            output.write(b'],\n"categories":' + msgspec.json.encode([_category(c) for c in categories]))
            output.write(b',\n"annotations":[')
            aside.close()
            with waiting.open("rb") as annotations:
                while block := annotations.read(1 << 20):
                    output.write(block)
            output.write(b"]}\n")
    finally:
        waiting.unlink(missing_ok=True)


def _category(category: CocoCategory) -> dict[str, Any]:
    body: dict[str, Any] = {"id": category.id, "name": category.name}
    if category.keypoints:
        body["keypoints"] = category.keypoints
        body["skeleton"] = [[first + 1, second + 1] for first, second in category.skeleton]
    return body


def _annotations(file: LabelledFile, image_id: int, numbers: dict[str, int]) -> Iterator[dict[str, Any]]:
    groups: dict[Any, dict[str, Any]] = {}
    for name in ("box2d", "multi_polygon", "polygon", "rle", "keypoints2d"):
        for index, element in enumerate(getattr(file.label, name, ())):
            key = getattr(element, "instance", (name, index))
            groups.setdefault(key, {})[name] = element
    for group in groups.values():
        first = next(iter(group.values()))
        body: dict[str, Any] = {
            "image_id": image_id,
            "category_id": category_number(numbers, getattr(first, "category", None)),
            "iscrowd": int(getattr(first, "attributes", {}).get("iscrowd", False)),
        }
        for name, element in group.items():
            body |= _geometry(name, element, file)
        yield _complete(body)


def _geometry(name: str, element: Any, file: LabelledFile) -> dict[str, Any]:
    if name == "box2d":
        return {"bbox": [element.xmin, element.ymin, element.width, element.height]}
    if name == "rle":
        counts = list(element)
        return {
            "segmentation": {"counts": counts, "size": [file.height, file.width]},
            "area": sum(counts[1::2]),
        }
    if name == "keypoints2d":
        points = [(point.x, point.y, 2 if point.v is None else point.v) for point in element]
        return {
            "keypoints": [value for point in points for value in point],
            "num_keypoints": sum(1 for point in points if point[2]),
        }
    parts = [element] if name == "polygon" else element
    return {
        "segmentation": [[value for point in part for value in (point.x, point.y)] for part in parts],
        "area": sum(abs(part.area()) for part in parts),
        "_bounds": element.bounds(),
    }


def _complete(body: dict[str, Any]) -> dict[str, Any]:
    bounds = body.pop("_bounds", None)
    if "bbox" not in body and bounds is not None:
        body["bbox"] = [bounds.xmin, bounds.ymin, bounds.width, bounds.height]
    if "area" not in body and "bbox" in body:
        body["area"] = body["bbox"][2] * body["bbox"][3]
    return body
