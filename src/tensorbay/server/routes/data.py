from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from tensorbay._util.concurrency import map_concurrently
from tensorbay.server.dependencies import (
    BaseUrl,
    CurrentDataset,
    CurrentServices,
    IsInternal,
    Paging,
    Segment,
    Version,
    resolve_version,
)
from tensorbay.server.entries import check_count
from tensorbay.server.index import DraftRef, Entry
from tensorbay.server.presenting import Presented, present
from tensorbay.server.replies import OK, reply, reply_bulk
from tensorbay.server.routes._routers import v1_router, v2_router
from tensorbay.server.selections import find_entry, keys_of, select
from tensorbay.server.storage import Place
from tensorbay.wire import PAGE_LIMIT, DataDeleteBody, DataDetails, DataUrlsBody, FrameDetails, SignedUrls

router = v1_router("/datasets/{dataset_id}", "data")
router_v2 = v2_router("/datasets/{dataset_id}", "data")

RemotePath = Annotated[str | None, Query(alias="remotePath")]

_LOOKUPS = 8


@router.get("/data")
async def list_data(
    services: CurrentServices, dataset: CurrentDataset, version: Version, segment: Segment, page: Paging
) -> Response:
    """Remote paths in ascending code-point order. Settled here: of a fusion dataset in order of frames and sensors."""
    entries, total = await services.index.contents.list(
        dataset.id, version, segment, offset=page.offset, limit=page.limit
    )
    items = [{"remotePath": entry.remote_path or entry.key} for entry in entries]
    return reply({"data": items, **_page(page.offset, len(items), total)})


@router.get("/data/urls")
async def list_urls(
    services: CurrentServices,
    dataset: CurrentDataset,
    version: Version,
    base_url: BaseUrl,
    segment: Segment,
    page: Paging,
    remote_path: RemotePath = None,
    is_internal: IsInternal = False,
) -> Response:
    """URLs in the order of `data/details`, or the one of `remotePath`.

    Settled here: an unknown segment or `remotePath` is `ResourceNotExist`.
    """
    contents = services.index.contents
    selection = await select(contents, dataset, version, segment, page, remote_path)
    presented = await present(services, selection.entries, base_url=base_url)
    items = _frame_urls(presented) if dataset.type else _urls(presented)
    members = _page(page.offset, selection.items, selection.total)
    return reply({"urls": items, "expireAt": presented.expire_at, **members})


@router.get("/data/details")
async def list_details(
    services: CurrentServices,
    dataset: CurrentDataset,
    version: Version,
    base_url: BaseUrl,
    segment: Segment,
    page: Paging,
    remote_path: RemotePath = None,
    is_internal: IsInternal = False,
) -> Response:
    """Paths, labels and signed URLs, in ascending code-point order of the paths; in fusion datasets frames, by id.

    Settled here: an unknown segment or `remotePath` is `ResourceNotExist`; in a fusion dataset `remotePath` gives the
    frames with data of that path, and no other data of them. `size`, `etag`, `mtime`, `version` of each data and
    `expireAt` of the page are additions to v1.
    """
    contents = services.index.contents
    selection = await select(contents, dataset, version, segment, page, remote_path)
    presented = await present(services, selection.entries, base_url=base_url)

    def build() -> DataDetails | FrameDetails:
        _, items, total = selection
        if dataset.type:
            return FrameDetails(presented.frames(), page.offset, items, total, presented.expire_at)
        return DataDetails(presented.details(), page.offset, items, total, presented.expire_at)

    return await reply_bulk(len(selection.entries), build)


@router.delete("/data")
async def delete_data(services: CurrentServices, dataset: CurrentDataset, body: DataDeleteBody) -> Response:
    """Settled here: an unknown path is `ResourceNotExist`. The object stays in its storage for others that have it.

    In a fusion dataset a path that several data have is `InvalidParamsValue`.
    """
    contents, draft = services.index.contents, DraftRef(body.draft_number)
    keys = await keys_of(contents, dataset, draft, body.segment_name, [body.remote_path])
    await contents.delete(dataset.id, body.draft_number, body.segment_name, [*keys.values()])
    return reply(OK)


@router_v2.post("/data/urls")
async def sign_data(
    services: CurrentServices, dataset: CurrentDataset, base_url: BaseUrl, body: DataUrlsBody
) -> Response:
    """Fresh URLs for up to 1,000 data of one segment, in the order asked for; an absent one is `ResourceNotExist`.

    In a fusion dataset each is asked for as `<frame id>/<sensor name>`.
    """
    check_count(len(body.remote_paths), PAGE_LIMIT)
    version = await resolve_version(services, dataset, body.draft_number, body.commit)

    async def find(path: str) -> Entry:
        return await find_entry(services.index.contents, dataset, version, body.segment_name, path)

    entries = await map_concurrently(find, body.remote_paths, limit=_LOOKUPS)
    places = [Place(entry.config, entry.path, entry.version) for entry in entries]
    signed = await services.storages.sign(places, base_url=base_url)
    return reply(SignedUrls([*signed.urls], signed.expire_at))


def _urls(presented: Presented) -> list[dict[str, Any]]:
    return [{"remotePath": entry.key, "url": url} for entry, url in zip(presented.entries, presented.urls, strict=True)]


def _frame_urls(presented: Presented) -> list[dict[str, Any]]:
    return [
        {
            "frameId": frame.frame_id,
            "urls": [
                {"sensorName": datum.sensor_name, "remotePath": datum.remote_path, "url": datum.url}
                for datum in frame.frame
            ],
        }
        for frame in presented.frames()
    ]


def _page(offset: int, count: int, total: int) -> dict[str, int]:
    return {"offset": offset, "recordSize": count, "totalCount": total}
