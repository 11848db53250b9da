from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response

from tensorbay.exception import InvalidParamsError
from tensorbay.server.concurrency import compute
from tensorbay.server.dependencies import (
    MAX_NUMBER,
    BaseUrl,
    CurrentCaller,
    CurrentDataset,
    CurrentServices,
    IsInternal,
    Segment,
)
from tensorbay.server.entries import check_count, check_objects, entries, labelled
from tensorbay.server.masks import place_masks
from tensorbay.server.placement import missing_uploads, uploaded_objects
from tensorbay.server.policies import upload_policy
from tensorbay.server.replies import OK, bulk_schema, read_bulk, reply
from tensorbay.server.routes._routers import v1_router, v2_router
from tensorbay.wire import PAGE_LIMIT, SignedUrls, UploadBody, UploadCallback

router = v1_router("/datasets/{dataset_id}", "uploads")
router_v2 = v2_router("/datasets/{dataset_id}", "uploads")


@router.get("/policies")
async def get_policy(
    services: CurrentServices,
    caller: CurrentCaller,
    dataset: CurrentDataset,
    base_url: BaseUrl,
    segment: Segment,
    draft_number: Annotated[int, Query(alias="draftNumber", ge=1, le=MAX_NUMBER)],
    expired: Annotated[int, Query(ge=1, le=7 * 86400)] = 240,
    is_internal: IsInternal = False,
) -> Response:
    """Permission for clients of 1.x to upload files of a draft, for `expired` seconds at most.

    Settled here: the backend type is `s3` where the store takes the forms of 1.x (setting `form_hosts`), and the bytes
    go straight there; `azure` for Azure, whose clients know a PUT only, and `fps` for everything else. Those two go
    through this server (of a local storage service straight to it), which checks the content against the SHA-1 that is
    its key. A store that is sent a form checks the key's prefix, not the content, for clients of 1.x send nothing to
    check it by: `multi/callback` compares the sizes. Fields of a form have names that only the store knows; it answers
    200 or 201. A file may be sent again.
    """
    await services.require_writable(dataset, draft_number)
    storage = await services.storages.default(caller.team_id, dataset.config_id)
    settings = services.settings
    seconds = min(expired, settings.url_lifetime)
    return reply(
        await upload_policy(
            storage, services.signer, base_url=base_url, seconds=seconds, form_hosts=settings.form_hosts
        )
    )


@router.put("/multi/callback", openapi_extra=bulk_schema(UploadCallback))
async def register_uploads(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, request: Request
) -> Response:
    """Put uploaded files into a segment; what lies at their remote paths is replaced, with its label.

    Settled here: a file that was not uploaded is `ResourceNotExist`, one of another size `InvalidParamsValue`, an
    unknown segment `ResourceNotExist`, and nothing is changed; a data without `label` has none afterwards. Up to 5,000
    objects a call. In a fusion dataset each has a `frameId` (a ULID or UUID) and a `sensorName`: together they are what
    is replaced, and a sensor that the segment does not have is `ResourceNotExist`. In a normal one either of them is
    `InvalidParamsValue`. A mask of a label is an uploaded file, or with `remotePath` and no `checksum` the one the data
    has already.

    What is verified where: files that came through this server have the SHA-1 they are named by. Files that a client
    sent to a store by form or by a URL of the store have the size announced here, and nothing more is certain: the
    store knows no SHA-1, its ETag is an MD5 at best, and reading every file again would cost what the direct way saves.
    """
    body = await read_bulk(request, UploadCallback, partial(_checked, bool(dataset.type)))
    storage = await services.storages.default(caller.team_id, dataset.config_id)
    await services.require_writable(dataset, body.draft_number)
    found = await uploaded_objects(
        storage, [item.checksum for item in body.objects], limit=services.settings.store_concurrency
    )
    places = [found[item.checksum] for item in body.objects]
    for item, place in zip(body.objects, places, strict=True):
        if item.file_size != place.size:
            raise InvalidParamsError(
                f'The file of "{item.remote_path}" was uploaded with {place.size} bytes, '
                f"and is registered with {item.file_size}: upload it again."
            )
    draft, segment = body.draft_number, body.segment_name
    labels = await place_masks(services, dataset, storage, draft, segment, labelled(body.objects))
    rows = await compute(len(places), lambda: entries(storage.config.id, body.objects, places, labels))
    await services.index.contents.put(dataset.id, draft, segment, rows)
    return reply(OK)


@router_v2.post("/uploads")
async def create_uploads(
    services: CurrentServices,
    caller: CurrentCaller,
    dataset: CurrentDataset,
    base_url: BaseUrl,
    body: UploadBody,
) -> Response:
    """For each of up to 1,000 SHA-1 checksums the URL to PUT the file to, or null where the content is known."""
    check_count(len(body.checksums), PAGE_LIMIT)
    await services.require_writable(dataset, body.draft_number)
    storage = await services.storages.default(caller.team_id, dataset.config_id)
    keys = await missing_uploads(storage, body.checksums, limit=services.settings.store_concurrency)
    signed = await storage.sign([key for key in keys if key is not None], base_url=base_url, method="PUT")
    urls = iter(signed.urls)
    return reply(SignedUrls([None if key is None else next(urls) for key in keys], signed.expire_at, signed.headers))


def _checked(is_fusion: bool, body: UploadCallback) -> UploadCallback:
    check_objects(body, is_fusion=is_fusion)
    return body
