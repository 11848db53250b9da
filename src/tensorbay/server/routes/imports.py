from __future__ import annotations

from functools import partial

from fastapi import Request, Response

from tensorbay.exception import InvalidParamsError
from tensorbay.server.concurrency import compute
from tensorbay.server.dependencies import CurrentCaller, CurrentDataset, CurrentServices
from tensorbay.server.entries import check_objects, entries, labelled
from tensorbay.server.masks import place_masks
from tensorbay.server.placement import place_objects
from tensorbay.server.replies import OK, bulk_schema, read_bulk, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import CloudImport

router = v1_router("/datasets/{dataset_id}", "cloud files")


@router.put("/multi/cloud-callback", openapi_extra=bulk_schema(CloudImport))
async def import_objects(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, request: Request
) -> Response:
    """Put files of a storage config into a segment.

    Settled here: a file below the config's path is indexed where it lies; any other is copied by the store to
    `<path>/.tensorbay/copies/`, once per version of the file. Without `configName` it is the dataset's own config. An
    object with `size` and `etag` is taken at its word, others are looked up, and an unknown file is `ResourceNotExist`
    with nothing changed. Up to 5,000 objects a call. `deleteSource` is refused when it is true. Frames,
    sensors and masks as with `multi/callback`.
    """
    body = await read_bulk(request, CloudImport, partial(_checked, bool(dataset.type)))
    if body.config_name is not None:
        storage = await services.storages.named(caller.team_id, body.config_name)
    else:
        storage = await services.storages.default(caller.team_id, dataset.config_id)
    await services.require_writable(dataset, body.draft_number)
    places = await place_objects(storage, dataset.id, body.objects, limit=services.settings.store_concurrency)
    draft, segment = body.draft_number, body.segment_name
    uploads = await services.storages.default(caller.team_id, dataset.config_id)
    labels = await place_masks(services, dataset, uploads, draft, segment, labelled(body.objects))
    rows = await compute(len(places), lambda: entries(storage.config.id, body.objects, places, labels))
    await services.index.contents.put(dataset.id, draft, segment, rows, configs=[uploads.config.id])
    return reply(OK)


def _checked(is_fusion: bool, body: CloudImport) -> CloudImport:
    if body.delete_source:
        raise InvalidParamsError("This server deletes no source files: send `deleteSource` as false.")
    check_objects(body, is_fusion=is_fusion)
    return body
