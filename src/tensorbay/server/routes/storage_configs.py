from __future__ import annotations

from fastapi import Response

from tensorbay.exception import ForbiddenError
from tensorbay.server.configs import MANAGED, StorageConfig
from tensorbay.server.dependencies import CurrentCaller, CurrentServices, Paging
from tensorbay.server.replies import OK, page_members, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import BucketConfigBody, LocalConfigBody

router = v1_router("/storage-configs", "storage configs")


@router.get("")
async def list_configs(
    services: CurrentServices, caller: CurrentCaller, page: Paging, name: str | None = None
) -> Response:
    """The storage configs of the team, in order of names, the managed storage among them.

    Settled here: `name` is an exact filter; no match is an empty list.
    """
    await services.storages.managed(caller.team_id)
    configs, total = await services.configs.list(caller.team_id, name=name, offset=page.offset, limit=page.limit)
    return reply({"configs": [_item(config) for config in configs], **page_members(page.offset, configs, total)})


@router.post("/s3")
async def create_s3(services: CurrentServices, caller: CurrentCaller, body: BucketConfigBody) -> Response:
    """Register a bucket behind an S3 endpoint.

    Settled here: the config is checked first, and refused with the store's own words (`InvalidParamsValue`, or
    `AccessDenied` when the credentials are at fault); a name that is taken is a `NameConflict`. The secret is
    encrypted and never given out again.
    """
    await services.storages.create_s3(caller.team_id, body)
    return reply(OK)


@router.post("/local")
async def create_local(services: CurrentServices, caller: CurrentCaller, body: LocalConfigBody) -> Response:
    """Register a local storage service (`endpoint` is `http://host:9000`), or `file:///folder` of the server's machine.

    Settled here: the service need not answer. A folder has to exist; a served (not embedded) server opens only folders
    that its operator allows and answers `Forbidden` for others.
    """
    await services.storages.create_local(caller.team_id, body)
    return reply(OK)


@router.delete("/{name:path}")
async def delete_config(services: CurrentServices, caller: CurrentCaller, name: str) -> Response:
    """Forget a storage config; no file is touched.

    Settled here: an unknown one is `ResourceNotExist`; one that a dataset uses, in any version, is `Forbidden`.
    """
    if name == MANAGED:
        raise ForbiddenError("The managed storage belongs to the server and cannot be deleted.")
    config = await services.configs.find(caller.team_id, name)
    if datasets := [*await services.index.datasets.uses_config(config.id)]:
        names = ", ".join(f'"{dataset}"' for dataset in datasets[:5])
        more = f" and {len(datasets) - 5} more" if len(datasets) > 5 else ""
        raise ForbiddenError(f'The storage config "{name}" is used by the datasets {names}{more}; delete these first.')
    await services.configs.delete(config.id)
    await services.storages.forget(config.id)
    return reply(OK)


def _item(config: StorageConfig) -> dict[str, object]:
    return {
        "name": config.name,
        "type": "local" if config.is_managed else config.kind,
        "filePath": config.file_path,
        "isGravitiStorage": config.is_managed,
    }
