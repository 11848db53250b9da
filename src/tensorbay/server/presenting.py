"""Entries of the index become items of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tensorbay.server.concurrency import compute
from tensorbay.server.masks import mask_path, stored_masks, with_urls
from tensorbay.server.storage import Place
from tensorbay.wire import DataDetail, FrameDatum, FrameDetail

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from tensorbay.server.index import Entry
    from tensorbay.server.masks import MaskType
    from tensorbay.server.services import Services

__all__ = ["Presented", "present", "present_masks"]


class Presented(NamedTuple):
    """Entries with what is not in the index: their URLs."""

    entries: Sequence[Entry]
    urls: list[str]
    labels: Sequence[msgspec.Raw]
    expire_at: float

    def details(self) -> list[DataDetail]:
        return [
            DataDetail(entry.key, url, label, *_facts(entry))
            for entry, url, label in zip(self.entries, self.urls, self.labels, strict=True)
        ]

    def frames(self) -> list[FrameDetail]:
        """Of entries of a fusion segment, those of a frame next to each other."""
        frames: list[FrameDetail] = []
        for entry, url, label in zip(self.entries, self.urls, self.labels, strict=True):
            datum = FrameDatum(entry.remote_path or "", url, label, *_facts(entry), sensor_name=entry.sensor)
            if not frames or frames[-1].frame_id != entry.frame_id:
                frames.append(FrameDetail(entry.frame_id, []))
            frames[-1].frame.append(datum)
        return frames


def _facts(entry: Entry) -> tuple[float | int | None, int, str | None, float | None, str | None]:
    return entry.timestamp, entry.size, entry.etag or None, entry.mtime, entry.version


async def present(services: Services, entries: Sequence[Entry], *, base_url: str) -> Presented:
    masks = await compute(len(entries), lambda: [stored_masks(entry.label) for entry in entries])
    places = [Place(entry.config, entry.path, entry.version) for entry in entries]
    places += [Place(mask.config, mask.path) for found in masks for mask in found.values()]
    signed = await services.storages.sign(places, base_url=base_url)
    mask_urls = iter(signed.urls[len(entries) :])
    labels = [
        with_urls(entry.label, entry.remote_path or entry.key, dict(zip(found, mask_urls, strict=False)))
        for entry, found in zip(entries, masks, strict=True)
    ]
    return Presented(entries, signed.urls[: len(entries)], labels, signed.expire_at)


async def present_masks(
    services: Services, entries: Sequence[Entry], type_: MaskType, *, base_url: str
) -> list[dict[str, str] | None]:
    """Path and URL of one mask of each entry; None where it has none."""
    masks = await compute(len(entries), lambda: [stored_masks(entry.label).get(type_) for entry in entries])
    places = [Place(mask.config, mask.path) for mask in masks if mask is not None]
    urls = iter((await services.storages.sign(places, base_url=base_url)).urls)
    return [
        None if mask is None else {"remotePath": mask_path(entry.remote_path or entry.key), "url": next(urls)}
        for entry, mask in zip(entries, masks, strict=True)
    ]
