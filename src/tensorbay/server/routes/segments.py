from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentDataset, CurrentServices, Paging, Version
from tensorbay.server.replies import OK, page_members, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import SegmentBody, SegmentDeleteBody

router = v1_router("/datasets/{dataset_id}/segments", "segments")


@router.get("")
async def list_segments(services: CurrentServices, dataset: CurrentDataset, version: Version, page: Paging) -> Response:
    """Settled here: in order of names."""
    rows, total = await services.index.contents.list_segments(dataset.id, version, offset=page.offset, limit=page.limit)
    items = [{"name": row.name, "description": row.description} for row in rows]
    return reply({"segments": items, **page_members(page.offset, rows, total)})


@router.post("")
async def create_segment(services: CurrentServices, dataset: CurrentDataset, body: SegmentBody) -> Response:
    """Settled here: an existing name is a `NameConflict`."""
    await services.index.contents.create_segment(dataset.id, body.draft_number, body.name)
    return reply(OK)


@router.delete("")
async def delete_segment(services: CurrentServices, dataset: CurrentDataset, body: SegmentDeleteBody) -> Response:
    """Settled here: an unknown segment is `ResourceNotExist`."""
    await services.index.contents.delete_segment(dataset.id, body.draft_number, body.segment_name)
    return reply(OK)
