"""What handlers ask for: who calls, which dataset, which version, which part of a list."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Header, Query, Request

from tensorbay.exception import (
    ForbiddenError,
    InvalidParamsError,
    RequestParamsMissingError,
    ResourceNotExistError,
    UnauthorizedError,
)
from tensorbay.server.accounts import Caller
from tensorbay.server.index import CommitRef, DatasetRow, DraftRef
from tensorbay.server.services import Services
from tensorbay.wire import PAGE_LIMIT, SegmentSource

__all__ = [
    "MAX_NUMBER",
    "BaseUrl",
    "CurrentCaller",
    "CurrentDataset",
    "CurrentServices",
    "IsInternal",
    "Paging",
    "Segment",
    "Version",
    "identify",
    "resolve_source",
    "resolve_version",
]

# What SQL takes for a number; more is a mistake anyway.
MAX_NUMBER = 2**31 - 1


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


CurrentServices = Annotated[Services, Depends(_services)]


async def _base_url(request: Request, services: CurrentServices) -> str:
    url = services.settings.public_url or str(request.base_url)
    return url if url.endswith("/") else f"{url}/"


BaseUrl = Annotated[str, Depends(_base_url)]


async def identify(request: Request) -> None:
    """UnauthorizedError for whoever has no access key. Routes ask before they read anything of the request."""
    services = await _services(request)
    if services.local_caller is not None:
        request.state.caller = services.local_caller
        return
    key = request.headers.get("x-token")
    if not key:
        raise UnauthorizedError(
            "The request carries no access key: send it in the header X-Token. "
            "`gas server create-key NAME` makes one on the server."
        )
    request.state.caller = await services.accounts.find(key)
    if request.state.caller is None:
        raise UnauthorizedError("This server does not know the access key.")


async def _caller(request: Request, x_token: Annotated[str, Header()] = "") -> Caller:
    """Was identified already; the header is named for the description of the API."""
    caller: Caller = request.state.caller
    return caller


CurrentCaller = Annotated[Caller, Depends(_caller)]


async def _dataset(request: Request, dataset_id: str, services: CurrentServices, caller: CurrentCaller) -> DatasetRow:
    datasets = services.index.datasets
    try:
        return await datasets.get(caller.team_id, dataset_id)
    except ResourceNotExistError:
        if request.method != "GET":
            raise
        return await datasets.get_result(caller.team_id, dataset_id)


CurrentDataset = Annotated[DatasetRow, Depends(_dataset)]
"""The dataset of the path. One of another team is as unknown as one that does not exist.

Results of searches are datasets that can only be read.
"""


class _Paging(NamedTuple):
    offset: int
    limit: int


async def _paging(
    offset: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 128,
) -> _Paging:
    return _Paging(offset, limit)


Paging = Annotated[_Paging, Depends(_paging)]


async def _version(
    dataset: CurrentDataset,
    services: CurrentServices,
    draft_number: Annotated[int | None, Query(alias="draftNumber", ge=1, le=MAX_NUMBER)] = None,
    commit: str | None = None,
) -> DraftRef | CommitRef:
    return await resolve_version(services, dataset, draft_number, commit)


async def resolve_version(
    services: Services, dataset: DatasetRow, draft_number: int | None, commit: str | None
) -> DraftRef | CommitRef:
    if draft_number is not None and commit is not None:
        raise InvalidParamsError("Give one of `draftNumber` and `commit`, not both.")
    if draft_number is not None:
        return DraftRef(draft_number)
    if commit is None:
        raise RequestParamsMissingError("One of `draftNumber` and `commit` is needed.")
    return CommitRef(await services.index.versions.resolve(dataset.id, commit))


async def resolve_source(
    services: Services, caller: Caller, dataset: DatasetRow, source: SegmentSource
) -> tuple[DatasetRow, DraftRef | CommitRef | None]:
    """The dataset and version to copy from; None for the version that is copied to."""
    origin = dataset if source.id is None else await services.index.datasets.get(caller.team_id, source.id)
    if origin.type != dataset.type:
        raise ForbiddenError(f'Of "{origin.name}" and "{dataset.name}" one is a fusion dataset and one is not.')
    if source.id is None and source.commit is None and source.draft_number is None:
        return origin, None
    return origin, await resolve_version(services, origin, source.draft_number, source.commit)


Version = Annotated[DraftRef | CommitRef, Depends(_version)]
"""`draftNumber` or `commit` of the query; `commit` takes any revision: a branch, tag or commit id."""

IsInternal = Annotated[bool, Query(alias="isInternal", description="Accepted; there is no other network.")]
Segment = Annotated[str, Query(alias="segmentName")]
