from __future__ import annotations

import time
import weakref
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from anyio import to_thread

from tensorbay.exception import ResourceNotExistError
from tensorbay.server.config_options import from_row, to_options
from tensorbay.server.config_policy import authorized
from tensorbay.server.configs import MANAGED, StorageConfig, managed_id
from tensorbay.server.storage import Signed, Storage
from tensorbay.storage import AzureOptions, Diagnosis, Options, SasToken, ServiceOptions, Store, diagnose
from tensorbay.wire import LocalConfig

if TYPE_CHECKING:
    from tensorbay.server.config_options import Body
    from tensorbay.server.configs import StorageConfigs
    from tensorbay.server.egress import Egress, Guard
    from tensorbay.server.managed import ManagedStorage
    from tensorbay.server.secrets import SecretBox
    from tensorbay.server.service_key import ServiceKey
    from tensorbay.server.settings import ServerSettings
    from tensorbay.server.storage import Place
    from tensorbay.server.urls import UrlSigner

__all__ = ["Access", "Storages"]


# How long an open store is used before a look whether another server changed its config.
_TRUST_SECONDS = 2.0


class Access(NamedTuple):
    """What opens a config's store, secrets included, and the folder in it that is the config's.

    Every request about it goes through `guard` where there is one: a team named who is asked.
    """

    options: Options
    path: str
    guard: Guard | None = None


class Storages:
    """Opens a store once per config and keeps it, until the config is another one.

    A request goes on with the store it began with. That one is closed when nobody holds its `Storage` any more.
    """

    def __init__(
        self,
        configs: StorageConfigs,
        box: SecretBox,
        settings: ServerSettings,
        signer: UrlSigner,
        service_key: ServiceKey,
        egress: Egress,
        managed: ManagedStorage,
    ) -> None:
        self._service_key = service_key
        self._configs = configs
        self._egress = egress
        self._box = box
        self._settings = settings
        self._signer = signer
        self._managed = managed
        self._open: dict[str, Storage] = {}
        self._trusted_until: dict[str, float] = {}
        self._retired: list[tuple[weakref.ref[Storage], Store]] = []

    async def aclose(self) -> None:
        stores = [storage.store for storage in self._open.values()] + [store for _, store in self._retired]
        self._open.clear()
        self._retired.clear()
        async with AsyncExitStack() as stack:  # all of them, whichever fails
            stack.push_async_callback(self._managed.aclose)
            for store in stores:
                stack.push_async_callback(store.aclose)

    async def forget(self, config_id: str) -> None:
        """Of a config that was changed or deleted: its credentials are not used for anything new."""
        self._retire(self._open.pop(config_id, None))
        self._trusted_until.pop(config_id, None)
        await self._close_unused()

    # --- look up ---

    async def named(self, team_id: str, name: str) -> Storage:
        if name == MANAGED:
            return await self.managed(team_id)
        return await self._storage(await self._configs.find(team_id, name))

    async def by_id(self, config_id: str) -> Storage:
        storage = self._open.get(config_id)
        if storage is not None and await self._is_current(storage):
            return storage
        config = await self._configs.get(config_id)
        if config is None:
            await self.forget(config_id)
            raise ResourceNotExistError(resource="storage config", identification=config_id)
        if config.is_managed:
            return await self.managed(config.team_id)
        return await self._storage(config)

    async def default(self, team_id: str, config_id: str | None) -> Storage:
        """Where a dataset keeps files that are given to it; `config_id` is its own."""
        return await self.managed(team_id) if config_id is None else await self.by_id(config_id)

    async def managed(self, team_id: str) -> Storage:
        """The server's own storage: the team's part of it."""
        if (storage := self._open.get(managed_id(team_id))) is not None:
            return storage
        config = await self._configs.managed(team_id)
        options, _ = self._managed.place(team_id)
        return await self._keep(config, await self._managed.open(team_id), by_sas=_is_by_sas(options))

    async def sign(self, places: Sequence[Place], *, base_url: str) -> Signed:
        """Download URLs for objects, in order."""
        by_config: dict[str, list[int]] = {}
        for index, place in enumerate(places):
            by_config.setdefault(place.config, []).append(index)
        urls = [""] * len(places)
        expire_at = time.time() + self._settings.url_lifetime
        for config_id, indexes in by_config.items():
            storage = await self.by_id(config_id)
            paths, versions = [places[index].path for index in indexes], [places[index].version for index in indexes]
            signed = await storage.sign(paths, base_url=base_url, versions=versions)
            expire_at = min(expire_at, signed.expire_at)
            for index, url in zip(indexes, signed.urls, strict=True):
                urls[index] = url
        return Signed(urls, expire_at)

    # --- open ---

    async def open_store(self, team_id: str, body: Body) -> Store:
        """A store of its own for `body`, as far as the team may have it."""
        return await self._egress.open_store(team_id, await self._options(team_id, body))

    async def access(self, config: StorageConfig) -> Access:
        """For who asks something about a store without opening it."""
        if config.is_managed:
            return Access(*self._managed.place(config.team_id))
        options = await self._options(config.team_id, await self.body_of(config))
        return Access(options, config.file_path, self._egress.guard(config.team_id))

    async def diagnose(self, team_id: str, name: str) -> Diagnosis:
        """With a store of its own: the one that is kept open may have been opened before something changed."""
        # No other is opened: of one that may not be, the diagnosis says so.
        config = (await self.managed(team_id)).config if name == MANAGED else await self._configs.find(team_id, name)
        options, path, guard = await self.access(config)
        if guard is None:
            return await diagnose(options, path=path)
        return await diagnose(options, path=path, proxy=guard.proxy, resolve=guard.resolve)

    async def _options(self, team_id: str, body: Body) -> Options:
        # In a thread: it looks at folders.
        body = await to_thread.run_sync(authorized, self._settings, team_id, body)
        if not self._settings.embedded:
            self._managed.refuse(body)
        if isinstance(body, LocalConfig) and body.is_service:
            sign = partial((await self._service_key.signer()).sign, audience=body.endpoint, team=team_id)
            return ServiceOptions(endpoint=body.endpoint, token=sign, ca_bundle=self._settings.ca_bundle)
        return to_options(body, shows_sas=self._settings.embedded)

    async def body_of(self, config: StorageConfig) -> Body:
        """With its secrets. ForbiddenError where no key opens them."""

        def read() -> Body:
            return from_row(config, None if config.secrets is None else self._box.open(config.secrets))

        return await to_thread.run_sync(read)

    async def _storage(self, config: StorageConfig) -> Storage:
        kept = self._open.get(config.id)
        if kept is not None and kept.config.revision >= config.revision:
            return kept
        options = await self._options(config.team_id, await self.body_of(config))
        store = await self._egress.open_store(config.team_id, options)
        return await self._keep(config, store, by_sas=_is_by_sas(options))

    async def _keep(self, config: StorageConfig, store: Store, *, by_sas: bool = False) -> Storage:
        kept = self._open.get(config.id)
        if kept is not None and kept.config.revision >= config.revision:  # another request was faster
            await store.aclose()
            return kept
        storage = Storage(config, store, self._settings, self._signer, by_sas=by_sas)
        self._open[config.id] = storage
        self._trusted_until[config.id] = time.monotonic() + _TRUST_SECONDS
        self._retire(kept)
        del kept
        await self._close_unused()
        return storage

    async def _is_current(self, storage: Storage) -> bool:
        """By the database, asked every few seconds at most, and by one request for all that come meanwhile."""
        config = storage.config
        now = time.monotonic()
        if config.is_managed or now < self._trusted_until[config.id]:
            return True
        self._trusted_until[config.id] = now + _TRUST_SECONDS
        return await self._configs.revision(config.id) == config.revision

    # --- close ---

    def _retire(self, storage: Storage | None) -> None:
        if storage is not None:
            self._retired.append((weakref.ref(storage), storage.store))

    async def _close_unused(self) -> None:
        """The retired ones that no request holds any more."""
        # One by one: whoever is cancelled meanwhile leaves the others to the next one.
        while unused := next((retired for retired in self._retired if retired[0]() is None), None):
            self._retired.remove(unused)
            await unused[1].aclose()


def _is_by_sas(options: Options) -> bool:
    return isinstance(options, AzureOptions) and isinstance(options.credentials, SasToken)
