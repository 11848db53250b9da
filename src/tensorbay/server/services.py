from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio import to_thread

from tensorbay.exception import ForbiddenError, InvalidParamsError
from tensorbay.server.accounts import DEFAULT_TEAM, Accounts, Caller
from tensorbay.server.configs import StorageConfigs
from tensorbay.server.database import Database
from tensorbay.server.egress import Egress
from tensorbay.server.index import DatasetRow, Index
from tensorbay.server.jobs import Worker
from tensorbay.server.managed import ManagedStorage
from tensorbay.server.registrar import Registrar
from tensorbay.server.secrets import SecretBox
from tensorbay.server.service_key import ServiceKey
from tensorbay.server.storages import Storages
from tensorbay.server.urls import UrlSigner

if TYPE_CHECKING:
    from tensorbay.server.settings import ServerSettings

__all__ = ["Services"]


@dataclass(frozen=True)
class Services:
    """What requests are served with. Any number of these, in any number of processes, may share a home."""

    settings: ServerSettings
    index: Index
    accounts: Accounts
    configs: StorageConfigs
    storages: Storages
    registrar: Registrar
    signer: UrlSigner
    service_key: ServiceKey
    worker: Worker
    local_caller: Caller | None
    """Whom an embedded server serves; a served one asks for an access key."""
    _resources: AsyncExitStack

    @classmethod
    async def open(cls, settings: ServerSettings) -> Services:
        async with AsyncExitStack() as stack:
            box, managed = await to_thread.run_sync(_prepare_home, settings)
            database = await Database.open_for(settings)
            stack.push_async_callback(database.aclose)
            index = await Index.open(database)
            accounts, configs = Accounts(database), StorageConfigs(database)
            signer = UrlSigner(*box.derive("object urls"))
            service_key = ServiceKey(database, box)
            if settings.database is not None:
                await service_key.signer()  # or refuse to start with other secret keys than its neighbours have
            egress = await Egress.open(settings)
            stack.push_async_callback(egress.aclose)
            storages = Storages(configs, box, settings, signer, service_key, egress, managed)
            stack.push_async_callback(storages.aclose)
            team_id = await accounts.ensure_team(DEFAULT_TEAM)
            local = Caller(settings.user_name, team_id, DEFAULT_TEAM) if settings.embedded else None
            worker = Worker(index, storages, limit=settings.store_concurrency)
            worker.start()
            stack.push_async_callback(worker.aclose)
            registrar = Registrar(configs, storages, box, settings)
            return cls(
                settings=settings,
                index=index,
                accounts=accounts,
                configs=configs,
                storages=storages,
                registrar=registrar,
                signer=signer,
                service_key=service_key,
                worker=worker,
                local_caller=local,
                _resources=stack.pop_all(),
            )

    async def require_writable(self, dataset: DatasetRow, draft_number: int) -> None:
        """Before anything is copied or uploaded: the write itself checks again, and the segment."""
        draft = await self.index.versions.get_draft(dataset.id, draft_number)
        if draft.status != "OPEN":
            raise ForbiddenError(f"Draft {draft_number} is {draft.status.lower()}: create a new draft to write.")

    async def aclose(self) -> None:
        await self._resources.aclose()


def _prepare_home(settings: ServerSettings) -> tuple[SecretBox, ManagedStorage]:
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InvalidParamsError(f"The home {settings.home} can't be made: {error.strerror}") from None
    return SecretBox.load(settings), ManagedStorage.load(settings)
