"""Lines through points, and how far two lines are apart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from math import dist

from tensorbay.geometry.point_list import MultiPointList2D, PointList2D
from tensorbay.geometry.vector import Vector2D

Line = Sequence[Sequence[float]]


class Polyline2D(PointList2D[Vector2D]):
    __slots__ = ()

    @staticmethod
    def uniform_frechet_distance(polyline1: Line, polyline2: Line) -> float:
        """The largest distance of two points that run along the lines, each at its own constant speed.

        The smaller of the two results for either direction of the second line.
        """
        line1, line2 = _points(polyline1), _points(polyline2)
        return min(_distance(line1, line2), _distance(line1, line2[::-1]))

    @staticmethod
    def similarity(polyline1: Line, polyline2: Line) -> float:
        """One minus the distance, relative to the largest distance of a vertex to a vertex of the other line."""
        distance = Polyline2D.uniform_frechet_distance(polyline1, polyline2)
        largest = max(dist(p, q) for p in _points(polyline1) for q in _points(polyline2))
        return 1 - distance / largest if largest else 1.0


class MultiPolyline2D(MultiPointList2D[Polyline2D]):
    __slots__ = ()

    _element = Polyline2D

    def __init__(self, polylines: Iterable[Iterable[Iterable[float]]] | None = None) -> None:
        super().__init__(polylines)


def _points(line: Line) -> list[tuple[float, ...]]:
    points = [tuple(float(value) for value in point) for point in line]
    if not points:
        raise ValueError("a polyline without points has no distance to another")
    return points


def _distance(line1: list[tuple[float, ...]], line2: list[tuple[float, ...]]) -> float:
    parameters1, parameters2 = _parameters(line1), _parameters(line2)
    # Both lines are straight between the vertices of either, so the maximum is at a vertex of one of them.
    return max(
        dist(_at(line1, parameters1, parameter), _at(line2, parameters2, parameter))
        for parameter in {*parameters1, *parameters2}
    )


def _parameters(line: list[tuple[float, ...]]) -> list[float]:
    """The share of the line that lies before each vertex."""
    lengths = list(accumulate((dist(p, q) for p, q in pairwise(line)), initial=0.0))
    total = lengths[-1]
    return [length / total for length in lengths] if total else [0.0] * len(line)


def _at(line: list[tuple[float, ...]], parameters: list[float], parameter: float) -> tuple[float, ...]:
    after = bisect_right(parameters, parameter)
    before = line[after - 1]
    if after == len(line) or parameters[after - 1] == parameter:
        return before
    share = (parameter - parameters[after - 1]) / (parameters[after] - parameters[after - 1])
    return tuple(p + (q - p) * share for p, q in zip(before, line[after], strict=True))
