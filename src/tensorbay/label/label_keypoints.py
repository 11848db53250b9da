"""Keypoints with labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorbay._util.codec import list_of
from tensorbay._util.record import Field, record
from tensorbay.geometry import Keypoints2D
from tensorbay.label.basic import LABEL_SLOTS, Labeled
from tensorbay.label.supports import KeypointsInfo, TrackedSubcatalog

__all__ = ["Keypoints2DSubcatalog", "LabeledKeypoints2D"]


class Keypoints2DSubcatalog(TrackedSubcatalog):
    """What keypoints of a dataset may be; `keypoints` describes the sets of points that occur."""

    keypoints = Field(list_of(record(KeypointsInfo)), readonly=True)

    def __init__(self, is_tracking: bool = False) -> None:
        super().__init__(is_tracking)
        self._keypoints: list[KeypointsInfo] = []

    def add_keypoints(
        self,
        number: int,
        *,
        names: Iterable[str] | None = None,
        skeleton: Iterable[Iterable[int]] | None = None,
        visible: str | None = None,
        parent_categories: str | Iterable[str] | None = None,
        description: str = "",
    ) -> None:
        self._keypoints.append(
            KeypointsInfo(
                number,
                names=names,
                skeleton=skeleton,
                visible=visible,
                parent_categories=parent_categories,
                description=description,
            )
        )


class LabeledKeypoints2D(Labeled, Keypoints2D):
    __slots__ = LABEL_SLOTS

    _GEOMETRY = Keypoints2D
    _KEY = "keypoints2d"

    def __init__(
        self,
        keypoints: Iterable[Iterable[float]] | None = None,
        *,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        Keypoints2D.__init__(self, keypoints)
        self._label(category, attributes, instance)
