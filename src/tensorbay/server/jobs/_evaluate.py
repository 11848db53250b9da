"""Evaluation: the boxes of one commit against those of another, the ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from anyio import to_thread

from tensorbay.exception import InvalidParamsError
from tensorbay.server.index import CommitRef, Entry
from tensorbay.server.scoring import Box, Scorer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from tensorbay.server.index import Index

__all__ = ["EvaluationArguments", "evaluate"]

T = TypeVar("T")

_PAGE = 1000


class EvaluationArguments(msgspec.Struct, frozen=True, rename="camel"):
    """What the benchmark asked for, and the commit with the predictions."""

    truth_dataset: str
    truth_commit: str
    categories: list[str] | None
    iou_threshold: float
    commit: str


class _TrueBox(msgspec.Struct, frozen=True):
    box2d: Box
    category: str = ""


class _Attributes(msgspec.Struct, frozen=True):
    confidence: float | None = None
    score: float | None = None


class _PredictedBox(_TrueBox, frozen=True):
    attributes: _Attributes = _Attributes()

    @property
    def confidence(self) -> float:
        """The attribute `confidence`, else `score`; boxes that have neither are all equally sure."""
        given = self.attributes.confidence
        given = self.attributes.score if given is None else given
        return 1.0 if given is None else given


class _Truth(msgspec.Struct, frozen=True):
    boxes: list[_TrueBox] = msgspec.field(default_factory=list, name="BOX2D")


class _Predictions(msgspec.Struct, frozen=True):
    boxes: list[_PredictedBox] = msgspec.field(default_factory=list, name="BOX2D")


_truth = msgspec.json.Decoder(_Truth)
_predictions = msgspec.json.Decoder(_Predictions)


async def evaluate(index: Index, dataset_id: str, arguments: EvaluationArguments) -> dict[str, Any]:
    """The result in the words of the Open API. Data are the same when segment and remote path are."""
    scorer = Scorer(arguments.iou_threshold, arguments.categories)
    truth, found = CommitRef(arguments.truth_commit), CommitRef(arguments.commit)
    evaluated = {name async for name in _segments(index, dataset_id, found)}
    compared = 0
    async for segment in _segments(index, arguments.truth_dataset, truth):
        offset, total = 0, 1
        while offset < total:
            listing = await index.contents.list(arguments.truth_dataset, truth, segment, offset=offset, limit=_PAGE)
            entries, total = listing
            offset += len(entries)
            predicted: Mapping[str, Entry] = {}
            if segment in evaluated:
                keys = [entry.key for entry in entries]
                predicted = await index.contents.get_many(dataset_id, found, segment, keys)
            compared += len(predicted)
            await to_thread.run_sync(_score, scorer, segment, entries, predicted)
    if not compared:
        raise InvalidParamsError(
            "The evaluated commit has none of the data of the ground truth: "
            "their segments and remote paths have to be the same."
        )
    return await to_thread.run_sync(scorer.result)


async def _segments(index: Index, dataset_id: str, ref: CommitRef) -> AsyncIterator[str]:
    offset, total = 0, 1
    while offset < total:
        segments, total = await index.contents.list_segments(dataset_id, ref, offset=offset, limit=_PAGE)
        offset += len(segments)
        for segment in segments:
            yield segment.name


def _score(scorer: Scorer, segment: str, truth: Sequence[Entry], predicted: Mapping[str, Entry]) -> None:
    for entry in truth:
        boxes = _decode(_truth, segment, entry, "the ground truth").boxes
        guess = predicted.get(entry.key)
        guesses = [] if guess is None else _decode(_predictions, segment, guess, "the evaluated commit").boxes
        scorer.add(
            [(box.category, box.box2d) for box in boxes],
            [(box.category, box.confidence, box.box2d) for box in guesses],
        )


def _decode(decoder: msgspec.json.Decoder[T], segment: str, entry: Entry, where: str) -> T:
    """Labels are not checked when they are posted."""
    try:
        return decoder.decode(entry.label)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidParamsError(
            f'The label of "{entry.key}" in segment "{segment}" of {where} cannot be evaluated: {error}.'
        ) from None
