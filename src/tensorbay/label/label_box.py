from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tensorbay._util.codec import MALFORMED, reject
from tensorbay._util.number import number
from tensorbay._util.record import ABSENT
from tensorbay.geometry import Box2D, Box3D, Quaternion
from tensorbay.label.basic import LABEL_SLOTS, Labeled
from tensorbay.label.supports import TrackedSubcatalog

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Box2DSubcatalog", "Box3DSubcatalog", "LabeledBox2D", "LabeledBox3D"]


class Box2DSubcatalog(TrackedSubcatalog):
    """What 2D boxes of a dataset may be."""


class Box3DSubcatalog(TrackedSubcatalog):
    """What 3D boxes of a dataset may be."""


class LabeledBox2D(Labeled, Box2D):
    """Falsy `category`, `attributes` or `instance` leave the attribute absent."""

    __slots__ = LABEL_SLOTS

    _GEOMETRY = Box2D
    _KEY = "box2d"

    def __init__(
        self,
        xmin: float,
        ymin: float,
        xmax: float,
        ymax: float,
        *,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        Box2D.__init__(self, xmin, ymin, xmax, ymax)
        self._label(category, attributes, instance)

    @classmethod
    def from_xywh(
        cls,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> Self:
        return cls(x, y, x + width, y + height, category=category, attributes=attributes, instance=instance)

    def _loads(self, contents: Any) -> None:
        # What `Labeled` and `Box2D` do, in one call: labels are boxes more than anything else.
        box = contents["box2d"]
        try:
            xmin, ymin = box["xmin"], box["ymin"]
            xmax, ymax = box["xmax"], box["ymax"]
            if type(xmin) is type(ymin) is type(xmax) is type(ymax) is float:
                self._data = (xmin, ymin, xmax, ymax)
            else:
                self._data = (number(xmin), number(ymin), number(xmax), number(ymax))
        except MALFORMED as error:
            reject(error, "box2d")
        self._category = contents["category"] if "category" in contents else ABSENT  # noqa: SIM401
        self._attributes = contents["attributes"] if "attributes" in contents else ABSENT  # noqa: SIM401
        self._instance = contents["instance"] if "instance" in contents else ABSENT  # noqa: SIM401


class LabeledBox3D(Labeled, Box3D):
    __slots__ = LABEL_SLOTS

    _GEOMETRY = Box3D
    _KEY = "box3d"
    _repr_attrs = (*Box3D._repr_attrs, *Labeled._repr_attrs)

    def __init__(
        self,
        size: Iterable[float],
        translation: Iterable[float] = (0, 0, 0),
        rotation: Iterable[float] | Quaternion = (1, 0, 0, 0),
        *,
        transform_matrix: Any = None,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        Box3D.__init__(self, size, translation, rotation, transform_matrix=transform_matrix)
        self._label(category, attributes, instance)
