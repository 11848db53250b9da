# Generated from tensorbay.aio.dataset by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from types import EllipsisType

from tensorbay.aio.dataset import AsyncDatasetClient
from tensorbay.client.lazy import PagingList
from tensorbay.client.segment import SegmentClient
from tensorbay.client.status import Status
from tensorbay.client.version import VersionControlMixin
from tensorbay.dataset import Notes, Segment
from tensorbay.label import Catalog

__all__ = ["DatasetClient"]


class DatasetClient(VersionControlMixin, core=AsyncDatasetClient):
    """A dataset, in the version that `status` says; made by `GAS.create_dataset` and `get_dataset`."""

    _core: AsyncDatasetClient

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def dataset_id(self) -> str:
        return self._core.dataset_id

    @property
    def status(self) -> Status:
        return self._core.status

    @property
    def alias(self) -> str:
        return self._core.alias

    @property
    def is_public(self) -> bool:
        return self._core.is_public

    def list_segment_names(self) -> PagingList[str]:
        """The names of the segments, in order."""
        return self._get(self._core.list_segment_names)

    def get_segment(self, name: str = "default") -> SegmentClient:
        return self._call(self._core.get_segment, name)

    def create_segment(self, name: str = "default") -> SegmentClient:
        """NameConflictError if it exists."""
        return self._call(self._core.create_segment, name)

    def get_or_create_segment(self, name: str = "default") -> SegmentClient:
        return self._call(self._core.get_or_create_segment, name)

    def delete_segment(self, name: str) -> None:
        self._call(self._core.delete_segment, name)

    def upload_segment(
        self, segment: Segment, *, jobs: int = 1, skip_uploaded_files: bool = False, quiet: bool = False
    ) -> SegmentClient:
        """Index the AuthData and upload the local Data of `segment`, `jobs` files at a time.

        The segment is created where it does not exist; data at the same remote path are replaced, or left alone with
        `skip_uploaded_files`. Data that are in a dataset already (RemoteData) are not copied.
        """
        return self._call(
            self._core.upload_segment, segment, jobs=jobs, skip_uploaded_files=skip_uploaded_files, quiet=quiet
        )

    def upload_catalog(self, catalog: Catalog) -> None:
        """Replace the catalog of the draft."""
        self._call(self._core.upload_catalog, catalog)

    def get_catalog(self) -> Catalog:
        return self._call(self._core.get_catalog)

    def update_notes(
        self, *, is_continuous: bool | None = None, bin_point_cloud_fields: list[str] | EllipsisType | None = ...
    ) -> None:
        """Change notes of the draft. `...` leaves `bin_point_cloud_fields` alone, None clears it."""
        self._call(self._core.update_notes, is_continuous=is_continuous, bin_point_cloud_fields=bin_point_cloud_fields)

    def get_notes(self) -> Notes:
        return self._call(self._core.get_notes)

    def get_total_size(self) -> int:
        """Bytes of all files in the commit."""
        return self._call(self._core.get_total_size)
