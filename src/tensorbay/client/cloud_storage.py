# Generated from tensorbay.aio.cloud_storage by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from tensorbay.aio.cloud_storage import AsyncCloudClient
from tensorbay.client._facade import Facade
from tensorbay.client.lazy import PagingList
from tensorbay.client.struct import StorageConfig, StorageCredentials
from tensorbay.dataset import AuthData

__all__ = ["CloudClient", "StorageConfig"]


class CloudClient(Facade, core=AsyncCloudClient):
    """The files of one storage config that are not in a dataset yet."""

    _core: AsyncCloudClient

    @property
    def name(self) -> str:
        """The name of the storage config."""
        return self._core.name

    def list_auth_data(self, path: str = "") -> PagingList[AuthData]:
        """The files whose keys begin with `path`, at any depth, in ascending order of the keys.

        Keys are those of the bucket: they include the config's own path. ResourceNotExistError, when the listing is
        used, if nothing begins with `path`; its message says what lies at the parent.
        """
        return self._get(self._core.list_auth_data, path)

    def get_credentials(self, *, write: bool = False) -> StorageCredentials:
        """A key for what lies below the config's path, for tools that want one; it ends, so ask again in time.

        Configs that take on a role lend it, cut down to the path. StorageAccessError says why there is none: files are
        read without it all the same.
        """
        return self._call(self._core.get_credentials, write=write)
