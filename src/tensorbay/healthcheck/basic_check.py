from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorbay.healthcheck.report import Error

__all__ = ["EmptyDatasetError", "EmptySegmentError", "check_basic"]


class BasicError(Error):
    _kind = ""

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return f"{self._kind} '{self._name}' is empty"


class EmptyDatasetError(BasicError):
    _kind = "Dataset"


class EmptySegmentError(BasicError):
    _kind = "Segment"


def check_basic(dataset: Any) -> Iterator[BasicError]:
    if not dataset:
        yield EmptyDatasetError(dataset.name)
    for segment in dataset:
        if not segment:
            yield EmptySegmentError(segment.name)
