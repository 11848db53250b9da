from __future__ import annotations

from urllib.parse import quote

from msgspec.structs import asdict

from tensorbay.aio._readers import CloudAddress, RemoteReader
from tensorbay.aio._session import Session
from tensorbay.aio.lazy import AsyncPager, Cursor, Page
from tensorbay.aio.struct import StorageConfig, StorageCredentials
from tensorbay.dataset import AuthData
from tensorbay.exception import StorageAccessError
from tensorbay.wire import PAGE_LIMIT, V2, CloudFile, CloudFiles, CredentialsBody, Lent, decode

__all__ = ["AsyncCloudClient", "StorageConfig"]


class AsyncCloudClient:
    """The files of one storage config that are not in a dataset yet."""

    def __init__(self, name: str, session: Session) -> None:
        self._name = name
        self._session = session

    @property
    def name(self) -> str:
        """The name of the storage config."""
        return self._name

    def list_auth_data(self, path: str = "") -> AsyncPager[AuthData]:
        """The files whose keys begin with `path`, at any depth, in ascending order of the keys.

        Keys are those of the bucket: they include the config's own path. ResourceNotExistError, when the listing is
        used, if nothing begins with `path`; its message says what lies at the parent.
        """
        reader = RemoteReader(self._session, CloudAddress(self._name))

        def load(file: CloudFile) -> AuthData:
            data = AuthData(file.path)
            data.size, data.etag, data.mtime, data.version = file.size, file.etag, file.mtime, file.version
            data.config_name = self._name
            data._reader = reader
            return data

        return self._list_files(path, sign=False).map(load)

    async def get_credentials(self, *, write: bool = False) -> StorageCredentials:
        """A key for what lies below the config's path, for tools that want one; it ends, so ask again in time.

        Configs that take on a role lend it, cut down to the path. StorageAccessError says why there is none: files are
        read without it all the same.
        """
        path, body = f"storage-configs/{quote(self._name, safe='')}/credentials", CredentialsBody(write=write).to_json()
        response = await self._session.transport.request("POST", path, root=V2, json=body)
        lent = decode(response.content, Lent)
        if lent.credentials is None:
            raise StorageAccessError(lent.reason)
        return StorageCredentials(**asdict(lent.credentials))

    def _list_files(self, prefix: str, *, sign: bool) -> AsyncPager[CloudFile]:
        async def fetch(cursor: Cursor) -> Page[CloudFile]:
            params = {
                "config": self._name,
                "prefix": prefix,
                "after": cursor,
                "limit": PAGE_LIMIT,
                "sign": int(sign),
            }
            page = await self._session.transport.get("cloud/files", CloudFiles, root=V2, params=params)
            return Page(page.files, page.next)

        return AsyncPager(fetch)
