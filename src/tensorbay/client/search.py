# Generated from tensorbay.aio.search by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from tensorbay.aio.search import AsyncFusionSearchResult, AsyncSearchResult, AsyncSearchResultBase
from tensorbay.client._facade import Facade
from tensorbay.client.lazy import PagingList
from tensorbay.client.statistics import Statistics
from tensorbay.dataset import Frame, RemoteData
from tensorbay.sensor import Sensors

__all__ = ["FusionSearchResult", "SearchResult", "SearchResultBase"]


class SearchResultBase(Facade, core=AsyncSearchResultBase):
    """What a search has found, as a dataset that can only be read. The server keeps the five newest of a dataset."""

    _core: AsyncSearchResultBase

    @property
    def job_id(self) -> str:
        return self._core.job_id

    @property
    def search_result_id(self) -> str:
        """What takes the place of a dataset's id."""
        return self._core.search_result_id

    @property
    def search_result_commit_id(self) -> str:
        return self._core.search_result_commit_id

    def get_label_statistics(self) -> Statistics:
        """Of what was found, and nothing else."""
        return self._call(self._core.get_label_statistics)

    def list_segment_names(self) -> PagingList[str]:
        """The segments that hold something found, in order."""
        return self._get(self._core.list_segment_names)


class SearchResult(SearchResultBase, core=AsyncSearchResult):
    """Of a search in a dataset of files."""

    _core: AsyncSearchResult

    def list_data(self, segment_name: str) -> PagingList[RemoteData]:
        """What was found in a segment, in order of the remote paths."""
        return self._get(self._core.list_data, segment_name)


class FusionSearchResult(SearchResultBase, core=AsyncFusionSearchResult):
    """Of a search in a fusion dataset."""

    _core: AsyncFusionSearchResult

    def list_frames(self, segment_name: str) -> PagingList[Frame]:
        """What was found in a segment, in order of the frame ids."""
        return self._get(self._core.list_frames, segment_name)

    def get_sensors(self, segment_name: str) -> Sensors:
        """All sensors of the segment, also those of which nothing was found."""
        return self._call(self._core.get_sensors, segment_name)
