"""Ids for frames that are uploaded, and what of them is there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tensorbay.dataset import AuthData, Data, Frame
from tensorbay.dataset._frame_id import FrameId
from tensorbay.exception import FrameError
from tensorbay.importing import UploadItem

# Frames without ids keep their order by ids that lie ten seconds apart.
_STEP = 10


def id_of(frame: Frame, timestamp: float | None) -> str:
    """The id of a frame that is uploaded alone."""
    given = getattr(frame, "frame_id", None)
    if (given is None) == (timestamp is None):
        raise FrameError("Needs exactly one of `frame.frame_id` and `timestamp`")
    return f"{given}" if given is not None else f"{FrameId.from_timestamp(float(timestamp or 0))}"


def with_ids(frames: Sequence[Frame], *, done: Iterable[Frame] = ()) -> list[tuple[str, Frame]]:
    """Every frame with its id. Frames without one go on with the ids of those that are `done`, by their times."""
    given = [getattr(frame, "frame_id", None) for frame in frames]
    if all(id_ is not None for id_ in given):
        return [(f"{id_}", frame) for id_, frame in zip(given, frames, strict=True)]
    if any(id_ is not None for id_ in given):
        raise FrameError("Either all frames of a segment have a `frame_id`, or none has")
    known = {frame.frame_id.timestamp().timestamp: f"{frame.frame_id}" for frame in done}
    times = [float(_STEP * number) for number in range(1, len(frames) + 1)]
    ids = [known.get(time) or f"{FrameId.from_timestamp(time)}" for time in times]
    return list(zip(ids, frames, strict=True))


def frame_items(frames: Iterable[tuple[str, Frame]], *, done: Iterable[Frame] = ()) -> Iterator[UploadItem]:
    """What is to be uploaded: the files of the frames without those that are `done`, by sensor and remote path."""
    there: Mapping[str, set[tuple[str, Any]]] = {
        f"{frame.frame_id}": {(sensor, data.path) for sensor, data in frame.items()} for frame in done
    }
    for id_, frame in frames:
        for sensor, data in frame.items():
            if isinstance(data, (AuthData, Data)) and (sensor, data.target_remote_path) not in there.get(id_, ()):
                yield UploadItem(data, id_, sensor)


def count_files(segment: Iterable[Any]) -> int:
    return sum(len(item) if isinstance(item, Frame) else 1 for item in segment)
