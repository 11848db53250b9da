"""A line for each file: JSONL with whole labels, CSV with a category and attributes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any

import msgspec

from tensorbay.exception import LabelFormatError
from tensorbay.label.formats._common import LabelledFile, Path
from tensorbay.label.label import Label
from tensorbay.label.label_classification import Classification

__all__ = ["read_csv", "read_jsonl", "write_csv", "write_jsonl"]


def read_jsonl(path: Path) -> Iterator[LabelledFile]:
    """Lines of `{"path": ..., "label": {...}[, "width", "height"]}`."""
    with FilePath(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                body: Any = msgspec.json.decode(line)
                label = Label.loads(body["label"])
                yield LabelledFile(body["path"], label, body.get("width", 0), body.get("height", 0))
            except (msgspec.DecodeError, LookupError, TypeError, AttributeError) as error:
                raise LabelFormatError(str(error), path=f"line {number}") from error


def write_jsonl(path: Path, files: Iterable[LabelledFile]) -> None:
    with FilePath(path).open("wb") as output:
        for file in files:
            body: dict[str, Any] = {"path": file.path, "label": file.label.dumps()}
            if file.width and file.height:
                body |= {"width": file.width, "height": file.height}
            output.write(msgspec.json.encode(body) + b"\n")


def read_csv(path: Path, *, path_column: str = "path", category_column: str = "category") -> Iterator[LabelledFile]:
    """A classification for each line; all other columns become attributes (text), empty cells nothing."""
    with FilePath(path).open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if path_column not in (rows.fieldnames or ()):
            raise LabelFormatError(f"no column {path_column!r}, only {rows.fieldnames}", path="line 1")
        for row in rows:
            if None in row:
                raise LabelFormatError("more cells than columns", path=f"line {rows.line_num}")
            name, category = row.pop(path_column), row.pop(category_column, None)
            label = Label()
            attributes = {column: value for column, value in row.items() if value}
            if category or attributes:
                label.classification = Classification(category, attributes)
            yield LabelledFile(name, label)


def write_csv(path: Path, files: Iterable[LabelledFile], *, attributes: Iterable[str] = ()) -> None:
    """The classification of each file, with the named attributes as columns."""
    columns = list(attributes)
    with FilePath(path).open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output)
        writer.writerow(["path", "category", *columns])
        for file in files:
            classification = getattr(file.label, "classification", Classification())
            values = getattr(classification, "attributes", {})
            writer.writerow(
                [file.path, getattr(classification, "category", ""), *(values.get(column, "") for column in columns)]
            )
