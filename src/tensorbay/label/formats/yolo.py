"""YOLO: a text file for each image, a line for each box, in shares of the image."""

from __future__ import annotations

from collections.abc import Sequence

from tensorbay.exception import LabelFormatError
from tensorbay.label.formats._common import LabelledFile, category_number, numbered, size_of
from tensorbay.label.label import Label
from tensorbay.label.label_box import LabeledBox2D
from tensorbay.label.label_polygon import LabeledPolygon

__all__ = ["dump_yolo", "load_yolo"]


def load_yolo(text: str | bytes, *, categories: Sequence[str], width: int, height: int) -> Label:
    """Boxes (`class x y width height`, centres) and polygons (`class x1 y1 x2 y2 ...`) in pixels."""
    label = Label()
    boxes: list[LabeledBox2D] = []
    polygons: list[LabeledPolygon] = []
    content = text.decode() if isinstance(text, bytes) else text
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            index, *shares = line.split()
            category = categories[_index(index)]
            values = [float(share) for share in shares]
        except (ValueError, IndexError) as error:
            raise LabelFormatError(f"{line!r} is no line of YOLO: {error}", path=f"line {number}") from error
        if len(values) == 4:
            x, y, w, h = values
            x, y, w, h = x * width, y * height, w * width, h * height
            boxes.append(LabeledBox2D(x - w / 2, y - h / 2, x + w / 2, y + h / 2, category=category))
        elif len(values) >= 6 and len(values) % 2 == 0:
            points = [(x * width, y * height) for x, y in zip(values[::2], values[1::2], strict=True)]
            polygons.append(LabeledPolygon(points, category=category))
        else:
            raise LabelFormatError(f"{len(values)} numbers are neither a box nor a polygon", path=f"line {number}")
    if boxes:
        label.box2d = boxes
    if polygons:
        label.polygon = polygons
    return label


def _index(text: str) -> int:
    index = int(text)
    if index < 0:
        raise ValueError("a category number is not negative")
    return index


def dump_yolo(file: LabelledFile, *, categories: Sequence[str]) -> str:
    """Boxes and polygons of a label, one a line."""
    width, height = size_of(file)
    numbers = numbered(categories)
    lines: list[list[float]] = []
    for box in getattr(file.label, "box2d", ()):
        number = category_number(numbers, getattr(box, "category", None))
        center = ((box.xmin + box.xmax) / 2 / width, (box.ymin + box.ymax) / 2 / height)
        lines.append([number, *center, box.width / width, box.height / height])
    for polygon in getattr(file.label, "polygon", ()):
        number = category_number(numbers, getattr(polygon, "category", None))
        lines.append([number, *(share for point in polygon for share in (point.x / width, point.y / height))])
    return "".join(" ".join(map(repr, line)) + "\n" for line in lines)
