"""Containers over files and their labels; the bytes come through a reader."""

from tensorbay._util.reader import AsyncFile, AsyncReader, Reader
from tensorbay.dataset.data import AuthData, Data, RemoteData
from tensorbay.dataset.dataset import Dataset
from tensorbay.dataset.notes import Notes
from tensorbay.dataset.segment import Segment

__all__ = [
    "AsyncFile",
    "AsyncReader",
    "AuthData",
    "Data",
    "Dataset",
    "Notes",
    "Reader",
    "RemoteData",
    "Segment",
]
