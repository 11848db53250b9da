"""Containers over files and their labels; the bytes come through a reader."""

from tensorbay._util.reader import AsyncFile, AsyncReader, Reader
from tensorbay.dataset.data import AuthData, Data, RemoteData
from tensorbay.dataset.dataset import Dataset, FusionDataset
from tensorbay.dataset.frame import Frame
from tensorbay.dataset.notes import Notes
from tensorbay.dataset.segment import FusionSegment, Segment

__all__ = [
    "AsyncFile",
    "AsyncReader",
    "AuthData",
    "Data",
    "Dataset",
    "Frame",
    "FusionDataset",
    "FusionSegment",
    "Notes",
    "Reader",
    "RemoteData",
    "Segment",
]
