# Generated from tensorbay.aio.diff by `python -m tensorbay.client._generate`. Do not edit.

"""What a version changed: segments, and data of segments. Actions are "add", "delete", "modify", or "" for none."""

from __future__ import annotations

from tensorbay.aio.diff import (
    CatalogDiff,
    DataDiff,
    DatasetDiff,
    DiffBase,
    FileDiff,
    LabelDiff,
    NotesDiff,
    SegmentDiff,
    SensorDiff,
)

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
