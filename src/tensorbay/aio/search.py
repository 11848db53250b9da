from __future__ import annotations

from tensorbay.aio._cache import Cache
from tensorbay.aio._paging import offset_pager
from tensorbay.aio._session import Session
from tensorbay.aio.lazy import AsyncPager
from tensorbay.aio.segment import AsyncFusionSegmentClient, AsyncSegmentClient
from tensorbay.aio.statistics import Statistics
from tensorbay.aio.status import Status
from tensorbay.dataset import Frame, RemoteData
from tensorbay.sensor import Sensors

__all__ = ["AsyncFusionSearchResult", "AsyncSearchResult", "AsyncSearchResultBase"]


class AsyncSearchResultBase:
    """What a search has found, as a dataset that can only be read. The server keeps the five newest of a dataset."""

    def __init__(self, job_id: str, search_result_id: str, search_result_commit_id: str, session: Session) -> None:
        self._session = session
        self._job_id = job_id
        self._result_id = search_result_id
        self._commit_id = search_result_commit_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._result_id!r})"

    @property
    def job_id(self) -> str:
        return self._job_id

    @property
    def search_result_id(self) -> str:
        """What takes the place of a dataset's id."""
        return self._result_id

    @property
    def search_result_commit_id(self) -> str:
        return self._commit_id

    async def get_label_statistics(self) -> Statistics:
        """Of what was found, and nothing else."""
        path, version = f"datasets/{self.search_result_id}/labels/statistics", {"commit": self.search_result_commit_id}
        response = await self._session.transport.request("GET", path, params=version)
        return Statistics(response.json()["labelStatistics"])

    def list_segment_names(self) -> AsyncPager[str]:
        """The segments that hold something found, in order."""
        return offset_pager(
            self._session.transport,
            f"datasets/{self.search_result_id}/segments",
            "segments",
            lambda item: str(item["name"]),
            params=lambda: {"commit": self.search_result_commit_id},
        )

    def _cache(self) -> Cache:
        return Cache(self.search_result_id)  # never on: results do not last

    def _status(self) -> Status:
        return Status(commit_id=self.search_result_commit_id)


class AsyncSearchResult(AsyncSearchResultBase):
    """Of a search in a dataset of files."""

    def list_data(self, segment_name: str) -> AsyncPager[RemoteData]:
        """What was found in a segment, in order of the remote paths."""
        segment = AsyncSegmentClient(
            segment_name, self._session, dataset_id=self.search_result_id, status=self._status(), cache=self._cache()
        )
        return segment.list_data()


class AsyncFusionSearchResult(AsyncSearchResultBase):
    """Of a search in a fusion dataset."""

    def list_frames(self, segment_name: str) -> AsyncPager[Frame]:
        """What was found in a segment, in order of the frame ids."""
        return self._segment(segment_name).list_frames()

    async def get_sensors(self, segment_name: str) -> Sensors:
        """All sensors of the segment, also those of which nothing was found."""
        return await self._segment(segment_name).get_sensors()

    def _segment(self, name: str) -> AsyncFusionSegmentClient:
        return AsyncFusionSegmentClient(
            name, self._session, dataset_id=self.search_result_id, status=self._status(), cache=self._cache()
        )
