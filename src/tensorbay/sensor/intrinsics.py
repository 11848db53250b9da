"""How a camera maps points to its image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count
from math import atan, sqrt
from typing import TYPE_CHECKING, Any

from tensorbay._util.codec import NUMBER, Schema
from tensorbay._util.number import coordinate, number
from tensorbay._util.record import ABSENT, Field, Record, record
from tensorbay.geometry import Vector2D

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CameraIntrinsics", "CameraMatrix", "DistortionCoefficients"]

Point = Sequence[float]
# Rows of numbers: nested sequences or a numpy array.
MatrixType = Any


def _on_plane(point: Point) -> tuple[float, float]:
    """A point of space on the plane at distance one; a point of that plane as it is."""
    if len(point) == 3:
        x, y, z = map(coordinate, point)
        return x / z, y / z
    if len(point) == 2:
        x, y = map(coordinate, point)
        return x, y
    raise TypeError("The point to be projected must have 2 or 3 dimensions")


class CameraMatrix(Record):
    """Focal lengths, principal point and skew, in pixels; or a 3x3 `matrix` that has them."""

    _repr_attrs = ("fx", "fy", "cx", "cy", "skew")

    fx = Field(NUMBER)
    fy = Field(NUMBER)
    cx = Field(NUMBER)
    cy = Field(NUMBER)
    skew = Field(NUMBER, default=0)

    def __init__(
        self,
        fx: float | None = None,
        fy: float | None = None,
        cx: float | None = None,
        cy: float | None = None,
        skew: float = 0,
        *,
        matrix: MatrixType | None = None,
    ) -> None:
        if matrix is not None:
            fx, skew, cx = (matrix[0][column] for column in range(3))
            fy, cy = matrix[1][1], matrix[1][2]
        if fx is None or fy is None or cx is None or cy is None:
            raise TypeError("Require 'fx', 'fy', 'cx', 'cy' or 3x3 matrix to initialize CameraMatrix")
        self.fx, self.fy = coordinate(fx), coordinate(fy)
        self.cx, self.cy = coordinate(cx), coordinate(cy)
        self.skew = coordinate(skew)

    def as_matrix(self) -> NDArray[np.float64]:
        """The 3x3 matrix; needs numpy."""
        import numpy as np

        return np.array([[self.fx, self.skew, self.cx], [0, self.fy, self.cy], [0, 0, 1]], dtype=float)

    def project(self, point: Point) -> Vector2D:
        """The pixel of a point of space `(x, y, z)`, or of a point `(x, y)` on the plane at distance one."""
        x, y = _on_plane(point)
        return Vector2D(self.fx * x + self.skew * y + self.cx, self.fy * y + self.cy)


class DistortionCoefficients(Record):
    """Tangential coefficients `p1, p2, ...` and radial ones `k1, k2, ...`; a gap ends a series."""

    def __init__(self, **kwargs: float) -> None:
        coefficients = {name: coordinate(value) for name, value in _series(kwargs)}
        if not coefficients:
            raise TypeError("Require tangential or radial distortion to initialize DistortionCoefficients")
        if unknown := [name for name in kwargs if not re.fullmatch("[pk][1-9][0-9]*", name)]:
            raise TypeError(f"Unknown distortion coefficients: {', '.join(unknown)}; they are p1, p2, ..., k1, k2, ...")
        vars(self).update(coefficients)

    @property
    def _repr_attrs(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(name for name, _ in _series(vars(self)))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> float: ...

    def distort(self, point: Point, is_fisheye: bool = False) -> Vector2D:
        """Where the lens puts a point of space, or of the plane at distance one."""
        x, y = _on_plane(point)
        x2, y2, xy2 = x**2, y**2, 2 * x * y
        r2 = x2 + y2
        radial = self._calculate_radial_distortion(r2, is_fisheye)
        shift_x, shift_y = self._calculate_tangential_distortion(r2, x2, y2, xy2, is_fisheye)
        return Vector2D(x * radial + shift_x, y * radial + shift_y)

    def _calculate_radial_distortion(self, r2: float, is_fisheye: bool) -> float:
        r = sqrt(r2)
        angle = atan(r)
        factor = angle**2 if is_fisheye else r2
        radial: float = 1
        for power, (_, coefficient) in enumerate(_series(vars(self), "k"), start=1):
            radial += coefficient * factor**power
        if is_fisheye:
            radial = radial * angle / r if r > 1e-8 else 1
        return radial

    def _calculate_tangential_distortion(
        self, r2: float, x2: float, y2: float, xy2: float, is_fisheye: bool
    ) -> tuple[float, float]:
        # Without any p there is no tangential distortion; p1 without p2 is an incomplete model.
        if is_fisheye or "p1" not in vars(self):
            return 0, 0
        p1, p2 = self.p1, self.p2
        return p1 * xy2 + p2 * (r2 + 2 * x2), p1 * (r2 + 2 * y2) + p2 * xy2

    def _loads(self, contents: Any) -> None:
        vars(self).update({name: number(value) for name, value in _series(contents)})

    def _dumps(self) -> dict[str, float]:
        return dict(_series(vars(self)))

    @classmethod
    def _schema(cls) -> Schema:
        return {"type": "object", "patternProperties": {"^[pk][1-9][0-9]*$": {"type": "number"}}}


def _series(values: dict[str, Any], letters: str = "pk") -> Iterator[tuple[str, Any]]:
    for letter in letters:
        for index in count(1):
            name = f"{letter}{index}"
            if name not in values:
                break
            yield name, values[name]


class CameraIntrinsics(Record):
    """The camera matrix and, if the lens distorts, its coefficients (`p1`, `p2`, ..., `k1`, `k2`, ...)."""

    _repr_attrs = ("camera_matrix", "distortion_coefficients")
    _repr_maxlevel = 2

    camera_matrix = Field(record(CameraMatrix))
    distortion_coefficients: Field[DistortionCoefficients] = Field(record(DistortionCoefficients), default=ABSENT)

    def __init__(
        self,
        fx: float | None = None,
        fy: float | None = None,
        cx: float | None = None,
        cy: float | None = None,
        skew: float = 0,
        *,
        camera_matrix: MatrixType | None = None,
        **kwargs: float,
    ) -> None:
        self.set_camera_matrix(fx, fy, cx, cy, skew, matrix=camera_matrix)
        if kwargs:
            self.set_distortion_coefficients(**kwargs)

    def set_camera_matrix(
        self,
        fx: float | None = None,
        fy: float | None = None,
        cx: float | None = None,
        cy: float | None = None,
        skew: float = 0,
        *,
        matrix: MatrixType | None = None,
    ) -> None:
        self.camera_matrix = CameraMatrix(fx, fy, cx, cy, skew, matrix=matrix)

    def set_distortion_coefficients(self, **kwargs: float) -> None:
        self.distortion_coefficients = DistortionCoefficients(**kwargs)

    def project(self, point: Point, is_fisheye: bool = False) -> Vector2D:
        """The pixel of a point, distorted as by the lens."""
        if hasattr(self, "distortion_coefficients"):
            point = self.distortion_coefficients.distort(point, is_fisheye)
        return self.camera_matrix.project(point)
