from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

from fastapi import Query, Response

from tensorbay.server.dependencies import (
    BaseUrl,
    CurrentDataset,
    CurrentServices,
    IsInternal,
    Paging,
    Segment,
    Version,
)
from tensorbay.server.masks import MaskType
from tensorbay.server.presenting import present_masks
from tensorbay.server.replies import reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.server.selections import select

router = v1_router("/datasets/{dataset_id}/masks", "masks")


@router.get("/urls")
async def list_urls(
    services: CurrentServices,
    dataset: CurrentDataset,
    version: Version,
    base_url: BaseUrl,
    segment: Segment,
    page: Paging,
    mask_type: Annotated[MaskType, Query(alias="maskType")],
    remote_path: Annotated[str | None, Query(alias="remotePath")] = None,
    is_internal: IsInternal = False,
) -> Response:
    """One item for each data of the page, null where it has no such mask; with `remotePath` only masks that are there.

    Settled here: an unknown `remotePath` is `ResourceNotExist`. In fusion datasets there is an item for each frame:
    `{"frameId", "urls": [{"sensorName", "remotePath", "url"}]}`, without the sensors that have no such mask.
    """
    selection = await select(services.index.contents, dataset, version, segment, page, remote_path)
    masks = await present_masks(services, selection.entries, mask_type, base_url=base_url)
    items: list[Any] = [*masks]
    if dataset.type:
        pairs = zip(selection.entries, masks, strict=True)
        items = [
            {"frameId": frame_id, "urls": [{"sensorName": entry.sensor, **mask} for entry, mask in frame if mask]}
            for frame_id, frame in groupby(pairs, lambda pair: pair[0].frame_id)
        ]
    elif remote_path is not None:
        items = [mask for mask in masks if mask]
    numbers = {"offset": page.offset, "recordSize": len(items), "totalCount": selection.total}
    return reply({"urls": items, **numbers})
