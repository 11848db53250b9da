# Generated from tensorbay.aio.dataset by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from pathlib import Path
from types import EllipsisType

from tensorbay.aio.dataset import AsyncDatasetClient, AsyncDatasetClientBase, AsyncFusionDatasetClient
from tensorbay.client.diff import DatasetDiff
from tensorbay.client.lazy import PagingList
from tensorbay.client.requests import multithread_upload
from tensorbay.client.segment import FusionSegmentClient, SegmentClient
from tensorbay.client.statistics import Statistics
from tensorbay.client.status import Status
from tensorbay.client.version import VersionControlMixin
from tensorbay.dataset import FusionSegment, Notes, Segment
from tensorbay.label import Catalog

__all__ = ["DatasetClient", "DatasetClientBase", "FusionDatasetClient", "multithread_upload"]


class DatasetClientBase(VersionControlMixin, core=AsyncDatasetClientBase):
    """What datasets of both kinds can do."""

    _core: AsyncDatasetClientBase

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

    @property
    def cache_enabled(self) -> bool:
        """Whether files are kept that are opened now: a draft is never cached."""
        return self._core.cache_enabled

    def enable_cache(self, cache_path: str | Path = "") -> None:
        """Keep the files of commits that are opened below `cache_path`, by default in the system's temporary folder.

        Listings that are made from now on look there first. A warning is logged when the dataset is larger than the
        space that is left.
        """
        self._call(self._core.enable_cache, cache_path)

    def list_segment_names(self) -> PagingList[str]:
        """The names of the segments, in order."""
        return self._get(self._core.list_segment_names)

    def list_segments(self) -> PagingList[dict[str, str]]:
        """The "name" and "description" of the segments, in order of their names."""
        return self._get(self._core.list_segments)

    def delete_segment(self, name: str) -> None:
        """Delete a segment of the draft; other versions keep it. ResourceNotExistError if there is none."""
        self._call(self._core.delete_segment, name)

    def upload_catalog(self, catalog: Catalog) -> None:
        """Replace the catalog of the draft."""
        self._call(self._core.upload_catalog, catalog)

    def get_catalog(self) -> Catalog:
        """That of the current version, empty where none was uploaded."""
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

    def get_label_statistics(self) -> Statistics:
        """How many labels there are, by type, category and attribute."""
        return self._call(self._core.get_label_statistics)


class DatasetClient(DatasetClientBase, core=AsyncDatasetClient):
    """A dataset, in the version that `status` says; made by `GAS.create_dataset` and `get_dataset`."""

    _core: AsyncDatasetClient

    def get_segment(self, name: str = "default") -> SegmentClient:
        """ResourceNotExistError, which names what comes close, if the current version has none of this name."""
        return self._call(self._core.get_segment, name)

    def create_segment(self, name: str = "default") -> SegmentClient:
        """NameConflictError if it exists."""
        return self._call(self._core.create_segment, name)

    def get_or_create_segment(self, name: str = "default") -> SegmentClient:
        """Creating takes a draft, StatusError on a commit."""
        return self._call(self._core.get_or_create_segment, name)

    def copy_segment(
        self,
        source_name: str,
        target_name: str | None = None,
        *,
        source_client: DatasetClient | None = None,
        strategy: str = "abort",
    ) -> SegmentClient:
        """Copy a segment of this draft, or of the version `source_client` stands on. No file is moved about.

        Where the target exists, `strategy` "abort" is an InternalServerError, "override" replaces the whole segment,
        "skip" leaves it as it is.
        """
        return self._call(
            self._core.copy_segment, source_name, target_name, source_client=source_client, strategy=strategy
        )

    def move_segment(self, source_name: str, target_name: str, *, strategy: str = "abort") -> SegmentClient:
        """Rename a segment. Strategies are those of `copy_segment`; with "skip" the source is gone all the same."""
        return self._call(self._core.move_segment, source_name, target_name, strategy=strategy)

    def get_diff(self, *, head: str | int | None = None) -> DatasetDiff:
        """What a revision, or the draft of a number, changed of its parent; by default the current version."""
        return self._call(self._core.get_diff, head=head)

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


class FusionDatasetClient(DatasetClientBase, core=AsyncFusionDatasetClient):
    """A dataset of frames, in the version that `status` says; made like a dataset, with `is_fusion`."""

    _core: AsyncFusionDatasetClient

    def get_segment(self, name: str = "default") -> FusionSegmentClient:
        """ResourceNotExistError, which names what comes close, if the current version has none of this name."""
        return self._call(self._core.get_segment, name)

    def create_segment(self, name: str = "default") -> FusionSegmentClient:
        """NameConflictError if it exists."""
        return self._call(self._core.create_segment, name)

    def get_or_create_segment(self, name: str = "default") -> FusionSegmentClient:
        """Creating takes a draft, StatusError on a commit."""
        return self._call(self._core.get_or_create_segment, name)

    def copy_segment(
        self,
        source_name: str,
        target_name: str | None = None,
        *,
        source_client: FusionDatasetClient | None = None,
        strategy: str = "abort",
    ) -> FusionSegmentClient:
        """Copy a segment of this draft, or of the version `source_client` stands on. No file is moved about.

        Where the target exists, `strategy` "abort" is an InternalServerError, "override" replaces the whole segment,
        "skip" leaves it as it is.
        """
        return self._call(
            self._core.copy_segment, source_name, target_name, source_client=source_client, strategy=strategy
        )

    def move_segment(self, source_name: str, target_name: str, *, strategy: str = "abort") -> FusionSegmentClient:
        """Rename a segment. Strategies are those of `copy_segment`; with "skip" the source is gone all the same."""
        return self._call(self._core.move_segment, source_name, target_name, strategy=strategy)

    def upload_segment(
        self, segment: FusionSegment, *, jobs: int = 1, skip_uploaded_files: bool = False, quiet: bool = False
    ) -> FusionSegmentClient:
        """Upload the sensors of `segment`, then import and upload the files of its frames, `jobs` at a time.

        Frames keep their order: either all have a `frame_id`, or none and they get ids here. With
        `skip_uploaded_files` what a frame has at the same remote path is left alone.
        """
        return self._call(
            self._core.upload_segment, segment, jobs=jobs, skip_uploaded_files=skip_uploaded_files, quiet=quiet
        )
