from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import EllipsisType
from typing import Any
from urllib.parse import quote

import anyio.to_thread

from tensorbay.aio._cache import Cache, missing_space
from tensorbay.aio._frames import count_files, frame_items, with_ids
from tensorbay.aio._paging import offset_pager
from tensorbay.aio._session import Session
from tensorbay.aio._transfer import checked_strategy
from tensorbay.aio.diff import DataDiff, DatasetDiff, SegmentDiff
from tensorbay.aio.lazy import AsyncPager
from tensorbay.aio.log import CACHE_SPACE_WARNING, UPLOAD_SEGMENT_RESUME_TEMPLATE_SDK
from tensorbay.aio.segment import AsyncFusionSegmentClient, AsyncSegmentClient, AsyncSegmentClientBase
from tensorbay.aio.statistics import Statistics
from tensorbay.aio.status import Status
from tensorbay.aio.version import AsyncVersionControl
from tensorbay.dataset import AuthData, Data, FusionSegment, Notes, Segment
from tensorbay.exception import NameConflictError, ResourceNotExistError, StatusError
from tensorbay.importing import UploadItem, upload_bar
from tensorbay.label import Catalog
from tensorbay.wire import NotesPatch, SegmentBody, SegmentCopyBody, SegmentDeleteBody, SegmentSource, nearby

__all__ = ["AsyncDatasetClient", "AsyncDatasetClientBase", "AsyncFusionDatasetClient"]

_logger = logging.getLogger(__name__)


class AsyncDatasetClientBase(AsyncVersionControl):
    """What datasets of both kinds can do."""

    def __init__(
        self,
        name: str,
        dataset_id: str,
        session: Session,
        *,
        status: Status,
        alias: str = "",
        is_public: bool = False,
    ) -> None:
        self._name = name
        self._dataset_id = dataset_id
        self._session = session
        self._status = status
        self._alias = alias
        self._is_public = is_public
        self._cache = Cache(dataset_id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r}, {self._status!r})"

    @property
    def name(self) -> str:
        return self._name

    @property
    def dataset_id(self) -> str:
        return self._dataset_id

    @property
    def status(self) -> Status:
        return self._status

    @property
    def alias(self) -> str:
        return self._alias

    @property
    def is_public(self) -> bool:
        return self._is_public

    @property
    def cache_enabled(self) -> bool:
        """Whether files are kept that are opened now: a draft is never cached."""
        return self._cache.is_on(self._status)

    async def enable_cache(self, cache_path: str | Path = "") -> None:
        """Keep the files of commits that are opened below `cache_path`, by default in the system's temporary folder.

        Listings that are made from now on look there first. A warning is logged when the dataset is larger than the
        space that is left.
        """
        if self._status.is_draft:
            raise StatusError("Cache is not available for datasets under draft status")
        size = await self.get_total_size()
        folder = await anyio.to_thread.run_sync(self._cache.enable, cache_path)
        _logger.info('The %s bytes of "%s" are cached in "%s"', size, self._name, folder)
        left = await anyio.to_thread.run_sync(missing_space, folder, size)
        if left is not None:
            _logger.warning(CACHE_SPACE_WARNING, left, size)

    def list_segment_names(self) -> AsyncPager[str]:
        """The names of the segments, in order."""
        return self.list_segments().map(lambda item: item["name"])

    def list_segments(self) -> AsyncPager[dict[str, str]]:
        """The "name" and "description" of the segments, in order of their names."""
        return offset_pager(
            self._session.transport,
            self._path("segments"),
            "segments",
            lambda item: {"name": item["name"], "description": item["description"]},
            params=self._status.get_status_info,
        )

    async def delete_segment(self, name: str) -> None:
        """Delete a segment of the draft; other versions keep it. ResourceNotExistError if there is none."""
        body = SegmentDeleteBody(segment_name=name, draft_number=self._status.draft())
        await self._session.transport.request("DELETE", self._path("segments"), json=body.to_json())

    async def upload_catalog(self, catalog: Catalog) -> None:
        """Replace the catalog of the draft."""
        body = {"catalog": catalog.dumps(), "draftNumber": self._status.draft()}
        await self._session.transport.request("PUT", self._path("labels/catalogs"), json=body)

    async def get_catalog(self) -> Catalog:
        """That of the current version, empty where none was uploaded."""
        response = await self._session.transport.request(
            "GET", self._path("labels/catalogs"), params=self._status.get_status_info()
        )
        return Catalog.loads(response.json()["catalog"])

    async def update_notes(
        self,
        *,
        is_continuous: bool | None = None,
        bin_point_cloud_fields: list[str] | EllipsisType | None = ...,
    ) -> None:
        """Change notes of the draft. `...` leaves `bin_point_cloud_fields` alone, None clears it."""
        given: dict[str, Any] = {}
        if is_continuous is not None:
            given["is_continuous"] = is_continuous
        if bin_point_cloud_fields is not ...:
            given["bin_point_cloud_fields"] = bin_point_cloud_fields
        body = NotesPatch(draft_number=self._status.draft(), **given)
        await self._session.transport.request("PATCH", self._path("notes"), json=body.to_json())

    async def get_notes(self) -> Notes:
        response = await self._session.transport.request(
            "GET", self._path("notes"), params=self._status.get_status_info()
        )
        return Notes.loads(response.json())

    async def get_total_size(self) -> int:
        """Bytes of all files in the commit."""
        self._status.check_authority_for_commit()
        response = await self._session.transport.request(
            "GET", self._path("total-size"), params=self._status.get_status_info()
        )
        return int(response.json()["totalSize"])

    async def get_label_statistics(self) -> Statistics:
        """How many labels there are, by type, category and attribute."""
        response = await self._session.transport.request(
            "GET", self._path("labels/statistics"), params=self._status.get_status_info()
        )
        return Statistics(response.json()["labelStatistics"])

    async def _find_segment(self, name: str) -> None:
        names = []
        async for existing in self.list_segment_names():
            if existing == name:
                return
            names.append(existing)
        raise ResourceNotExistError(resource="segment", identification=name, nearby=nearby(name, names))

    async def _make_segment(self, name: str, *, exist_ok: bool = False) -> None:
        body = SegmentBody(name=name, draft_number=self._status.draft())
        try:
            await self._session.transport.request("POST", self._path("segments"), json=body.to_json())
        except NameConflictError:
            if not exist_ok:
                raise

    async def _copy_segment(
        self, source_name: str, target_name: str, source_client: AsyncDatasetClientBase | None, strategy: str
    ) -> None:
        number = self._status.draft()
        source: dict[str, Any] = {}
        if source_client is not None:
            status = source_client.status
            source["id"] = source_client.dataset_id
            source |= {"draft_number": status.draft_number} if status.is_draft else {"commit": status.commit_id}
        elif source_name == target_name:
            raise ValueError("A segment can't be copied onto itself: give another `target_name`, or a `source_client`")
        await self._transfer("copy", SegmentSource(segment_name=source_name, **source), target_name, strategy, number)

    async def _move_segment(self, source_name: str, target_name: str, strategy: str) -> None:
        source = SegmentSource(segment_name=source_name)
        await self._transfer("move", source, target_name, strategy, self._status.draft())

    async def _transfer(
        self, operation: str, source: SegmentSource, target_name: str, strategy: str, number: int
    ) -> None:
        body = SegmentCopyBody(
            strategy=checked_strategy(strategy), source=source, segment_name=target_name, draft_number=number
        )
        await self._session.transport.request(
            "POST", self._path("segments"), params={operation: ""}, json=body.to_json()
        )

    async def _upload_alone(self, segment: Any, *, jobs: int, skip_uploaded_files: bool, quiet: bool) -> None:
        number = self._status.draft()
        try:
            with upload_bar(count_files(segment), disable=quiet) as bar:
                await self._upload_segment(
                    segment, jobs=jobs, skip_uploaded_files=skip_uploaded_files, count=bar.update
                )
        except BaseException:
            _logger.warning(UPLOAD_SEGMENT_RESUME_TEMPLATE_SDK, number, number)
            raise

    async def _upload_segment(
        self, segment: Any, *, jobs: int, skip_uploaded_files: bool, count: Callable[[int], object]
    ) -> None:
        await self._make_segment(segment.name, exist_ok=True)
        items = await self._upload_items(segment, skip_uploaded_files=skip_uploaded_files)
        count(count_files(segment) - len(items))
        await self._segment(segment.name)._upload(items, jobs=jobs, count=count)

    async def _upload_items(self, segment: Any, *, skip_uploaded_files: bool) -> list[UploadItem]:
        """What is to be uploaded of a segment that exists now."""
        raise NotImplementedError

    def _segment(self, name: str) -> AsyncSegmentClientBase:
        raise NotImplementedError

    def _segment_arguments(self) -> dict[str, Any]:
        return {"dataset_id": self._dataset_id, "status": self._status, "cache": self._cache}


class AsyncDatasetClient(AsyncDatasetClientBase):
    """A dataset, in the version that `status` says; made by `AsyncGAS.create_dataset` and `get_dataset`."""

    async def get_segment(self, name: str = "default") -> AsyncSegmentClient:
        """ResourceNotExistError, which names what comes close, if the current version has none of this name."""
        await self._find_segment(name)
        return self._segment(name)

    async def create_segment(self, name: str = "default") -> AsyncSegmentClient:
        """NameConflictError if it exists."""
        await self._make_segment(name)
        return self._segment(name)

    async def get_or_create_segment(self, name: str = "default") -> AsyncSegmentClient:
        """Creating takes a draft, StatusError on a commit."""
        await self._make_segment(name, exist_ok=True)
        return self._segment(name)

    async def copy_segment(
        self,
        source_name: str,
        target_name: str | None = None,
        *,
        source_client: AsyncDatasetClient | None = None,
        strategy: str = "abort",
    ) -> AsyncSegmentClient:
        """Copy a segment of this draft, or of the version `source_client` stands on. No file is moved about.

        Where the target exists, `strategy` "abort" is an InternalServerError, "override" replaces the whole segment,
        "skip" leaves it as it is.
        """
        target_name = source_name if target_name is None else target_name
        await self._copy_segment(source_name, target_name, source_client, strategy)
        return self._segment(target_name)

    async def move_segment(self, source_name: str, target_name: str, *, strategy: str = "abort") -> AsyncSegmentClient:
        """Rename a segment. Strategies are those of `copy_segment`; with "skip" the source is gone all the same."""
        await self._move_segment(source_name, target_name, strategy)
        return self._segment(target_name)

    async def get_diff(self, *, head: str | int | None = None) -> DatasetDiff:
        """What a revision, or the draft of a number, changed of its parent; by default the current version."""
        if head is None:
            status = self._status
            head = status.draft_number if status.is_draft else status.commit_id
        basehead = f"draft-{head}" if isinstance(head, int) else f"commit-{head}"
        path = self._path(f"diffs/{quote(basehead, safe='')}/segments")

        def segment(item: dict[str, Any]) -> SegmentDiff:
            data_path = f"{path}/{quote(item['name'], safe='')}/data"
            data = offset_pager(self._session.transport, data_path, "data", DataDiff.loads)
            return SegmentDiff(item["name"], item["action"], data)

        segments = offset_pager(self._session.transport, path, "segments", segment)
        return DatasetDiff(self._name, await segments.collect())

    async def upload_segment(
        self,
        segment: Segment,
        *,
        jobs: int = 1,
        skip_uploaded_files: bool = False,
        quiet: bool = False,
    ) -> AsyncSegmentClient:
        """Index the AuthData and upload the local Data of `segment`, `jobs` files at a time.

        The segment is created where it does not exist; data at the same remote path are replaced, or left alone with
        `skip_uploaded_files`. Data that are in a dataset already (RemoteData) are not copied.
        """
        await self._upload_alone(segment, jobs=jobs, skip_uploaded_files=skip_uploaded_files, quiet=quiet)
        return self._segment(segment.name)

    async def _upload_items(self, segment: Segment, *, skip_uploaded_files: bool) -> list[UploadItem]:
        items = [UploadItem(data) for data in segment if isinstance(data, (AuthData, Data))]
        if not skip_uploaded_files:
            return items
        done = {path async for path in self._segment(segment.name).list_data_paths()}
        return [item for item in items if item.data.target_remote_path not in done]

    def _segment(self, name: str) -> AsyncSegmentClient:
        return AsyncSegmentClient(name, self._session, **self._segment_arguments())


class AsyncFusionDatasetClient(AsyncDatasetClientBase):
    """A dataset of frames, in the version that `status` says; made like a dataset, with `is_fusion`."""

    _is_fusion: bool = True

    async def get_segment(self, name: str = "default") -> AsyncFusionSegmentClient:
        """ResourceNotExistError, which names what comes close, if the current version has none of this name."""
        await self._find_segment(name)
        return self._segment(name)

    async def create_segment(self, name: str = "default") -> AsyncFusionSegmentClient:
        """NameConflictError if it exists."""
        await self._make_segment(name)
        return self._segment(name)

    async def get_or_create_segment(self, name: str = "default") -> AsyncFusionSegmentClient:
        """Creating takes a draft, StatusError on a commit."""
        await self._make_segment(name, exist_ok=True)
        return self._segment(name)

    async def copy_segment(
        self,
        source_name: str,
        target_name: str | None = None,
        *,
        source_client: AsyncFusionDatasetClient | None = None,
        strategy: str = "abort",
    ) -> AsyncFusionSegmentClient:
        """Copy a segment of this draft, or of the version `source_client` stands on. No file is moved about.

        Where the target exists, `strategy` "abort" is an InternalServerError, "override" replaces the whole segment,
        "skip" leaves it as it is.
        """
        target_name = source_name if target_name is None else target_name
        await self._copy_segment(source_name, target_name, source_client, strategy)
        return self._segment(target_name)

    async def move_segment(
        self, source_name: str, target_name: str, *, strategy: str = "abort"
    ) -> AsyncFusionSegmentClient:
        """Rename a segment. Strategies are those of `copy_segment`; with "skip" the source is gone all the same."""
        await self._move_segment(source_name, target_name, strategy)
        return self._segment(target_name)

    async def upload_segment(
        self,
        segment: FusionSegment,
        *,
        jobs: int = 1,
        skip_uploaded_files: bool = False,
        quiet: bool = False,
    ) -> AsyncFusionSegmentClient:
        """Upload the sensors of `segment`, then import and upload the files of its frames, `jobs` at a time.

        Frames keep their order: either all have a `frame_id`, or none and they get ids here. With
        `skip_uploaded_files` what a frame has at the same remote path is left alone.
        """
        await self._upload_alone(segment, jobs=jobs, skip_uploaded_files=skip_uploaded_files, quiet=quiet)
        return self._segment(segment.name)

    async def _upload_items(self, segment: FusionSegment, *, skip_uploaded_files: bool) -> list[UploadItem]:
        client = self._segment(segment.name)
        done = await client.list_frames().collect() if skip_uploaded_files else []
        frames = with_ids(segment, done=done)
        for sensor in segment.sensors:
            await client.upload_sensor(sensor)
        return list(frame_items(frames, done=done))

    def _segment(self, name: str) -> AsyncFusionSegmentClient:
        return AsyncFusionSegmentClient(name, self._session, **self._segment_arguments())
