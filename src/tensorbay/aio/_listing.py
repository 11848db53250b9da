"""Values of the data model from what the server lists."""

from __future__ import annotations

import json
from typing import Any

from tensorbay.aio._cache import as_folder
from tensorbay.aio._readers import KeyedReader, MaskAddress, RemoteReader, SegmentAddress, mask_key
from tensorbay.aio._session import Session
from tensorbay.dataset import Frame, RemoteData
from tensorbay.dataset._frame_id import FrameId
from tensorbay.importing import MASK_NAMES
from tensorbay.wire import DataDetail, FrameDetail


class SegmentListing:
    """Makes the values of one listing: their files are read from the version it was made of."""

    def __init__(self, session: Session, address: SegmentAddress, cache_path: str) -> None:
        self._reader = RemoteReader(session, address)
        self._masks = {name: RemoteReader(session, MaskAddress(address, name)) for name in MASK_NAMES}
        self._cache_path = cache_path

    def data(self, detail: DataDetail, expire_at: float | None) -> RemoteData:
        data = self._make(detail, expire_at, self._cache_path, mask_key(detail.remote_path))
        data._reader = self._reader
        if expire_at is not None:
            self._reader.signer.remember(detail.remote_path, detail.url, expire_at)
        return data

    def frame(self, detail: FrameDetail, expire_at: float | None) -> Frame:
        """Its files are asked for by frame and sensor: remote paths may repeat in a fusion segment."""
        frame = Frame(FrameId.read(detail.frame_id))
        for datum in detail.frame:
            key = f"{detail.frame_id}/{datum.sensor_name}"
            folder = self._below(detail.frame_id, as_folder(datum.sensor_name))
            masks = mask_key(datum.remote_path, detail.frame_id, datum.sensor_name)
            data = self._make(datum, expire_at, folder, masks)
            data._reader = KeyedReader(self._reader, key)
            if expire_at is not None:
                self._reader.signer.remember(key, datum.url, expire_at)
            frame[datum.sensor_name] = data
        return frame

    def _make(self, detail: DataDetail, expire_at: float | None, cache_path: str, key: str) -> RemoteData:
        body: dict[str, Any] = {"remotePath": detail.remote_path, "label": bytes(detail.label)}
        if detail.timestamp is not None:
            body["timestamp"] = detail.timestamp
        has_masks = b"_MASK" in body["label"]
        if has_masks:
            body["label"] = json.loads(body["label"])
        data = RemoteData.from_response_body(body, cache_path=cache_path)
        data.size, data.etag = detail.size, detail.etag
        data.mtime, data.version = detail.mtime, detail.version
        if has_masks:
            self._give_readers(data, body["label"], expire_at, cache_path, key)
        return data

    def _give_readers(
        self, data: RemoteData, label: dict[str, Any], expire_at: float | None, cache_path: str, key: str
    ) -> None:
        for name, reader in self._masks.items():
            mask = getattr(data.label, name, None)
            if mask is None:
                continue
            mask._reader = KeyedReader(reader, key)
            if cache_path:
                mask.cache_path = f"{cache_path}/{name}/{mask.path}"
            if expire_at is not None:
                reader.signer.remember(key, label[name.upper()]["url"], expire_at)

    def _below(self, *folders: str) -> str:
        return "/".join((self._cache_path, *folders)) if self._cache_path else ""
