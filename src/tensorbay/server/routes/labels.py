from __future__ import annotations

from collections.abc import Sequence

import msgspec
from anyio import to_thread
from fastapi import Request, Response

from tensorbay.exception import InvalidParamsError
from tensorbay.server.accounts import Caller
from tensorbay.server.dependencies import (
    BaseUrl,
    CurrentCaller,
    CurrentDataset,
    CurrentServices,
    Paging,
    Segment,
    Version,
)
from tensorbay.server.entries import check_count, check_label
from tensorbay.server.index import DatasetRow, DraftRef
from tensorbay.server.masks import LabelledItem, place_masks
from tensorbay.server.presenting import present
from tensorbay.server.replies import OK, bulk_schema, page_members, read_bulk, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.server.selections import keys_of, select
from tensorbay.server.services import Services
from tensorbay.server.statistics import Statistics, add, count_page, render
from tensorbay.wire import CatalogPut, DataDetail, FrameDatum, LabelPut, LabelsPut

router = v1_router("/datasets/{dataset_id}", "labels")


@router.get("/labels/catalogs")
async def get_catalog(services: CurrentServices, dataset: CurrentDataset, version: Version) -> Response:
    """Settled here: a draft begins with that of its branch; `{}` where none was ever put."""
    raw = await services.index.contents.get_catalog(dataset.id, version)
    return reply({"catalog": msgspec.Raw(raw)})


@router.put("/labels/catalogs", openapi_extra=bulk_schema(CatalogPut))
async def put_catalog(services: CurrentServices, dataset: CurrentDataset, request: Request) -> Response:
    """`{}` is `InvalidParamsValue`. Settled here: replaces the whole catalog, which is kept as it was written."""
    number, catalog = await read_bulk(request, CatalogPut, _catalog)
    await services.index.contents.put_catalog(dataset.id, number, catalog)
    return reply(OK)


@router.get("/labels/statistics")
async def get_statistics(services: CurrentServices, dataset: CurrentDataset, version: Version) -> Response:
    """How many labels there are of each type, category and value of an attribute.

    Settled here: everything is in order of names and values; a list counts as each of its values; masks are not
    counted; numbers only of attributes that have an `enum` in the catalog of the version; a draft has statistics too.
    """
    contents = services.index.contents
    total: Statistics = {}
    async for pages in contents.statistics(dataset.id, version, count_page):
        await to_thread.run_sync(add, total, pages)
    catalog = await contents.get_catalog(dataset.id, version)
    return reply({"labelStatistics": render(total, catalog)})


@router.get("/labels")
async def list_labels(
    services: CurrentServices,
    dataset: CurrentDataset,
    version: Version,
    base_url: BaseUrl,
    segment: Segment,
    page: Paging,
) -> Response:
    """Settled here: the items of `data/details` without `url`."""
    selection = await select(services.index.contents, dataset, version, segment, page)
    presented = await present(services, selection.entries, base_url=base_url)
    items: list[dict[str, object]]
    if dataset.type:
        items = [
            {"frameId": frame.frame_id, "frame": [_labelled(item, sensorName=item.sensor_name) for item in frame.frame]}
            for frame in presented.frames()
        ]
    else:
        items = [_labelled(detail) for detail in presented.details()]
    return reply({"labels": items, **page_members(page.offset, items, selection.total)})


def _labelled(data: DataDetail | FrameDatum, **members: str) -> dict[str, object]:
    timestamp = {} if data.timestamp is None else {"timestamp": data.timestamp}
    return {**members, "remotePath": data.remote_path, "label": data.label, **timestamp}


@router.put("/labels", openapi_extra=bulk_schema(LabelPut))
async def put_label(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, request: Request
) -> Response:
    """Settled here: like `multi/data/labels` with one object."""
    body = await read_bulk(request, LabelPut, _label)
    await _put(services, caller, dataset, body.draft_number, body.segment_name, [(body.remote_path, body.label)])
    return reply(OK)


@router.put("/multi/data/labels", openapi_extra=bulk_schema(LabelsPut))
async def put_labels(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, request: Request
) -> Response:
    """Replaces the whole label of each data; a path that is absent is `ResourceNotExist` and changes nothing.

    Settled here: labels are checked for being JSON objects, never against the catalog; up to 5,000 a call; a path that
    comes twice gets the later label; one that several data of a fusion segment have is `InvalidParamsValue`. Masks
    as with `multi/callback`.
    """
    body, labels = await read_bulk(request, LabelsPut, _labels)
    await _put(services, caller, dataset, body.draft_number, body.segment_name, labels)
    return reply(OK)


async def _put(
    services: Services,
    caller: Caller,
    dataset: DatasetRow,
    number: int,
    segment: str,
    labels: Sequence[tuple[str, msgspec.Raw]],
) -> None:
    contents = services.index.contents
    keys = await keys_of(contents, dataset, DraftRef(number), segment, [path for path, _ in labels])
    storage = await services.storages.default(caller.team_id, dataset.config_id)
    items = [LabelledItem(keys[path], path, label) for path, label in labels]
    placed = await place_masks(services, dataset, storage, number, segment, items)
    pairs = [(item.key, label) for item, label in zip(items, placed, strict=True)]
    await contents.put_labels(dataset.id, number, segment, pairs, configs=[storage.config.id])


def _catalog(body: CatalogPut) -> tuple[int, bytes]:
    raw = bytes(body.catalog)
    if not raw.startswith(b"{"):
        raise InvalidParamsError("The catalog is not a JSON object.")
    if not raw[1:-1].strip():
        raise InvalidParamsError("The catalog is empty.")
    return body.draft_number, raw


def _label(body: LabelPut) -> LabelPut:
    check_label(body.remote_path, body.label)
    return body


def _labels(body: LabelsPut) -> tuple[LabelsPut, list[tuple[str, msgspec.Raw]]]:
    check_count(len(body.objects))
    return body, [(item.remote_path, check_label(item.remote_path, item.label)) for item in body.objects]
