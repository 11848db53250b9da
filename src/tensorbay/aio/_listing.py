"""Values of the data model from what the server lists."""

from __future__ import annotations

from typing import Any

from tensorbay.aio._cache import as_folder
from tensorbay.aio._readers import KeyedReader, RemoteReader
from tensorbay.dataset import Frame, RemoteData
from tensorbay.dataset._frame_id import FrameId
from tensorbay.wire import DataDetail, FrameDatum, FrameDetail


def remote_data(
    detail: DataDetail | FrameDatum, expire_at: float | None, reader: RemoteReader, cache_path: str
) -> RemoteData:
    body: dict[str, Any] = {"remotePath": detail.remote_path, "label": bytes(detail.label)}
    if detail.timestamp is not None:
        body["timestamp"] = detail.timestamp
    data = RemoteData.from_response_body(body, cache_path=cache_path)
    data.size, data.etag, data.mtime = detail.size, detail.etag, detail.mtime
    data._reader = reader
    if expire_at is not None and isinstance(detail, DataDetail):
        reader.signer.remember(detail.remote_path, detail.url, expire_at)
    return data


def frame_of(detail: FrameDetail, expire_at: float | None, reader: RemoteReader, cache_path: str) -> Frame:
    """Its files are asked for by frame and sensor: remote paths may repeat in a fusion segment."""
    frame = Frame(FrameId.read(detail.frame_id))
    for datum in detail.frame:
        key = f"{detail.frame_id}/{datum.sensor_name}"
        folder = f"{cache_path}/{detail.frame_id}/{as_folder(datum.sensor_name)}" if cache_path else ""
        data = remote_data(datum, expire_at, reader, folder)
        data._reader = KeyedReader(reader, key)
        if expire_at is not None:
            reader.signer.remember(key, datum.url, expire_at)
        frame[datum.sensor_name] = data
    return frame
