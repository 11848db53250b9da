from __future__ import annotations

from fastapi import Request, Response

from tensorbay.server.dependencies import (
    CurrentCaller,
    CurrentDataset,
    CurrentServices,
    Paging,
    Version,
    resolve_source,
)
from tensorbay.server.replies import OK, bulk_schema, page_members, read_body, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import SegmentBody, SegmentCopyBody, SegmentDeleteBody

router = v1_router("/datasets/{dataset_id}/segments", "segments")


@router.get("")
async def list_segments(services: CurrentServices, dataset: CurrentDataset, version: Version, page: Paging) -> Response:
    """Settled here: in order of names."""
    rows, total = await services.index.contents.list_segments(dataset.id, version, offset=page.offset, limit=page.limit)
    items = [{"name": row.name, "description": row.description} for row in rows]
    return reply({"segments": items, **page_members(page.offset, rows, total)})


@router.post("", openapi_extra=bulk_schema(SegmentBody, SegmentCopyBody, flags=("copy", "move")))
async def create_segment(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, request: Request
) -> Response:
    """An empty segment of the body's `name`; with `?copy` or `?move` one made from another segment.

    Settled here: an existing name is a `NameConflict`. For `?copy` and `?move`: strategy "abort" answers
    `InternalServerError` where the target exists, as 1.x has it, with nothing changed; "skip" leaves the target as it
    is, and a moved source is gone all the same; an unknown source is `ResourceNotExist`; a segment copied onto itself
    stays as it is; between a fusion dataset and a normal one is `Forbidden`. A copy brings files, labels,
    masks, timestamps, frame ids and sensors, not the catalog and the notes, and no bytes are moved.
    """
    contents = services.index.contents
    if "copy" in request.query_params:
        body = await read_body(request, SegmentCopyBody)
        origin, version = await resolve_source(services, caller, dataset, body.source)
        await contents.copy_segment(
            dataset.id,
            body.draft_number,
            body.segment_name,
            source=body.source.segment_name,
            source_dataset_id=origin.id,
            source_ref=version,
            strategy=body.strategy,
        )
    elif "move" in request.query_params:
        body = await read_body(request, SegmentCopyBody)
        await contents.move_segment(
            dataset.id,
            body.draft_number,
            body.segment_name,
            source=body.source.segment_name,
            strategy=body.strategy,
        )
    else:
        created = await read_body(request, SegmentBody)
        await contents.create_segment(dataset.id, created.draft_number, created.name, created.description)
    return reply(OK)


@router.delete("")
async def delete_segment(services: CurrentServices, dataset: CurrentDataset, body: SegmentDeleteBody) -> Response:
    """Settled here: its sensors go with it, other versions keep it; an unknown segment is `ResourceNotExist`."""
    await services.index.contents.delete_segment(dataset.id, body.draft_number, body.segment_name)
    return reply(OK)
