from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentCaller, CurrentDataset, CurrentServices, Paging
from tensorbay.server.index import DatasetRow
from tensorbay.server.replies import OK, page_members, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import DatasetBody, DatasetPatch

router = v1_router("/datasets", "datasets")


@router.get("")
async def list_datasets(
    services: CurrentServices, caller: CurrentCaller, page: Paging, name: str | None = None
) -> Response:
    """The datasets of the team; `name` is an exact filter.

    Settled here: in order of names; no match is an empty list; `owner` is empty, for a dataset is its team's.
    """
    rows, total = await services.index.datasets.list(caller.team_id, name=name, offset=page.offset, limit=page.limit)
    items = [{"id": row.id, "name": row.name, "defaultBranch": row.default_branch, **_common(row)} for row in rows]
    return reply({"datasets": items, **page_members(page.offset, rows, total)})


@router.post("")
async def create_dataset(services: CurrentServices, caller: CurrentCaller, body: DatasetBody) -> Response:
    """An empty dataset with the branch `main`, on the storage config `configName` or on managed storage.

    Settled here: a name that is taken is a `NameConflict`, an unknown config `ResourceNotExist`.
    """
    config_id = None
    if body.config_name is not None:
        config_id = (await services.storages.named(caller.team_id, body.config_name)).config.id
    row = await services.index.datasets.create(
        caller.team_id,
        body.name,
        type=body.type,
        alias=body.alias,
        is_public=body.is_public,
        config_id=config_id,
    )
    return reply({"id": row.id})


@router.get("/{dataset_id}")
async def get_dataset(services: CurrentServices, dataset: CurrentDataset) -> Response:
    """`commitId` is the head of the default branch: 32 zeros before the first commit.

    Settled here: the result of a search can be asked for by its id too.
    """
    commit_id = await services.index.versions.resolve(dataset.id, dataset.default_branch)
    return reply(
        {
            "name": dataset.name,
            "defaultBranch": dataset.default_branch,
            "commitId": commit_id,
            **_common(dataset),
        }
    )


@router.patch("/{dataset_id}")
async def update_dataset(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, body: DatasetPatch
) -> Response:
    """Settled here: null means unchanged; a new name that is taken is a `NameConflict`."""
    await services.index.datasets.update(
        caller.team_id, dataset.id, name=body.name, alias=body.alias, is_public=body.is_public
    )
    return reply(OK)


@router.delete("/{dataset_id}")
async def delete_dataset(services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset) -> Response:
    """Deletes all versions at once; the name can be used again when this returns.

    Settled here: open drafts and jobs go too, whoever made them. Copies in other datasets stay, and so do the objects
    in their storage.
    """
    await services.index.datasets.delete(caller.team_id, dataset.id)
    return reply(OK)


def _common(row: DatasetRow) -> dict[str, object]:
    return {
        "type": row.type,
        "updateTime": row.updated,
        "owner": "",
        "alias": row.alias,
        "isPublic": row.is_public,
    }
