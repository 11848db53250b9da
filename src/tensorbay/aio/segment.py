from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from tensorbay.aio._paging import offset_page, offset_pager
from tensorbay.aio._readers import RemoteReader, SegmentAddress
from tensorbay.aio._session import Session
from tensorbay.aio.lazy import AsyncPager, Cursor, Page
from tensorbay.aio.status import Status
from tensorbay.dataset import AuthData, Data, RemoteData
from tensorbay.exception import ResourceNotExistError
from tensorbay.importing import upload_items
from tensorbay.wire import (
    PAGE_LIMIT,
    V2,
    CloudImport,
    CloudObject,
    DataDeleteBody,
    DataDetail,
    DataDetails,
    LabelItem,
    LabelsPut,
    SignedUrls,
    UploadBody,
    UploadCallback,
    UploadedObject,
    decode,
    encode,
)

__all__ = ["AsyncSegmentClient"]


class AsyncSegmentClient:
    """One segment of a dataset, in the version its dataset client stands on."""

    def __init__(self, name: str, session: Session, *, dataset_id: str, status: Status) -> None:
        self._name = name
        self._session = session
        self._dataset_id = dataset_id
        self._status = status

    @property
    def name(self) -> str:
        return self._name

    @property
    def status(self) -> Status:
        """Shared with the dataset client: a checkout there moves this client too."""
        return self._status

    def list_data(self) -> AsyncPager[RemoteData]:
        """The data with their labels, in order of their remote paths."""
        reader = self._reader()
        # The version is fixed now: a checkout in the middle of a listing must not mix two versions.
        query = {"segmentName": self._name, **self._status.get_status_info()}

        async def fetch(cursor: Cursor) -> Page[RemoteData]:
            offset = int(cursor or 0)
            details = await self._details({**query, "offset": offset, "limit": PAGE_LIMIT})
            items = [_remote_data(detail, details.expire_at, reader) for detail in details.data_details]
            return offset_page(items, offset, details.total_count)

        return AsyncPager(fetch, page_size=PAGE_LIMIT)

    async def get_data(self, remote_path: str) -> RemoteData:
        if remote_path:
            query = {
                "segmentName": self._name,
                "remotePath": remote_path,
                **self._status.get_status_info(),
            }
            details = await self._details(query)
            for detail in details.data_details:
                return _remote_data(detail, details.expire_at, self._reader())
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

    async def delete_data(self, remote_path: str) -> None:
        body = DataDeleteBody(segment_name=self._name, remote_path=remote_path, draft_number=self._status.draft())
        await self._session.transport.request("DELETE", self._path("data"), json=body.to_json())

    async def upload_file(self, local_path: str | Path, target_remote_path: str = "") -> None:
        """Upload one local file, without a label."""
        data = Data(local_path, target_remote_path=target_remote_path or None)
        await self._upload([data])

    async def upload_data(self, data: Data) -> None:
        """Upload one local file with its label; what lies at its remote path is replaced."""
        await self._upload([data])

    async def import_auth_data(self, data: AuthData) -> None:
        """Index one file of a storage config with its label; what lies at its remote path is replaced.

        A file below the config's path stays where it is, another is copied there by the store.
        """
        await self._upload([data])

    async def upload_label(self, data: Data | RemoteData | Iterable[Data | RemoteData]) -> None:
        """Replace the labels of data that are in the segment already; data without a label are left alone."""
        items = [data] if isinstance(data, (Data, RemoteData)) else list(data)
        number = self._status.draft()
        objects = [LabelItem(_remote_path(item), msgspec.Raw(item.label.dump_json())) for item in items if item.label]
        for start in range(0, len(objects), PAGE_LIMIT):
            body = LabelsPut(self._name, number, objects[start : start + PAGE_LIMIT])
            await self._session.transport.request("PUT", self._path("multi/data/labels"), content=encode(body))

    async def _upload(
        self,
        items: Iterable[AuthData | Data],
        *,
        jobs: int = 1,
        count: Callable[[int], object] = lambda _: None,
    ) -> None:
        port = _SegmentPort(self._name, self._session, self._dataset_id, self._status.draft())
        await upload_items(items, port, jobs=jobs, count=count)

    async def _details(self, query: dict[str, object]) -> DataDetails:
        return await self._session.transport.get(self._path("data/details"), DataDetails, params=query)

    def _reader(self) -> RemoteReader:
        address = SegmentAddress(self._dataset_id, self._name, self._status.draft_number, self._status.commit_id)
        return RemoteReader(self._session, address)

    def _query(self) -> dict[str, object]:
        return {"segmentName": self._name, **self._status.get_status_info()}

    def _path(self, section: str) -> str:
        return f"datasets/{self._dataset_id}/{section}"


class _SegmentPort:
    """Where uploads and imports of one draft go."""

    def __init__(self, segment: str, session: Session, dataset_id: str, draft_number: int) -> None:
        self._segment = segment
        self._session = session
        self._path = f"datasets/{dataset_id}"
        self._number = draft_number

    async def post(self, objects: Sequence[CloudObject], *, config: str | None) -> None:
        body = CloudImport(self._segment, self._number, list(objects), config_name=config)
        await self._put("multi/cloud-callback", encode(body))

    async def targets(self, checksums: Sequence[str]) -> Sequence[str | None]:
        body = UploadBody(segment_name=self._segment, draft_number=self._number, checksums=list(checksums))
        response = await self._session.transport.request("POST", f"{self._path}/uploads", root=V2, json=body.to_json())
        return decode(response.content, SignedUrls).urls

    async def write(self, url: str, path: Path) -> None:
        await self._session.fetcher.write(url, path)

    async def register(self, objects: Sequence[UploadedObject]) -> None:
        body = UploadCallback(self._segment, self._number, list(objects))
        await self._put("multi/callback", encode(body))

    async def _put(self, section: str, content: bytes) -> None:
        await self._session.transport.request("PUT", f"{self._path}/{section}", content=content)


def _remote_data(detail: DataDetail, expire_at: float | None, reader: RemoteReader) -> RemoteData:
    data = RemoteData.from_response_body(
        {
            "remotePath": detail.remote_path,
            "label": bytes(detail.label),
            **({} if detail.timestamp is None else {"timestamp": detail.timestamp}),
        }
    )
    data.size, data.etag, data.mtime = detail.size, detail.etag, detail.mtime
    data._reader = reader
    if expire_at is not None:
        reader.signer.remember(detail.remote_path, detail.url, expire_at)
    return data


def _remote_path(data: Data | RemoteData) -> str:
    return data.path if isinstance(data, RemoteData) else data.target_remote_path
