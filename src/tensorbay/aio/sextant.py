"""Benchmarks, and predictions held against them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import anyio
from typing_extensions import Self

from tensorbay.aio._paging import offset_pager
from tensorbay.aio._session import Session
from tensorbay.aio.lazy import AsyncPager
from tensorbay.aio.settings import ClientSettings
from tensorbay.exception import ResourceNotExistError
from tensorbay.wire import SEXTANT_V1, SEXTANT_V2, EvaluationBody, nearby

__all__ = ["AsyncBenchmark", "AsyncEvaluation", "AsyncSextant"]

_RUNNING = ("QUEUING", "PROCESSING")
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0


class AsyncEvaluation:
    """Predictions that are held against the ground truth of a benchmark; `created_at` is in Unix seconds."""

    def __init__(self, evaluation_id: str, created_at: int, benchmark: AsyncBenchmark, session: Session) -> None:
        self._evaluation_id = evaluation_id
        self._created_at = created_at
        self._benchmark = benchmark
        self._session = session

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.evaluation_id!r})"

    @property
    def evaluation_id(self) -> str:
        return self._evaluation_id

    @property
    def created_at(self) -> int:
        """Unix seconds."""
        return self._created_at

    @property
    def benchmark(self) -> AsyncBenchmark:
        return self._benchmark

    async def get_result(self) -> dict[str, Any]:
        """The scores, as soon as the evaluation has ended; ForbiddenError tells why one has failed.

        `{"result": {"categories": {name: {"AP", "averageIoU", "pr"}}, "overall": {"mAP", "averageIoU", "pr"}}}`:
        average precision as COCO defines it, at the threshold of the benchmark. `pr` has the interpolated precision at
        101 points of recall. None is the mean of nothing, and the AP of a category that the truth does not have.
        """
        transport, wait = self._session.transport, _FIRST_WAIT
        path = f"benchmarks/{self._benchmark.benchmark_id}/evaluations/{self.evaluation_id}"
        while (await transport.request("GET", path, root=SEXTANT_V2)).json()["status"] in _RUNNING:
            await anyio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        result: dict[str, Any] = (await transport.request("GET", f"{path}/results", root=SEXTANT_V1)).json()
        return result


class AsyncBenchmark:
    """The BOX2D labels of one commit as the ground truth, with how much a prediction has to overlap one."""

    def __init__(self, body: dict[str, Any], session: Session) -> None:
        self._body = body
        self._session = session

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    def name(self) -> str:
        return str(self._body["name"])

    @property
    def benchmark_id(self) -> str:
        return str(self._body["benchmarkId"])

    @property
    def dataset_id(self) -> str:
        """Of the ground truth."""
        return str(self._body["datasetId"])

    @property
    def commit_id(self) -> str:
        """Of the ground truth."""
        return str(self._body["commitId"])

    @property
    def categories(self) -> list[str] | None:
        """Those that count; None for all that the ground truth has."""
        return self._body.get("categories")

    @property
    def iou_threshold(self) -> float:
        return float(self._body["iouThreshold"])

    async def create_evaluation(self, dataset_id: str, commit_id: str) -> AsyncEvaluation:
        """Begin to hold the boxes of a commit against the ground truth. `commit_id` is any revision.

        Data are the same when their segments and remote paths are. How sure a prediction is, its attribute `confidence`
        or `score` tells; boxes without it are all equally sure.
        """
        body = EvaluationBody(dataset_id=dataset_id, commit_id=commit_id).to_json()
        response = await self._session.transport.request("POST", self._evaluations(), root=SEXTANT_V1, json=body)
        return self._evaluation(response.json())

    def list_evaluations(self) -> AsyncPager[AsyncEvaluation]:
        """The newest first."""
        return offset_pager(
            self._session.transport, self._evaluations(), "evaluations", self._evaluation, root=SEXTANT_V1
        )

    def _evaluations(self) -> str:
        return f"benchmarks/{self.benchmark_id}/evaluations"

    def _evaluation(self, item: dict[str, Any]) -> AsyncEvaluation:
        return AsyncEvaluation(item["evaluationId"], item["createdAt"], self, self._session)


class AsyncSextant:
    """The way in to benchmarks and evaluations; `access_key`, `url` and the environment mean what `AsyncGAS` says."""

    def __init__(self, access_key: str = "", url: str = "", *, settings: ClientSettings | None = None) -> None:
        self._session = Session.of(access_key, url, settings)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session.transport.endpoint.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; a later call opens new ones."""
        await self._session.aclose()

    async def create_benchmark(
        self,
        name: str,
        dataset_id: str,
        commit_id: str,
        *,
        categories: Sequence[str] | None = None,
        iou_threshold: float = 0.5,
    ) -> AsyncBenchmark:
        """Make the BOX2D labels of a commit the ground truth of a benchmark. `commit_id` is any revision.

        A prediction finds a box that it overlaps with at least `iou_threshold`. Without `categories` those count that
        the ground truth has. 1.x could not do this: benchmarks were made on the website.
        """
        body: dict[str, Any] = {"name": name, "datasetId": dataset_id, "commitId": commit_id}
        body["iouThreshold"] = iou_threshold
        if categories is not None:
            body["categories"] = list(categories)
        response = await self._session.transport.request("POST", "benchmarks", root=SEXTANT_V2, json=body)
        return AsyncBenchmark(response.json(), self._session)

    async def get_benchmark(self, name: str) -> AsyncBenchmark:
        """ResourceNotExistError if the team has none of this name."""
        page = await self._list(name)
        if page.items:
            return page.items[0]
        names = [benchmark.name for benchmark in (await self._list()).items]
        raise ResourceNotExistError(resource="benchmark", identification=name, nearby=nearby(name, names))

    def list_benchmarks(self) -> AsyncPager[AsyncBenchmark]:
        """In order of names."""
        return self._list()

    async def delete_benchmark(self, name: str) -> None:
        """With all its evaluations; no dataset is touched."""
        benchmark = await self.get_benchmark(name)
        await self._session.transport.request("DELETE", f"benchmarks/{benchmark.benchmark_id}", root=SEXTANT_V2)

    def _list(self, name: str | None = None) -> AsyncPager[AsyncBenchmark]:
        return offset_pager(
            self._session.transport,
            "benchmarks",
            "benchmarks",
            lambda item: AsyncBenchmark(item, self._session),
            root=SEXTANT_V1,
            params=lambda: {"name": name},
        )
