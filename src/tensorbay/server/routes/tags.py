from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentDataset, CurrentServices, Paging
from tensorbay.server.replies import OK, commit_members, page_members, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import NameBody, RevisionBody

router = v1_router("/datasets/{dataset_id}/tags", "tags")


@router.get("")
async def list_tags(
    services: CurrentServices, dataset: CurrentDataset, page: Paging, name: str | None = None
) -> Response:
    """In order of names. Settled here: `name` is an exact filter; no match is an empty list."""
    rows, total = await services.index.versions.list_tags(dataset.id, name=name, offset=page.offset, limit=page.limit)
    items = [{"name": row.name, **commit_members(row.commit)} for row in rows]
    return reply({"tags": items, **page_members(page.offset, rows, total)})


@router.post("")
async def create_tag(services: CurrentServices, dataset: CurrentDataset, body: RevisionBody) -> Response:
    """Name a revision.

    Settled here: a name that is taken is a `NameConflict`, the root `Forbidden`. A branch may have the name too: then
    it goes first wherever a revision is asked for.
    """
    await services.index.versions.create_tag(dataset.id, body.name, body.commit)
    return reply(OK)


@router.delete("")
async def delete_tag(services: CurrentServices, dataset: CurrentDataset, body: NameBody) -> Response:
    """Settled here: an unknown tag is `ResourceNotExist`."""
    await services.index.versions.delete_tag(dataset.id, body.name)
    return reply(OK)
