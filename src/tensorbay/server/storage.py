"""A storage config with its open store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import anyio

from tensorbay.exception import InvalidParamsError, ObjectNotFoundError, ResourceNotExistError, StorageError
from tensorbay.storage import FolderStore, Level, ObjectInfo, ServiceStore, Store, check_key, check_s3_key
from tensorbay.wire import nearby

if TYPE_CHECKING:
    from tensorbay.server.configs import StorageConfig
    from tensorbay.server.settings import ServerSettings
    from tensorbay.server.urls import UrlSigner

__all__ = ["Place", "Signed", "Storage"]

# Before that, what lies beside a missing file has to be known.
_HINT_SECONDS = 3.0


class Place(NamedTuple):
    """Where an object lies: a config's id, a key, and the version that was indexed where the store has versions."""

    config: str
    path: str
    version: str | None = None


class Signed(NamedTuple):
    """An upload has to send `headers`."""

    urls: list[str]
    expire_at: float
    headers: dict[str, str] = {}


class Storage:
    def __init__(
        self, config: StorageConfig, store: Store, settings: ServerSettings, signer: UrlSigner, *, by_sas: bool = False
    ) -> None:
        self.config = config
        self.store = store
        self._lifetime = settings.url_lifetime
        # A client in the same process opens files itself, or may see the SAS, which is its own; any other gets what
        # such stores cannot sign for through this server.
        is_served = (isinstance(store, FolderStore) or by_sas) and not settings.embedded
        self._signer = signer if is_served else None

    def key(self, *parts: str) -> str:
        """A key below the config's path."""
        return "/".join(part for part in (self.config.file_path, *parts) if part)

    def check_keys(self, paths: Sequence[str]) -> None:
        """A key that the store cannot take is refused before it is indexed: its page could not be signed any more."""
        check = check_key if self._has_files else check_s3_key
        try:
            for path in paths:
                check(path)
        except StorageError as error:
            raise InvalidParamsError(str(error)) from None

    async def sign(
        self,
        paths: Sequence[str],
        *,
        base_url: str,
        method: str = "GET",
        versions: Sequence[str | None] | None = None,
    ) -> Signed:
        """URLs of these versions, where the store has any."""
        given = None if self._has_files or versions is None or not any(versions) else versions
        if self._signer is not None:
            expires = int(time.time() + self._lifetime)
            urls = self._signer.sign(base_url, self.config.id, paths, method=method, expires=expires, versions=given)
            return Signed(urls, float(expires))
        signed = await self.store.sign(paths, method=method, expires=self._lifetime, versions=given)
        return Signed(signed, signed.expire_at, signed.headers)

    @property
    def _has_files(self) -> bool:
        """Not objects of a bucket."""
        return isinstance(self.store, (FolderStore, ServiceStore))

    async def head(self, path: str) -> ObjectInfo:
        """ResourceNotExistError names the path and what lies beside it."""
        self.check_keys([path])
        try:
            return await self.store.head(path)
        except ObjectNotFoundError:
            raise await self.not_found(path) from None

    async def not_found(self, path: str) -> ResourceNotExistError:
        folder = path.rpartition("/")[0]
        level = await self.beside(f"{folder}/" if folder else "") or Level([], [])
        return ResourceNotExistError(
            resource=f'file in storage config "{self.config.name}"',
            identification=path,
            nearby=nearby(path, [*level.files, *level.folders]),
        )

    async def beside(self, prefix: str) -> Level | None:
        """What an error can say that there is. None: it would take long to find out, as where millions of files lie."""
        with anyio.move_on_after(_HINT_SECONDS):
            return await self.store.list_level(prefix)
        return None
