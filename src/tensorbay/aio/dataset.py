from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any

from tensorbay.aio._paging import offset_pager
from tensorbay.aio._session import Session
from tensorbay.aio.lazy import AsyncPager
from tensorbay.aio.segment import AsyncSegmentClient
from tensorbay.aio.status import Status
from tensorbay.aio.version import AsyncVersionControl
from tensorbay.dataset import AuthData, Data, Notes, Segment
from tensorbay.exception import NameConflictError, ResourceNotExistError
from tensorbay.importing import upload_bar
from tensorbay.label import Catalog
from tensorbay.wire import NotesPatch, SegmentBody, SegmentDeleteBody, nearby

__all__ = ["AsyncDatasetClient"]


class AsyncDatasetClient(AsyncVersionControl):
    """A dataset, in the version that `status` says; made by `AsyncGAS.create_dataset` and `get_dataset`."""

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

    def list_segment_names(self) -> AsyncPager[str]:
        """The names of the segments, in order."""
        return offset_pager(
            self._session.transport,
            self._path("segments"),
            "segments",
            lambda item: str(item["name"]),
            params=self._status.get_status_info,
        )

    async def get_segment(self, name: str = "default") -> AsyncSegmentClient:
        names = []
        async for existing in self.list_segment_names():
            if existing == name:
                return self._segment(name)
            names.append(existing)
        raise ResourceNotExistError(resource="segment", identification=name, nearby=nearby(name, names))

    async def create_segment(self, name: str = "default") -> AsyncSegmentClient:
        """NameConflictError if it exists."""
        body = SegmentBody(name=name, draft_number=self._status.draft())
        await self._session.transport.request("POST", self._path("segments"), json=body.to_json())
        return self._segment(name)

    async def get_or_create_segment(self, name: str = "default") -> AsyncSegmentClient:
        try:
            return await self.create_segment(name)
        except NameConflictError:
            return self._segment(name)

    async def delete_segment(self, name: str) -> None:
        body = SegmentDeleteBody(segment_name=name, draft_number=self._status.draft())
        await self._session.transport.request("DELETE", self._path("segments"), json=body.to_json())

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
        with upload_bar(len(segment), disable=quiet) as bar:
            return await self._upload_segment(
                segment, jobs=jobs, skip_uploaded_files=skip_uploaded_files, count=bar.update
            )

    async def upload_catalog(self, catalog: Catalog) -> None:
        """Replace the catalog of the draft."""
        body = {"catalog": catalog.dumps(), "draftNumber": self._status.draft()}
        await self._session.transport.request("PUT", self._path("labels/catalogs"), json=body)

    async def get_catalog(self) -> Catalog:
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

    async def _upload_segment(
        self,
        segment: Segment,
        *,
        jobs: int,
        skip_uploaded_files: bool,
        count: Callable[[int], object],
    ) -> AsyncSegmentClient:
        client = await self.get_or_create_segment(segment.name)
        items = [data for data in segment if isinstance(data, (AuthData, Data))]
        if skip_uploaded_files:
            done = {path async for path in client.list_data_paths()}
            items = [data for data in items if data.target_remote_path not in done]
        count(len(segment) - len(items))
        await client._upload(items, jobs=jobs, count=count)
        return client

    def _segment(self, name: str) -> AsyncSegmentClient:
        return AsyncSegmentClient(name, self._session, dataset_id=self._dataset_id, status=self._status)
