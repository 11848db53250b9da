"""Storage configs are made, changed and deleted here; one that cannot work is refused with the store's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread

from tensorbay.exception import (
    AccessDeniedError,
    ForbiddenError,
    InvalidParamsError,
    NameConflictError,
    StorageAccessError,
    StorageError,
)
from tensorbay.server.config_options import parse, path_of, secrets_of, shown, shown_options
from tensorbay.server.config_policy import authorized
from tensorbay.server.configs import MANAGED, Seal, StorageConfig, check_config_name
from tensorbay.storage import service_url
from tensorbay.wire import AssumeRole, AzureConfig, LocalConfig, SasToken, ServiceAccount

if TYPE_CHECKING:
    from tensorbay.server.config_options import Body
    from tensorbay.server.configs import StorageConfigs
    from tensorbay.server.secrets import SecretBox
    from tensorbay.server.settings import ServerSettings
    from tensorbay.server.storages import Storages
    from tensorbay.wire import StorageConfigPatch

__all__ = ["Registrar"]


class Registrar:
    def __init__(self, configs: StorageConfigs, storages: Storages, box: SecretBox, settings: ServerSettings) -> None:
        self._configs = configs
        self._storages = storages
        self._box = box
        self._settings = settings

    async def create(self, team_id: str, body: Body) -> StorageConfig:
        check_config_name(body.name)
        body = _tidy(body)
        # Before the store is contacted: the cheaper and more likely mistake.
        if body.name == MANAGED or (await self._configs.list(team_id, name=body.name, limit=1))[1]:
            raise NameConflictError(resource="storage config", identification=body.name)
        body = await self._checked(team_id, body)
        return await self._configs.add(
            team_id,
            body.name,
            kind=body.type,
            file_path=body.file_path,
            options=shown_options(body),
            seal=self._seal(body),
        )

    async def update(self, team_id: str, name: str, patch: StorageConfigPatch) -> StorageConfig:
        """What is running goes on with the config as it was."""
        config = await self._find(team_id, name)
        body = await self._checked(team_id, await self._changed(config, patch))
        updated = await self._configs.update(
            config,
            file_path=body.file_path,
            options=shown_options(body),
            seal=self._seal(body),
            moved=_moved(config, body),
        )
        await self._storages.forget(config.id)
        return updated

    async def delete(self, team_id: str, name: str) -> None:
        config = await self._find(team_id, name)
        await self._configs.delete(config)
        await self._storages.forget(config.id)

    async def _find(self, team_id: str, name: str) -> StorageConfig:
        if name == MANAGED:
            raise ForbiddenError("The managed storage belongs to the server: it cannot be changed or deleted.")
        return await self._configs.find(team_id, name)

    async def _changed(self, config: StorageConfig, patch: StorageConfigPatch) -> Body:
        """Whole credentials replace others, so those that no key opens any more are no hindrance."""
        document = {**shown(config), **patch.to_json()}
        given, before = patch.credentials, None
        if given is None and config.secrets is not None:
            before = await self._storages.body_of(config)
            given = before.credentials
        if given is not None:
            document["credentials"] = given  # a value, which unlike what it is made of does not show itself
        body = _tidy(parse(document))
        if before is not None:
            _keep_secret(before, body)
        return body

    async def _checked(self, team_id: str, body: Body) -> Body:
        """`body` as the team may use it, once its store has answered; a local storage service need not be there yet."""
        body = await to_thread.run_sync(authorized, self._settings, team_id, body)
        try:
            store = await self._storages.open_store(team_id, body)
            try:
                if not (isinstance(body, LocalConfig) and body.is_service):
                    await store.check(body.file_path)
            finally:
                await store.aclose()
        except StorageAccessError as error:
            raise AccessDeniedError(f"{error}{_trust(body)}") from None
        except StorageError as error:
            raise InvalidParamsError(str(error)) from None
        return body

    def _seal(self, body: Body) -> Seal:
        secrets = secrets_of(body)
        return lambda: None if secrets is None else self._box.seal(secrets)


def _trust(body: Body) -> str:
    """What the owner of a role has to do, who cannot know the server's id for the team before this."""
    given = body.credentials
    if not isinstance(given, AssumeRole) or given.external_id is None:
        return ""
    return f" The trust policy of {given.role_arn} has to require the external id {given.external_id!r}."


def _moved(config: StorageConfig, body: Body) -> list[str]:
    """What of its place becomes another one."""
    before, after = shown(config), body.model_dump(by_alias=True, include=set(body.PLACE))
    return [name for name, value in after.items() if value != before.get(name)]


def _keep_secret(before: Body, after: Body) -> None:
    """Who may change a config is not to learn its secrets, as by a store of his own that is shown them."""
    given = after.credentials
    if isinstance(given, (SasToken, ServiceAccount)) and _endpoint(before) != _endpoint(after):
        raise InvalidParamsError(
            f"Another endpoint gets to see the credentials (`{given.type}`): give them again together with it."
        )


def _endpoint(body: Body) -> str | None:
    return body.url if isinstance(body, AzureConfig) else body.endpoint


def _tidy(body: Body) -> Body:
    return body.model_copy(update={"file_path": path_of(body), **_service(body)})


def _service(body: Body) -> dict[str, str]:
    """The address of a local storage service in the one spelling that its tokens have."""
    if not isinstance(body, LocalConfig) or not body.is_service:
        return {}
    try:
        return {"endpoint": service_url(body.endpoint)}
    except StorageError as error:
        raise InvalidParamsError(str(error)) from None
