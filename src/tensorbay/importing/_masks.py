"""Mask files go to the store before the labels that name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import anyio.to_thread

from tensorbay._util.file import FileMixin
from tensorbay.importing._targets import TargetPort, UploadTarget
from tensorbay.label import Label
from tensorbay.pipeline import Emit, Flow

__all__ = ["MASK_NAMES", "local_masks", "upload_masks"]

MASK_NAMES = ("semantic_mask", "instance_mask", "panoptic_mask")

_BATCH = 500


def local_masks(label: Label) -> list[FileMixin]:
    """The masks of a label that are files on this machine: those in a dataset already are not."""
    masks = (getattr(label, name, None) for name in MASK_NAMES)
    return [mask for mask in masks if isinstance(mask, FileMixin)]


async def upload_masks(labels: Iterable[Label], port: TargetPort, *, jobs: int = 1) -> None:
    """Upload the local masks of the labels, `jobs` files at a time; equal ones once."""
    masks = [mask for label in labels for mask in local_masks(label)]
    if not masks:
        return
    paths = await anyio.to_thread.run_sync(_by_checksum, masks)

    async def produce(emit: Emit[str]) -> None:
        for checksum in paths:
            await emit(checksum)

    async def target(checksums: Sequence[str]) -> list[tuple[UploadTarget | None, str]]:
        return list(zip(await port.targets(checksums), checksums, strict=True))

    async def put(job: tuple[UploadTarget | None, str]) -> None:
        to, checksum = job
        if to is not None:
            await port.write(to, paths[checksum])

    await Flow(produce).batch(_BATCH).map(target).flatten().run(put, workers=jobs)


def _by_checksum(masks: Iterable[FileMixin]) -> dict[str, Path]:
    return {mask.get_checksum(): Path(mask.path) for mask in masks}
