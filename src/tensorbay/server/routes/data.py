from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Response

from tensorbay.exception import ForbiddenError, ResourceNotExistError
from tensorbay.server.concurrency import map_concurrently
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
from tensorbay.server.index import CommitRef, DatasetRow, DraftRef, Entry
from tensorbay.server.replies import OK, page_members, reply, reply_bulk
from tensorbay.server.routes._routers import v1_router, v2_router
from tensorbay.server.services import Services
from tensorbay.wire import PAGE_LIMIT, DataDeleteBody, DataDetail, DataDetails, DataUrlsBody, SignedUrls

router = v1_router("/datasets/{dataset_id}", "data")
router_v2 = v2_router("/datasets/{dataset_id}", "data")

RemotePath = Annotated[str | None, Query(alias="remotePath")]

_LOOKUPS = 8


@router.get("/data")
async def list_data(
    services: CurrentServices, dataset: CurrentDataset, version: Version, segment: Segment, page: Paging
) -> Response:
    """Remote paths in ascending code-point order."""
    entries, total = await _entries(services, dataset, version, segment, page.offset, page.limit)
    items = [{"remotePath": entry.key} for entry in entries]
    return reply({"data": items, **page_members(page.offset, items, total)})


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
    """URLs in the order of `data/details`, or the one of `remotePath`, which is `ResourceNotExist` when absent."""
    entries, total = await _entries(services, dataset, version, segment, page.offset, page.limit, remote_path)
    signed = await services.storages.sign(_places(entries), base_url=base_url)
    items = [{"remotePath": entry.key, "url": url} for entry, url in zip(entries, signed.urls, strict=True)]
    return reply({"urls": items, "expireAt": signed.expire_at, **page_members(page.offset, items, total)})


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
    """Paths, labels and signed URLs, in ascending code-point order of the paths.

    Settled here: an unknown segment or `remotePath` is `ResourceNotExist`. `size`, `etag`, `mtime` of each data and
    `expireAt` of the page are additions to v1.
    """
    entries, total = await _entries(services, dataset, version, segment, page.offset, page.limit, remote_path)
    signed = await services.storages.sign(_places(entries), base_url=base_url)

    def build() -> DataDetails:
        details = [
            DataDetail(entry.key, url, entry.label, entry.timestamp, entry.size, entry.etag or None, entry.mtime)
            for entry, url in zip(entries, signed.urls, strict=True)
        ]
        return DataDetails(details, page.offset, len(details), total, signed.expire_at)

    return await reply_bulk(len(entries), build)


@router.delete("/data")
async def delete_data(services: CurrentServices, dataset: CurrentDataset, body: DataDeleteBody) -> Response:
    """Settled here: an unknown path is `ResourceNotExist`. The object stays in its storage."""
    await services.index.contents.delete(dataset.id, body.draft_number, body.segment_name, [body.remote_path])
    return reply(OK)


@router_v2.post("/data/urls")
async def sign_data(
    services: CurrentServices, dataset: CurrentDataset, base_url: BaseUrl, body: DataUrlsBody
) -> Response:
    """Fresh URLs for up to 1,000 data of one segment, in the order asked for; an absent one is `ResourceNotExist`."""
    check_count(len(body.remote_paths), PAGE_LIMIT)
    version = await resolve_version(services, dataset, body.draft_number, body.commit)

    async def find(path: str) -> Entry:
        return await _entry(services, dataset, version, body.segment_name, path)

    entries = await map_concurrently(find, body.remote_paths, limit=_LOOKUPS)
    signed = await services.storages.sign(_places(entries), base_url=base_url)
    return reply(SignedUrls([*signed.urls], signed.expire_at))


async def _entries(
    services: Services,
    dataset: DatasetRow,
    version: DraftRef | CommitRef,
    segment: str,
    offset: int,
    limit: int,
    remote_path: str | None = None,
) -> tuple[Sequence[Entry], int]:
    """A page with the total, or the one entry of `remote_path`."""
    if dataset.type:
        raise ForbiddenError(f'"{dataset.name}" is a fusion dataset; this server has data of normal datasets only.')
    if remote_path is not None:
        return [await _entry(services, dataset, version, segment, remote_path)], 1
    return await services.index.contents.list(dataset.id, version, segment, offset=offset, limit=limit)


async def _entry(
    services: Services, dataset: DatasetRow, version: DraftRef | CommitRef, segment: str, path: str
) -> Entry:
    contents = services.index.contents
    entry = await contents.get(dataset.id, version, segment, path)
    if entry is None:
        raise ResourceNotExistError(
            resource="data",
            identification=path,
            nearby=await contents.nearby(dataset.id, version, segment, path),
        )
    return entry


def _places(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    return [(entry.config, entry.path) for entry in entries]
