# Generated from tensorbay.aio.segment by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tensorbay.aio.segment import AsyncSegmentClient
from tensorbay.client._facade import Facade
from tensorbay.client.lazy import PagingList
from tensorbay.client.status import Status
from tensorbay.dataset import AuthData, Data, RemoteData

__all__ = ["SegmentClient"]


class SegmentClient(Facade, core=AsyncSegmentClient):
    """One segment of a dataset, in the version its dataset client stands on."""

    _core: AsyncSegmentClient

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def status(self) -> Status:
        """Shared with the dataset client: a checkout there moves this client too."""
        return self._core.status

    def list_data(self) -> PagingList[RemoteData]:
        """The data with their labels, in order of their remote paths."""
        return self._get(self._core.list_data)

    def get_data(self, remote_path: str) -> RemoteData:
        return self._call(self._core.get_data, remote_path)

    def list_data_paths(self) -> PagingList[str]:
        """The remote paths of the data, in order."""
        return self._get(self._core.list_data_paths)

    def list_urls(self) -> PagingList[str]:
        """A URL for each data, in order of the remote paths. URLs expire: ask when they are needed."""
        return self._get(self._core.list_urls)

    def delete_data(self, remote_path: str) -> None:
        self._call(self._core.delete_data, remote_path)

    def upload_file(self, local_path: str | Path, target_remote_path: str = "") -> None:
        """Upload one local file, without a label."""
        self._call(self._core.upload_file, local_path, target_remote_path)

    def upload_data(self, data: Data) -> None:
        """Upload one local file with its label; what lies at its remote path is replaced."""
        self._call(self._core.upload_data, data)

    def import_auth_data(self, data: AuthData) -> None:
        """Index one file of a storage config with its label; what lies at its remote path is replaced.

        A file below the config's path stays where it is, another is copied there by the store.
        """
        self._call(self._core.import_auth_data, data)

    def upload_label(self, data: Data | RemoteData | Iterable[Data | RemoteData]) -> None:
        """Replace the labels of data that are in the segment already; data without a label are left alone."""
        self._call(self._core.upload_label, data)
