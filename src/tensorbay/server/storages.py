from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from anyio import to_thread

from tensorbay.exception import (
    AccessDeniedError,
    ForbiddenError,
    InvalidParamsError,
    NameConflictError,
    ObjectNotFoundError,
    ResourceNotExistError,
    StorageAccessError,
    StorageError,
)
from tensorbay.local_storage import TokenSigner
from tensorbay.server.configs import MANAGED, StorageConfig, check_config_name, managed_id
from tensorbay.storage import (
    AccessKey,
    FolderOptions,
    ObjectInfo,
    Options,
    S3Options,
    ServiceOptions,
    ServiceStore,
    Store,
    check_key,
    check_s3_key,
    open_store,
    service_url,
)
from tensorbay.wire import BucketConfigBody, LocalConfigBody, nearby

if TYPE_CHECKING:
    from tensorbay.server.configs import Kind, StorageConfigs
    from tensorbay.server.secrets import SecretBox
    from tensorbay.server.settings import ServerSettings
    from tensorbay.server.urls import UrlSigner

__all__ = ["Signed", "Storage", "Storages", "token_signer"]


class Signed(NamedTuple):
    urls: list[str]
    expire_at: float


class Storage:
    """A storage config with its open store."""

    def __init__(self, config: StorageConfig, store: Store, settings: ServerSettings, signer: UrlSigner) -> None:
        self.config = config
        self.store = store
        self._lifetime = settings.url_lifetime
        self._is_folder = config.kind != "s3" and not isinstance(store, ServiceStore)
        # A client in the same process opens files itself; any other gets a folder's files through this server.
        self._signer = signer if self._is_folder and not settings.embedded else None
        self._forms = signer

    def key(self, *parts: str) -> str:
        """A key below the config's path."""
        return "/".join(part for part in (self.config.file_path, *parts) if part)

    def check_keys(self, paths: Sequence[str]) -> None:
        """A key that the store cannot take is refused before it is indexed: its page could not be signed any more."""
        check = check_s3_key if self.config.kind == "s3" else check_key
        try:
            for path in paths:
                check(path)
        except StorageError as error:
            raise InvalidParamsError(str(error)) from None

    async def sign(self, paths: Sequence[str], *, base_url: str, method: str = "GET") -> Signed:
        expires = time.time() + self._lifetime
        if self._signer is None:
            return Signed(await self.store.sign(paths, method=method, expires=self._lifetime), expires)
        urls = self._signer.sign(base_url, self.config.id, paths, method=method, expires=expires)
        return Signed(urls, float(int(expires)))

    def sign_form(self, prefix: str, *, base_url: str, expires: int) -> str:
        """A URL to POST forms of 1.x to: this server, except where the storage takes forms itself."""
        if isinstance(self.store, ServiceStore):
            return self.store.sign_form(prefix, expires=expires)
        return self._forms.sign_prefix(base_url, self.config.id, prefix, expires=expires)

    async def head(self, path: str) -> ObjectInfo:
        """ResourceNotExistError names the path and what lies beside it."""
        self.check_keys([path])
        try:
            return await self.store.head(path)
        except ObjectNotFoundError:
            raise await self.not_found(path) from None

    async def not_found(self, path: str) -> ResourceNotExistError:
        folder = path.rpartition("/")[0]
        level = await self.store.list_level(f"{folder}/" if folder else "")
        return ResourceNotExistError(
            resource=f'file in storage config "{self.config.name}"',
            identification=path,
            nearby=nearby(path, [*level.files, *level.folders]),
        )


class Storages:
    """Opens a store once per config and keeps it."""

    def __init__(
        self,
        configs: StorageConfigs,
        box: SecretBox,
        settings: ServerSettings,
        signer: UrlSigner,
        tokens: TokenSigner,
    ) -> None:
        self._tokens = tokens
        self._configs = configs
        self._box = box
        self._settings = settings
        self._signer = signer
        self._open: dict[str, Storage] = {}

    async def aclose(self) -> None:
        while self._open:
            _, storage = self._open.popitem()
            await storage.store.aclose()

    async def forget(self, config_id: str) -> None:
        """Close the store of a config that was deleted, and let go of its credentials."""
        if (storage := self._open.pop(config_id, None)) is not None:
            await storage.store.aclose()

    # --- look up ---

    async def named(self, team_id: str, name: str) -> Storage:
        if name == MANAGED:
            return await self.managed(team_id)
        return await self._storage(await self._configs.find(team_id, name))

    async def by_id(self, config_id: str) -> Storage:
        if (storage := self._open.get(config_id)) is not None:
            return storage
        config = await self._configs.get(config_id)
        if config is None:
            raise ResourceNotExistError(resource="storage config", identification=config_id)
        if config.is_managed:
            return await self.managed(config.team_id)
        return await self._storage(config)

    async def default(self, team_id: str, config_id: str | None) -> Storage:
        """Where a dataset keeps files that are given to it; `config_id` is its own."""
        return await self.managed(team_id) if config_id is None else await self.by_id(config_id)

    async def managed(self, team_id: str) -> Storage:
        """The server's own storage; each team has a folder of its own, so that knowing a checksum is no access."""
        if (storage := self._open.get(managed_id(team_id))) is not None:
            return storage
        folder = self._settings.objects_folder / team_id
        await to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True, mode=0o700))
        return await self._storage(await self._configs.managed(team_id))

    async def sign(self, places: Sequence[tuple[str, str]], *, base_url: str) -> Signed:
        """Download URLs for objects, each given by config id and key, in order."""
        by_config: dict[str, list[int]] = {}
        for index, (config_id, _) in enumerate(places):
            by_config.setdefault(config_id, []).append(index)
        urls = [""] * len(places)
        expire_at = time.time() + self._settings.url_lifetime
        for config_id, indexes in by_config.items():
            storage = await self.by_id(config_id)
            signed = await storage.sign([places[index][1] for index in indexes], base_url=base_url)
            expire_at = min(expire_at, signed.expire_at)
            for index, url in zip(indexes, signed.urls, strict=True):
                urls[index] = url
        return Signed(urls, expire_at)

    async def _storage(self, config: StorageConfig) -> Storage:
        if (storage := self._open.get(config.id)) is not None:
            return storage
        # In a thread: it looks at folders, and the first store of a kind loads its library.
        store = await to_thread.run_sync(lambda: open_store(self._options(config)))
        opened = Storage(config, store, self._settings, self._signer)
        storage = self._open.setdefault(config.id, opened)
        if storage is not opened:  # another request was faster
            await store.aclose()
        return storage

    def _options(self, config: StorageConfig) -> Options:
        if config.kind == "managed":
            return FolderOptions(root=self._settings.objects_folder / config.team_id)
        if config.kind == "local" and "endpoint" in config.options:
            return self._service_options(config.options["endpoint"], config.team_id)
        if config.kind == "local":
            folder = Path(config.options["folder"])
            self._check_folder(folder)
            return FolderOptions(root=folder)
        secret = self._box.open(config.secrets or b"")["access_key_secret"]
        return _s3_options(secret=secret, **config.options)

    def _service_options(self, endpoint: str, team_id: str) -> ServiceOptions:
        sign = partial(self._tokens.sign, audience=endpoint, team=team_id)
        return ServiceOptions(endpoint=endpoint, token=sign, ca_bundle=self._settings.ca_bundle)

    def _check_folder(self, folder: Path) -> None:
        if not self._settings.allows_folder(folder):
            raise ForbiddenError(
                f"This server may not open the folder {folder}: its operator allows folders with the setting "
                "`allow_folders` (TENSORBAY_ALLOW_FOLDERS), and never its own home or a folder around that."
            )

    # --- make ---

    async def create_s3(self, team_id: str, body: BucketConfigBody) -> StorageConfig:
        secret = body.accesskey_secret.get_secret_value()
        options = {
            "endpoint": body.endpoint,
            "bucket": body.bucket_name,
            "access_key_id": body.accesskey_id,
        }
        sealed = self._box.seal({"access_key_secret": secret})
        return await self._create(
            team_id,
            body.name,
            body.file_path,
            kind="s3",
            options=options,
            secrets=sealed,
            opened=_s3_options(secret=secret, **options),
        )

    async def create_local(self, team_id: str, body: LocalConfigBody) -> StorageConfig:
        if body.endpoint.strip().startswith(("http://", "https://")):
            return await self._create_service(team_id, body)
        folder = _folder(body.endpoint)
        await to_thread.run_sync(self._check_folder, folder)
        return await self._create(
            team_id,
            body.name,
            body.file_path,
            kind="local",
            options={"folder": str(folder)},
            secrets=None,
            opened=FolderOptions(root=folder),
        )

    async def _create_service(self, team_id: str, body: LocalConfigBody) -> StorageConfig:
        """Without asking the service: it may be started later, or be in a network that only clients reach."""
        try:
            endpoint = service_url(body.endpoint)
        except StorageError as error:
            raise InvalidParamsError(str(error)) from None
        return await self._create(
            team_id, body.name, body.file_path, kind="local", options={"endpoint": endpoint}, secrets=None, opened=None
        )

    async def _create(
        self,
        team_id: str,
        name: str,
        file_path: str,
        *,
        kind: Kind,
        options: dict[str, str],
        secrets: bytes | None,
        opened: Options | None,
    ) -> StorageConfig:
        check_config_name(name)
        file_path = _file_path(file_path)
        # Before the store is contacted: the cheaper and more likely mistake.
        if name == MANAGED or (await self._configs.list(team_id, name=name, limit=1))[1]:
            raise NameConflictError(resource="storage config", identification=name)
        if opened is not None:
            await _check(opened)
        return await self._configs.add(team_id, name, kind=kind, file_path=file_path, options=options, secrets=secrets)


def token_signer(box: SecretBox) -> TokenSigner:
    """It signs for local storage services; the same in every process that shares the home."""
    return TokenSigner(box.derive("storage service tokens"))


def _s3_options(*, endpoint: str, bucket: str, access_key_id: str, secret: str) -> S3Options:
    return S3Options(endpoint=endpoint, bucket=bucket, credentials=AccessKey(key_id=access_key_id, secret=secret))


async def _check(options: Options) -> None:
    """A config that cannot work is refused with the store's own words."""
    try:
        store = await to_thread.run_sync(open_store, options)
        try:
            await store.check()
        finally:
            await store.aclose()
    except StorageAccessError as error:
        raise AccessDeniedError(str(error)) from None
    except StorageError as error:
        raise InvalidParamsError(str(error)) from None


def _file_path(path: str) -> str:
    path = path.strip("/")
    parts = path.split("/") if path else []
    if any(part in {"", ".", ".."} for part in parts) or not path.isprintable():
        raise InvalidParamsError(
            f"Invalid filePath {path!r}: it has to be a folder of the storage, such as `data/images`."
        )
    return path


def _folder(endpoint: str) -> Path:
    parts = urlsplit(endpoint)
    if parts.scheme != "file":
        raise InvalidParamsError(
            f"Invalid endpoint {endpoint!r}: a local storage service is given as `http://host:9000`, "
            "a folder of this server's machine as `file:///folder`."
        )
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment or "\0" in unquote(parts.path):
        raise InvalidParamsError(
            f"Invalid endpoint {endpoint!r}: a folder is given as `file:///folder`, "
            "with `?` and `#` percent-encoded (`pathlib.Path(...).as_uri()` does that)."
        )
    folder = Path(url2pathname(parts.path))
    if not folder.is_absolute():
        raise InvalidParamsError(f"Invalid endpoint {endpoint!r}: the folder has to be absolute.")
    return folder
