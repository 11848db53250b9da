"""What the readers and writers share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import NamedTuple

from tensorbay.exception import LabelFormatError
from tensorbay.label.label import Label

Path = str | PathLike[str]


class LabelledFile(NamedTuple):
    """`width` and `height` are those of the image in pixels, 0 if unknown."""

    path: str
    label: Label
    width: int = 0
    height: int = 0


def category_number(numbers: Mapping[str, int], category: str | None) -> int:
    try:
        return numbers[category or ""]
    except KeyError:
        raise LabelFormatError(f"category {category!r} is not among {sorted(numbers)}") from None


def size_of(file: LabelledFile) -> tuple[int, int]:
    if not (file.width and file.height):
        raise LabelFormatError(f'the width and height of "{file.path}" are needed for this format')
    return file.width, file.height


def numbered(names: Iterable[str], *, start: int = 0) -> dict[str, int]:
    return {name: number for number, name in enumerate(names, start)}
