# Generated from tensorbay.aio.sextant by `python -m tensorbay.client._generate`. Do not edit.

"""Benchmarks, and predictions held against them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from typing_extensions import Self

from tensorbay.aio.sextant import AsyncBenchmark, AsyncEvaluation, AsyncSextant
from tensorbay.client._facade import Facade
from tensorbay.client.lazy import PagingList
from tensorbay.client.settings import ClientSettings

__all__ = ["Benchmark", "Evaluation", "Sextant"]


class Evaluation(Facade, core=AsyncEvaluation):
    """Predictions that are held against the ground truth of a benchmark; `created_at` is in Unix seconds."""

    _core: AsyncEvaluation

    @property
    def evaluation_id(self) -> str:
        return self._core.evaluation_id

    @property
    def created_at(self) -> int:
        """Unix seconds."""
        return self._core.created_at

    @property
    def benchmark(self) -> Benchmark:
        return self._wrap(self._core.benchmark)

    def get_result(self) -> dict[str, Any]:
        """The scores, as soon as the evaluation has ended; ForbiddenError tells why one has failed.

        `{"result": {"categories": {name: {"AP", "averageIoU", "pr"}}, "overall": {"mAP", "averageIoU", "pr"}}}`:
        average precision as COCO defines it, at the threshold of the benchmark. `pr` has the interpolated precision at
        101 points of recall. None is the mean of nothing, and the AP of a category that the truth does not have.
        """
        return self._call(self._core.get_result)


class Benchmark(Facade, core=AsyncBenchmark):
    """The BOX2D labels of one commit as the ground truth, with how much a prediction has to overlap one."""

    _core: AsyncBenchmark

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def benchmark_id(self) -> str:
        return self._core.benchmark_id

    @property
    def dataset_id(self) -> str:
        """Of the ground truth."""
        return self._core.dataset_id

    @property
    def commit_id(self) -> str:
        """Of the ground truth."""
        return self._core.commit_id

    @property
    def categories(self) -> list[str] | None:
        """Those that count; None for all that the ground truth has."""
        return self._core.categories

    @property
    def iou_threshold(self) -> float:
        return self._core.iou_threshold

    def create_evaluation(self, dataset_id: str, commit_id: str) -> Evaluation:
        """Begin to hold the boxes of a commit against the ground truth. `commit_id` is any revision.

        Data are the same when their segments and remote paths are. How sure a prediction is, its attribute `confidence`
        or `score` tells; boxes without it are all equally sure.
        """
        return self._call(self._core.create_evaluation, dataset_id, commit_id)

    def list_evaluations(self) -> PagingList[Evaluation]:
        """The newest first."""
        return self._get(self._core.list_evaluations)


class Sextant(Facade, core=AsyncSextant):
    """The way in to benchmarks and evaluations; `access_key`, `url` and the environment mean what `GAS` says."""

    _core: AsyncSextant

    def __init__(self, access_key: str = "", url: str = "", *, settings: ClientSettings | None = None) -> None:
        self._construct(AsyncSextant, access_key, url, settings=settings)

    def __enter__(self) -> Self:
        self._call(self._core.__aenter__)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._call(self._core.__aexit__, exc_type, exc_value, traceback)

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self._call(self._core.aclose)

    def create_benchmark(
        self,
        name: str,
        dataset_id: str,
        commit_id: str,
        *,
        categories: Sequence[str] | None = None,
        iou_threshold: float = 0.5,
    ) -> Benchmark:
        """Make the BOX2D labels of a commit the ground truth of a benchmark. `commit_id` is any revision.

        A prediction finds a box that it overlaps with at least `iou_threshold`. Without `categories` those count that
        the ground truth has. 1.x could not do this: benchmarks were made on the website.
        """
        return self._call(
            self._core.create_benchmark, name, dataset_id, commit_id, categories=categories, iou_threshold=iou_threshold
        )

    def get_benchmark(self, name: str) -> Benchmark:
        """ResourceNotExistError if the team has none of this name."""
        return self._call(self._core.get_benchmark, name)

    def list_benchmarks(self) -> PagingList[Benchmark]:
        """In order of names."""
        return self._get(self._core.list_benchmarks)

    def delete_benchmark(self, name: str) -> None:
        """With all its evaluations; no dataset is touched."""
        self._call(self._core.delete_benchmark, name)
