from __future__ import annotations

from functools import partial

from fastapi import Request, Response

from tensorbay.exception import InvalidParamsError
from tensorbay.server.concurrency import compute
from tensorbay.server.dependencies import CurrentCaller, CurrentDataset, CurrentServices
from tensorbay.server.entries import check_objects, entries, labelled
from tensorbay.server.masks import place_masks
from tensorbay.server.placement import place_objects
from tensorbay.server.replies import bulk_schema, read_bulk, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import CloudImport, CloudImported

router = v1_router("/datasets/{dataset_id}", "cloud files")


@router.put("/multi/cloud-callback", openapi_extra=bulk_schema(CloudImport))
async def import_objects(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, request: Request
) -> Response:
    """Put files of a storage config into a segment.

    Settled here: a file below the config's path is indexed where it lies; any other is copied by the store to
    `<path>/.tensorbay/copies/`, once per version of the file. `placement` (ours) decides otherwise: "in_place" indexes
    all files where they lie, "copy" copies all of them; without it, it is "auto". Without `configName` it is the
    dataset's own config. An object with `size` and `etag` is taken at its word, others are looked up, and an unknown
    file is `ResourceNotExist` with nothing changed. A file that is to be copied and no longer has the `etag` it was
    posted with is `InvalidParamsValue`; copies that were made by then are found by the next call. The answer (ours)
    tells how many are indexed in place and how many as copies. Up to 5,000 objects a call. `deleteSource` is refused
    when it is true. Frames, sensors and masks as with `multi/callback`.
    """
    body = await read_bulk(request, CloudImport, partial(_checked, bool(dataset.type)))
    if body.config_name is not None:
        storage = await services.storages.named(caller.team_id, body.config_name)
    else:
        storage = await services.storages.default(caller.team_id, dataset.config_id)
    await services.require_writable(dataset, body.draft_number)
    placed = await place_objects(storage, dataset.id, body, limit=services.settings.store_concurrency)
    draft, segment = body.draft_number, body.segment_name
    uploads = await services.storages.default(caller.team_id, dataset.config_id)
    labels = await place_masks(services, dataset, uploads, draft, segment, labelled(body.objects))
    rows = await compute(len(labels), lambda: entries(storage.config.id, body.objects, placed.places, labels))
    await services.index.contents.put(dataset.id, draft, segment, rows, configs=[uploads.config.id])
    return reply(CloudImported(in_place=len(rows) - placed.copied, copied=placed.copied))


def _checked(is_fusion: bool, body: CloudImport) -> CloudImport:
    if body.delete_source:
        raise InvalidParamsError("This server deletes no source files: send `deleteSource` as false.")
    check_objects(body, is_fusion=is_fusion)
    return body
