"""Lines with labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorbay._util.codec import BOOLEAN, STRING
from tensorbay._util.record import ABSENT, Field
from tensorbay.geometry import MultiPolyline2D, Polyline2D
from tensorbay.label.basic import LABEL_SLOTS, Labeled
from tensorbay.label.supports import TrackedSubcatalog

__all__ = [
    "LabeledMultiPolyline2D",
    "LabeledPolyline2D",
    "MultiPolyline2DSubcatalog",
    "Polyline2DSubcatalog",
]


class Polyline2DSubcatalog(TrackedSubcatalog):
    """What polylines of a dataset may be; `is_beizer_curve`: their points say whether they are control points."""

    _repr_attrs = ("is_beizer_curve", *TrackedSubcatalog._repr_attrs)

    is_beizer_curve = Field(BOOLEAN, default=False)

    def __init__(self, is_tracking: bool = False, is_beizer_curve: bool = False) -> None:
        super().__init__(is_tracking)
        self.is_beizer_curve = is_beizer_curve


class MultiPolyline2DSubcatalog(TrackedSubcatalog):
    """What multi-polylines of a dataset may be."""


class LabeledPolyline2D(Labeled, Polyline2D):
    """`beizer_point_types`: a letter for each point, "L" for a vertex and "C" for a control point."""

    __slots__ = (*LABEL_SLOTS, "_beizer_point_types")

    _GEOMETRY = Polyline2D
    _KEY = "polyline2d"
    _repr_attrs = ("beizer_point_types", *Labeled._repr_attrs)

    beizer_point_types = Field(STRING, default=ABSENT)

    def __init__(
        self,
        points: Iterable[Iterable[float]] | None = None,
        *,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
        beizer_point_types: str | None = None,
    ) -> None:
        Polyline2D.__init__(self, points)
        self._label(category, attributes, instance)
        self._beizer_point_types = beizer_point_types or ABSENT

    def _loads(self, contents: Any) -> None:
        super()._loads(contents)
        self._beizer_point_types = contents.get("beizerPointTypes", ABSENT)

    def _dumps(self) -> dict[str, Any]:
        contents: dict[str, Any] = super()._dumps()
        if self._beizer_point_types is not ABSENT:
            contents["beizerPointTypes"] = self._beizer_point_types
        return contents


class LabeledMultiPolyline2D(Labeled, MultiPolyline2D):
    __slots__ = LABEL_SLOTS

    _GEOMETRY = MultiPolyline2D
    _KEY = "multiPolyline2d"

    def __init__(
        self,
        polylines: Iterable[Iterable[Iterable[float]]] | None = None,
        *,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        MultiPolyline2D.__init__(self, polylines)
        self._label(category, attributes, instance)
