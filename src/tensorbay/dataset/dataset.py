"""Datasets: segments, catalog and notes, local or as a view of a remote one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar, overload

from tensorbay._util.file import local
from tensorbay._util.named import NameMixin, SortedNameList
from tensorbay._util.user import UserSequence
from tensorbay.dataset.notes import Notes
from tensorbay.dataset.segment import FusionSegment, Segment, SegmentBase
from tensorbay.label import Catalog

__all__ = ["Dataset", "FusionDataset", "Notes"]

S = TypeVar("S", bound=SegmentBase[Any])


class DatasetBase(NameMixin, UserSequence[S]):
    """Segments in the order of their names, indexed by position or name; `in` asks for a name.

    With `gas` it is a view of the remote dataset at `revision` (default: its default branch): the dataset is looked up
    at once; segments, catalog and notes when they are first used.
    """

    _is_fusion: ClassVar[bool] = False
    _segment_type: ClassVar[type[Any]] = Segment

    def __init__(self, name: str, gas: Any = None, revision: str | None = None) -> None:
        super().__init__(name)
        self._client: Any = None
        self._segments: SortedNameList[S] | None = None
        self._catalog: Catalog | None = None
        self._notes: Notes | None = None
        if gas is not None:
            self._client = gas.get_dataset(name, is_fusion=True) if self._is_fusion else gas.get_dataset(name)
            if revision is not None:
                self._client.checkout(revision)

    @property
    def _data(self) -> SortedNameList[S]:  # type: ignore[override]
        if self._segments is None:
            segments: SortedNameList[S] = SortedNameList()
            for found in self._client.list_segments() if self._client else ():
                segment = self._segment_type._view(found["name"], self._client)
                segment.description = found["description"]
                segments.add(segment)
            self._segments = segments
        return self._segments

    @overload
    def __getitem__(self, index: int | str) -> S: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[S]: ...
    def __getitem__(self, index: int | str | slice) -> S | Sequence[S]:
        return self._data[index]

    def __delitem__(self, index: int | str | slice) -> None:
        del self._data[index]

    @property
    def catalog(self) -> Catalog:
        if self._catalog is None:
            self._catalog = self._client.get_catalog() if self._client else Catalog()
        return self._catalog

    @catalog.setter
    def catalog(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @property
    def notes(self) -> Notes:
        if self._notes is None:
            self._notes = self._client.get_notes() if self._client else Notes()
        return self._notes

    @property
    def cache_enabled(self) -> bool:
        enabled: bool = self._remote().cache_enabled
        return enabled

    def enable_cache(self, cache_path: str = "") -> None:
        """Keep the files that are opened below `cache_path` (default: a folder of the system's)."""
        self._remote().enable_cache(cache_path)

    def _remote(self) -> Any:
        if self._client is None:
            raise TypeError("Cache is only for remote datasets")
        return self._client

    def keys(self) -> tuple[str, ...]:
        return self._data.keys()

    def load_catalog(self, filepath: str | os.PathLike[str]) -> None:
        """Replace the catalog by the one in a JSON file."""
        self._catalog = Catalog.load_json(local(filepath).read_bytes())

    def add_segment(self, segment: S) -> None:
        self._data.add(segment)

    def create_segment(self, segment_name: str = "default") -> S:
        segment: S = self._segment_type(segment_name)
        self.add_segment(segment)
        return segment


class Dataset(DatasetBase[Segment]):
    """A dataset of files."""


class FusionDataset(DatasetBase[FusionSegment]):
    """A dataset of frames."""

    _is_fusion = True
    _segment_type = FusionSegment
