from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import anyio.to_thread
import msgspec

from tensorbay._util.config import config
from tensorbay.aio._cache import Cache
from tensorbay.aio._frames import frame_items, id_of
from tensorbay.aio._listing import SegmentListing
from tensorbay.aio._paging import offset_page, offset_pager
from tensorbay.aio._ports import SegmentPort
from tensorbay.aio._readers import SegmentAddress
from tensorbay.aio._session import Session
from tensorbay.aio._transfer import checked_strategy, pairs_of_paths
from tensorbay.aio.lazy import AsyncPager, Cursor, Page
from tensorbay.aio.status import Status
from tensorbay.dataset import AuthData, Data, Frame, RemoteData
from tensorbay.exception import ResourceNotExistError
from tensorbay.importing import UploadItem, upload_items, upload_masks
from tensorbay.sensor import Sensor, Sensors
from tensorbay.wire import (
    PAGE_LIMIT,
    DataDeleteBody,
    DataDetails,
    FrameDeleteBody,
    FrameDetails,
    LabelItem,
    LabelsPut,
    Placement,
    SensorDeleteBody,
    encode,
)

__all__ = ["AsyncFusionSegmentClient", "AsyncSegmentClient", "AsyncSegmentClientBase"]

# Data that one request copies or moves, as in 1.x.
_COPIES = 128


class AsyncSegmentClientBase:
    """What segments of both kinds of datasets can do."""

    def __init__(self, name: str, session: Session, *, dataset_id: str, status: Status, cache: Cache) -> None:
        self._name = name
        self._session = session
        self._dataset_id = dataset_id
        self._status = status
        self._cache = cache

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r}, {self._status!r})"

    @property
    def name(self) -> str:
        return self._name

    @property
    def status(self) -> Status:
        """Shared with the dataset client: a checkout there moves this client too."""
        return self._status

    async def upload_label(self, data: Data | RemoteData | Iterable[Data | RemoteData]) -> None:
        """Replace the labels of data that are in the segment already; data without a label are left alone.

        Masks that are files on this machine are uploaded; those the data have already are kept.
        """
        items = [data] if isinstance(data, (Data, RemoteData)) else list(data)
        number = self._status.draft()
        items = [item for item in items if item.label]
        await upload_masks([item.label for item in items], self._port())
        objects = await anyio.to_thread.run_sync(_label_items, items)
        for start in range(0, len(objects), PAGE_LIMIT):
            body = LabelsPut(self._name, number, objects[start : start + PAGE_LIMIT])
            await self._session.transport.request("PUT", self._path("multi/data/labels"), content=encode(body))

    async def _upload(
        self,
        items: Iterable[UploadItem],
        *,
        jobs: int = 1,
        count: Callable[[int], object] = lambda _: None,
        placement: Placement = "auto",
    ) -> None:
        await upload_items(items, self._port(placement), jobs=jobs, count=count)

    def _port(self, placement: Placement = "auto") -> SegmentPort:
        return SegmentPort(self._name, self._session, self._dataset_id, self._status.draft(), placement)

    def _listing(self) -> SegmentListing:
        address = SegmentAddress(self._dataset_id, self._name, self._status.draft_number, self._status.commit_id)
        return SegmentListing(self._session, address, self._cache.folder(self._status, self._name))

    def _query(self) -> dict[str, object]:
        internal = {"isInternal": True} if config.is_internal else {}
        return {"segmentName": self._name, **internal, **self._status.get_status_info()}

    def _path(self, section: str) -> str:
        return f"datasets/{self._dataset_id}/{section}"


class AsyncSegmentClient(AsyncSegmentClientBase):
    """One segment of a dataset, in the version its dataset client stands on."""

    def list_data(self) -> AsyncPager[RemoteData]:
        """The data with their labels, in order of their remote paths."""
        listing = self._listing()
        # The version is fixed now: a checkout in the middle of a listing must not mix two versions.
        query = self._query()

        async def fetch(cursor: Cursor) -> Page[RemoteData]:
            offset = int(cursor or 0)
            details = await self._details({**query, "offset": offset, "limit": PAGE_LIMIT})
            items = [listing.data(detail, details.expire_at) for detail in details.data_details]
            return offset_page(items, offset, details.total_count)

        return AsyncPager(fetch, page_size=PAGE_LIMIT)

    async def get_data(self, remote_path: str) -> RemoteData:
        """ResourceNotExistError, which names what comes close, if there is none."""
        if remote_path:
            details = await self._details({**self._query(), "remotePath": remote_path})
            for detail in details.data_details:
                return self._listing().data(detail, details.expire_at)
        raise ResourceNotExistError(resource="data", identification=remote_path)

    def list_data_paths(self) -> AsyncPager[str]:
        """The remote paths of the data, in order."""
        return offset_pager(
            self._session.transport,
            self._path("data"),
            "data",
            lambda item: str(item["remotePath"]),
            params=self._query,
        )

    def list_urls(self) -> AsyncPager[str]:
        """A URL for each data, in order of the remote paths. URLs expire: ask when they are needed."""
        return offset_pager(
            self._session.transport,
            self._path("data/urls"),
            "urls",
            lambda item: str(item["url"]),
            params=self._query,
        )

    def list_mask_urls(self, mask_type: str) -> AsyncPager[str | None]:
        """For each data, in order of the remote paths, a URL of its mask or None.

        `mask_type` is "SEMANTIC_MASK", "INSTANCE_MASK" or "PANOPTIC_MASK".
        """
        return offset_pager(
            self._session.transport,
            self._path("masks/urls"),
            "urls",
            lambda item: item["url"] if item else None,
            params=lambda: {**self._query(), "maskType": mask_type.upper()},
        )

    async def delete_data(self, remote_path: str) -> None:
        """The file stays in its storage. ResourceNotExistError if there is none."""
        body = DataDeleteBody(segment_name=self._name, remote_path=remote_path, draft_number=self._status.draft())
        await self._session.transport.request("DELETE", self._path("data"), json=body.to_json())

    async def upload_file(self, local_path: str | Path, target_remote_path: str = "") -> None:
        """Upload one local file, without a label."""
        data = Data(local_path, target_remote_path=target_remote_path or None)
        await self._upload([UploadItem(data)])

    async def upload_data(self, data: Data) -> None:
        """Upload one local file with its label; what lies at its remote path is replaced."""
        await self._upload([UploadItem(data)])

    async def import_auth_data(self, data: AuthData, *, placement: Placement = "auto") -> None:
        """Index one file of a storage config with its label; what lies at its remote path is replaced.

        `placement` "auto": a file below the config's path stays where it is, another is copied there by the store.
        "in_place" and "copy" do the one or the other wherever it lies.
        """
        await self._upload([UploadItem(data)], placement=placement)

    async def copy_data(
        self,
        source_remote_paths: str | Iterable[str],
        target_remote_paths: str | Iterable[str] | None = None,
        *,
        source_client: AsyncSegmentClient | None = None,
        strategy: str = "abort",
    ) -> None:
        """Copy data, with labels, into this segment: of this one, or of `source_client`, which may be any version.

        `strategy` says what happens where a target exists: "abort" copies nothing, "override" replaces the target,
        "skip" leaves it alone. No file is moved about.
        """
        source = {} if source_client is None else source_client._source()
        await self._transfer("multipleCopy", source_remote_paths, target_remote_paths, source, strategy)

    async def move_data(
        self,
        source_remote_paths: str | Iterable[str],
        target_remote_paths: str | Iterable[str] | None = None,
        *,
        source_client: AsyncSegmentClient | None = None,
        strategy: str = "abort",
    ) -> None:
        """Move data into this segment: of this one, or of `source_client`, a segment of the same draft.

        Strategies are those of `copy_data`; with "skip" the source is gone all the same.
        """
        source: dict[str, Any] = {}
        if source_client is not None:
            mine, its = self._status.get_status_info(), source_client._status.get_status_info()
            if (self._dataset_id, mine) != (source_client._dataset_id, its):
                raise ValueError("Data can only be moved inside one draft; copy_data takes them from anywhere")
            source = {"segmentName": source_client.name}
        await self._transfer("multipleMove", source_remote_paths, target_remote_paths, source, strategy)

    async def _transfer(
        self,
        operation: str,
        source_remote_paths: str | Iterable[str],
        target_remote_paths: str | Iterable[str] | None,
        source: dict[str, Any],
        strategy: str,
    ) -> None:
        number, strategy = self._status.draft(), checked_strategy(strategy)
        sources, targets = pairs_of_paths(source_remote_paths, target_remote_paths)
        for start in range(0, len(sources), _COPIES):
            chunk = slice(start, start + _COPIES)
            body = {
                "strategy": strategy,
                "source": {"segmentName": self._name, **source, "remotePaths": sources[chunk]},
                "segmentName": self._name,
                "draftNumber": number,
                **({} if targets is None else {"remotePaths": targets[chunk]}),
            }
            await self._session.transport.request("POST", self._path("data"), params={operation: ""}, json=body)

    def _source(self) -> dict[str, Any]:
        return {"segmentName": self._name, "id": self._dataset_id, **self._status.get_status_info()}

    async def _details(self, query: dict[str, object]) -> DataDetails:
        return await self._session.transport.get(self._path("data/details"), DataDetails, params=query)


class AsyncFusionSegmentClient(AsyncSegmentClientBase):
    """One segment of a fusion dataset, in the version its dataset client stands on."""

    async def get_sensors(self) -> Sensors:
        """Those of the current version."""
        response = await self._session.transport.request("GET", self._path("sensors"), params=self._query())
        return Sensors.loads(response.json()["sensors"])

    async def upload_sensor(self, sensor: Sensor) -> None:
        """Add a sensor, or replace the one of its name. Frames can have data of sensors that are there only."""
        body = {**sensor.dumps(), "segmentName": self._name, "draftNumber": self._status.draft()}
        await self._session.transport.request("POST", self._path("sensors"), json=body)

    async def delete_sensor(self, sensor_name: str) -> None:
        """Its data stay and can be read. ResourceNotExistError if there is none."""
        body = SensorDeleteBody(segment_name=self._name, sensor_name=sensor_name, draft_number=self._status.draft())
        await self._session.transport.request("DELETE", self._path("sensors"), json=body.to_json())

    async def upload_frame(self, frame: Frame, timestamp: float | None = None) -> None:
        """Upload or import the files of a frame. Data that are in a dataset already (RemoteData) are left alone.

        FrameError unless exactly one of `frame.frame_id` and `timestamp` (seconds) is given: frames are in the order
        of their ids, which begin with a time.
        """
        await self._upload(frame_items([(id_of(frame, timestamp), frame)]))

    def list_frames(self) -> AsyncPager[Frame]:
        """The frames with their labels, in order of their ids."""
        listing, query = self._listing(), self._query()
        path = self._path("data/details")

        async def fetch(cursor: Cursor) -> Page[Frame]:
            offset = int(cursor or 0)
            params = {**query, "offset": offset, "limit": PAGE_LIMIT}
            details = await self._session.transport.get(path, FrameDetails, params=params)
            frames = [listing.frame(detail, details.expire_at) for detail in details.data_details]
            return offset_page(frames, offset, details.total_count)

        return AsyncPager(fetch, page_size=PAGE_LIMIT)

    async def delete_frame(self, frame_id: object) -> None:
        """Delete the data of all sensors in the frame. ResourceNotExistError if there is none."""
        body = FrameDeleteBody(segment_name=self._name, frame_id=f"{frame_id}", draft_number=self._status.draft())
        await self._session.transport.request("DELETE", self._path("frames"), json=body.to_json())

    def list_urls(self) -> AsyncPager[dict[str, str]]:
        """A URL for each sensor, by its name, of each frame. URLs expire: ask when they are needed."""
        return offset_pager(
            self._session.transport,
            self._path("data/urls"),
            "urls",
            lambda item: {entry["sensorName"]: entry["url"] for entry in item["urls"]},
            params=self._query,
        )


def _label_items(items: Iterable[Data | RemoteData]) -> list[LabelItem]:
    """Blocks where there are local masks."""
    return [LabelItem(_remote_path(item), msgspec.Raw(item.label.dump_json())) for item in items]


def _remote_path(data: Data | RemoteData) -> str:
    return data.path if isinstance(data, RemoteData) else data.target_remote_path
