from __future__ import annotations

from collections.abc import Sequence

from fastapi import Response

from tensorbay.server.config_options import parse
from tensorbay.server.configs import StorageConfig
from tensorbay.server.dependencies import CurrentCaller, CurrentServices, Paging
from tensorbay.server.replies import OK, page_members, reply
from tensorbay.server.routes._routers import v1_router, v2_router
from tensorbay.server.services import Services
from tensorbay.wire import (
    AzureConfigBody,
    BucketConfigBody,
    LocalConfigBody,
    StorageConfigBody,
    StorageConfigPatch,
)

router = v1_router("/storage-configs", "storage configs")
router_v2 = v2_router("/storage-configs", "storage configs")


@router.get("")
async def list_configs(
    services: CurrentServices, caller: CurrentCaller, page: Paging, name: str | None = None
) -> Response:
    """The storage configs of the team, in order of names, the managed storage among them.

    Settled here: `name` is an exact filter; no match is an empty list.
    """
    await services.storages.managed(caller.team_id)
    configs, total = await services.configs.list(caller.team_id, name=name, offset=page.offset, limit=page.limit)
    return reply({"configs": [*map(_item, configs)], **page_members(page.offset, configs, total)})


@router.post("/s3")
async def create_s3(services: CurrentServices, caller: CurrentCaller, body: BucketConfigBody) -> Response:
    """Register a bucket behind an S3 endpoint.

    Settled here: the config is checked first, and refused with the store's own words (`InvalidParamsValue`, or
    `AccessDenied` when the credentials are at fault); a name that is taken is a `NameConflict`. The secret is
    encrypted and never given out again. `region` and `sessionToken` are not of 1.x and may be left out.
    """
    await services.registrar.create(caller.team_id, parse(body.to_v2("s3")))
    return reply(OK)


@router.post("/oss")
async def create_oss(services: CurrentServices, caller: CurrentCaller, body: BucketConfigBody) -> Response:
    """Register a bucket of OSS. Settled here: all as for `s3`; the bucket's name goes before the host."""
    await services.registrar.create(caller.team_id, parse(body.to_v2("oss")))
    return reply(OK)


@router.post("/azure")
async def create_azure(services: CurrentServices, caller: CurrentCaller, body: AzureConfigBody) -> Response:
    """Register a container of Azure Blob Storage; `accesskeyId` is the account, `accesskeySecret` one of its keys.

    Settled here: checked and refused as for `s3`; `accountType` gives the endpoint, and an `endpoint` (not of 1.x)
    goes before it.
    """
    await services.registrar.create(caller.team_id, parse(body.to_v2()))
    return reply(OK)


@router.post("/local")
async def create_local(services: CurrentServices, caller: CurrentCaller, body: LocalConfigBody) -> Response:
    """Register a folder of the server's machine, `file:///folder`, or a local storage service, `http(s)://host:port`.

    Settled here: a folder has to exist; a served (not embedded) server opens only folders that its operator allows
    and answers `Forbidden` for others. A service need not be reachable.
    """
    await services.registrar.create(caller.team_id, parse(body.to_v2()))
    return reply(OK)


@router.delete("/{name:path}")
async def delete_config(services: CurrentServices, caller: CurrentCaller, name: str) -> Response:
    """Forget a storage config; no file is touched.

    Settled here: an unknown one is `ResourceNotExist`; one that a dataset uses, in any version, is `Forbidden`.
    """
    await services.registrar.delete(caller.team_id, name)
    return reply(OK)


@router_v2.get("")
async def list_configs_v2(
    services: CurrentServices, caller: CurrentCaller, page: Paging, name: str | None = None
) -> Response:
    """As in v1, with everything that is not secret: place, kind of credentials, and the datasets that use it."""
    await services.storages.managed(caller.team_id)
    configs, total = await services.configs.list(caller.team_id, name=name, offset=page.offset, limit=page.limit)
    return reply({"configs": await _descriptions(services, configs), **page_members(page.offset, configs, total)})


@router_v2.post("")
async def create_config(services: CurrentServices, caller: CurrentCaller, body: StorageConfigBody) -> Response:
    """Register a storage of any kind; the answer is its description.

    Settled here: checked and refused as in v1. What the server's machine is to a cloud (`awsIdentity`, `assumeRole`
    without a key, `managedIdentity`, `googleIdentity`) is `Forbidden` unless the operator allows it; a role is then
    taken on with an external id that the server makes for the team, in the answer as `credentials.externalId`.
    """
    return reply(*await _descriptions(services, [await services.registrar.create(caller.team_id, body)]))


@router_v2.get("/{name:path}")
async def get_config(services: CurrentServices, caller: CurrentCaller, name: str) -> Response:
    """One of them. An unknown one is `ResourceNotExist`."""
    return reply(*await _descriptions(services, [await services.configs.find(caller.team_id, name)]))


@router_v2.patch("/{name:path}")
async def update_config(
    services: CurrentServices, caller: CurrentCaller, name: str, body: StorageConfigPatch
) -> Response:
    """Replace members of a storage config: new credentials, another endpoint. The answer is its description.

    Settled here: the config is checked as at creation, and stays as it was where it is refused; requests that run go
    on with what they began with, and other servers follow within seconds. While datasets use it, its path, bucket,
    container and account stay (`Forbidden`). Credentials are replaced as a whole.
    """
    return reply(*await _descriptions(services, [await services.registrar.update(caller.team_id, name, body)]))


def _item(config: StorageConfig) -> dict[str, object]:
    return {
        "name": config.name,
        "type": "local" if config.is_managed else config.kind,
        "filePath": config.file_path,
        "isGravitiStorage": config.is_managed,
    }


async def _descriptions(services: Services, configs: Sequence[StorageConfig]) -> list[dict[str, object]]:
    users = await services.configs.users([config.id for config in configs])
    return [
        {
            **config.options,
            **_item(config),
            "created": int(config.created),
            "datasets": users.get(config.id, []),
        }
        for config in configs
    ]
