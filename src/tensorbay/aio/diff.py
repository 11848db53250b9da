"""What a version changed: segments, and data of segments. Actions are "add", "delete", "modify", or "" for none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

from typing_extensions import Self

from tensorbay._util.named import NameMixin, SortedNameList
from tensorbay._util.user import UserSequence
from tensorbay.aio.lazy import AsyncPager

__all__ = [
    "CatalogDiff",
    "DataDiff",
    "DatasetDiff",
    "DiffBase",
    "FileDiff",
    "LabelDiff",
    "NotesDiff",
    "SegmentDiff",
    "SensorDiff",
]


@dataclass
class DiffBase:
    action: str

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> Self:
        return cls(contents["action"])

    def dumps(self) -> dict[str, Any]:
        return {"action": self.action}


class NotesDiff(DiffBase):
    """Of the notes."""


class CatalogDiff(DiffBase):
    """Of the catalog."""


class FileDiff(DiffBase):
    """Of the content of a file."""


class LabelDiff(DiffBase):
    """Of the label of a file."""


class SensorDiff(DiffBase):
    """Of the sensors of a segment."""


@dataclass
class DataDiff(DiffBase):
    """Of one data: the file, the label or both."""

    remote_path: str
    file: FileDiff
    label: LabelDiff

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> Self:
        return cls(
            contents["action"],
            contents["remotePath"],
            FileDiff.loads(contents["file"]),
            LabelDiff.loads(contents["label"]),
        )

    def dumps(self) -> dict[str, Any]:
        return {
            "remotePath": self.remote_path,
            **super().dumps(),
            "file": self.file.dumps(),
            "label": self.label.dumps(),
        }


class SegmentDiff(NameMixin, UserSequence[DataDiff]):
    """The changed data of a segment: a sequence where `GAS` listed it, `list_data()` where `AsyncGAS` did."""

    _repr_attrs = ("action",)
    _repr_non_empty = True

    def __init__(self, name: str, action: str, data: Sequence[DataDiff] | AsyncPager[DataDiff]) -> None:
        super().__init__(name)
        self.action = action
        self._listing = data

    @property
    def _data(self) -> Sequence[DataDiff]:  # type: ignore[override]
        if isinstance(self._listing, AsyncPager):
            raise TypeError(f"{self!r} was listed by AsyncGAS: use `async for diff in segment_diff.list_data()`")
        return self._listing

    def list_data(self) -> AsyncPager[DataDiff]:
        """For async code."""
        if not isinstance(self._listing, AsyncPager):
            raise TypeError(f"{self!r} was listed by GAS: it is a sequence, `for diff in segment_diff`")
        return self._listing


class DatasetDiff(NameMixin, UserSequence[SegmentDiff]):
    """The changed segments in the order of their names, by position or name; `in` asks for a name."""

    def __init__(self, name: str, segments: Iterable[SegmentDiff]) -> None:
        super().__init__(name)
        self._data: SortedNameList[SegmentDiff] = SortedNameList()
        for segment in segments:
            self._data.add(segment)

    @overload
    def __getitem__(self, index: int | str) -> SegmentDiff: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SegmentDiff]: ...
    def __getitem__(self, index: int | str | slice) -> SegmentDiff | Sequence[SegmentDiff]:
        return self._data[index]

    def keys(self) -> tuple[str, ...]:
        return self._data.keys()

    def _give_lists(self, make: Callable[[Any], Sequence[DataDiff]]) -> None:
        for segment in self._data:
            segment._listing = make(segment._listing)
