"""Entries of the index become items of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tensorbay.wire import DataDetail, FrameDatum, FrameDetail

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from tensorbay.server.index import Entry
    from tensorbay.server.services import Services

__all__ = ["Presented", "present"]


class Presented(NamedTuple):
    """Entries with what is not in the index: their URLs."""

    entries: Sequence[Entry]
    urls: list[str]
    labels: Sequence[msgspec.Raw]
    expire_at: float

    def details(self) -> list[DataDetail]:
        return [
            DataDetail(entry.key, url, label, entry.timestamp, entry.size, entry.etag or None, entry.mtime)
            for entry, url, label in zip(self.entries, self.urls, self.labels, strict=True)
        ]

    def frames(self) -> list[FrameDetail]:
        """Of entries of a fusion segment, those of a frame next to each other."""
        frames: list[FrameDetail] = []
        for entry, url, label in zip(self.entries, self.urls, self.labels, strict=True):
            datum = FrameDatum(
                entry.sensor,
                entry.remote_path or "",
                url,
                label,
                entry.timestamp,
                entry.size,
                entry.etag or None,
                entry.mtime,
            )
            if not frames or frames[-1].frame_id != entry.frame_id:
                frames.append(FrameDetail(entry.frame_id, []))
            frames[-1].frame.append(datum)
        return frames


async def present(services: Services, entries: Sequence[Entry], *, base_url: str) -> Presented:
    signed = await services.storages.sign([(entry.config, entry.path) for entry in entries], base_url=base_url)
    return Presented(entries, signed.urls, [entry.label for entry in entries], signed.expire_at)
