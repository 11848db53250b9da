from __future__ import annotations

from fastapi import Request, Response

from tensorbay.exception import InvalidParamsError, RequestParamsMissingError
from tensorbay.server.dependencies import CurrentCaller, CurrentDataset, CurrentServices, resolve_source
from tensorbay.server.entries import check_count, require_normal
from tensorbay.server.index import Pair
from tensorbay.server.replies import OK, bulk_schema, read_body, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import PAGE_LIMIT, DataCopyBody

router = v1_router("/datasets/{dataset_id}", "data")


@router.post("/data", openapi_extra=bulk_schema(DataCopyBody, flags=("multipleCopy", "multipleMove")))
async def transfer_data(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, request: Request
) -> Response:
    """Copy data with `?multipleCopy`, from any version of any dataset, or move them with `?multipleMove`.

    Settled here: all or nothing. Strategy "abort" answers `InternalServerError` where a target exists; "skip" leaves
    the target, and a moved source is gone all the same. What was there before the call counts, also where data of one
    segment take each other's places. A data moved or copied onto itself stays as it is; a path given twice among the
    targets, or the sources of a move, is `InvalidParamsValue`; an unknown source is `ResourceNotExist`. A copy
    brings file, label, masks and timestamp. Up to 1,000 paths a call; fusion datasets are `Forbidden`.
    """
    require_normal(dataset)
    is_move = "multipleMove" in request.query_params
    if not is_move and "multipleCopy" not in request.query_params:
        raise RequestParamsMissingError("Say what to do with the data: `?multipleCopy` or `?multipleMove`.")
    body = await read_body(request, DataCopyBody)
    pairs = _pairs(body)
    contents = services.index.contents
    if is_move:
        await contents.move_entries(
            dataset.id,
            body.draft_number,
            body.segment_name,
            pairs,
            source=body.source.segment_name,
            strategy=body.strategy,
        )
        return reply(OK)
    origin, version = await resolve_source(services, caller, dataset, body.source)
    await contents.copy_entries(
        dataset.id,
        body.draft_number,
        body.segment_name,
        pairs,
        source=body.source.segment_name,
        source_dataset_id=origin.id,
        source_ref=version,
        strategy=body.strategy,
    )
    return reply(OK)


def _pairs(body: DataCopyBody) -> list[Pair]:
    sources = body.source.remote_paths
    targets = sources if body.remote_paths is None else body.remote_paths
    check_count(len(sources), PAGE_LIMIT)
    if len(sources) != len(targets):
        raise InvalidParamsError(f"There are {len(sources)} source paths and {len(targets)} target paths.")
    return [Pair(source, target) for source, target in zip(sources, targets, strict=True)]
