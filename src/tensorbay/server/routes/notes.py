from __future__ import annotations

from typing import Any

from fastapi import Response

from tensorbay.server.dependencies import CurrentDataset, CurrentServices, Version
from tensorbay.server.replies import OK, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import NotesPatch

router = v1_router("/datasets/{dataset_id}", "notes")

_DEFAULTS: dict[str, Any] = {"isContinuous": False, "binPointCloudFields": None}


@router.get("/notes")
async def get_notes(services: CurrentServices, dataset: CurrentDataset, version: Version) -> Response:
    """Settled here: a version that nobody gave notes is not continuous and has no `binPointCloudFields`, null."""
    return reply({**_DEFAULTS, **await services.index.contents.get_notes(dataset.id, version)})


@router.patch("/notes")
async def update_notes(services: CurrentServices, dataset: CurrentDataset, body: NotesPatch) -> Response:
    """Absent members are left as they are, null clears them.

    Settled here: a cleared `isContinuous` is false.
    """
    given = body.to_json()
    del given["draftNumber"]
    changes = {key: _DEFAULTS[key] if value is None else value for key, value in given.items()}
    await services.index.contents.patch_notes(dataset.id, body.draft_number, changes)
    return reply(OK)


@router.get("/total-size")
async def get_total_size(services: CurrentServices, dataset: CurrentDataset, version: Version) -> Response:
    """Bytes of the files of all data. Settled here: a draft has a size too; masks are not counted."""
    return reply({"totalSize": await services.index.contents.total_size(dataset.id, version)})
