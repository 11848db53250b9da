from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorbay.geometry import Box2D
from tensorbay.label.basic import LABEL_SLOTS, Labeled, SubcatalogBase
from tensorbay.label.supports import AttributesMixin, CategoriesMixin, IsTrackingMixin

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Box2DSubcatalog", "LabeledBox2D"]


class Box2DSubcatalog(SubcatalogBase, IsTrackingMixin, CategoriesMixin, AttributesMixin):
    """What 2D boxes of a dataset may be."""

    def __init__(self, is_tracking: bool = False) -> None:
        SubcatalogBase.__init__(self)
        IsTrackingMixin.__init__(self, is_tracking)


class LabeledBox2D(Labeled, Box2D):
    """Falsy `category`, `attributes` or `instance` leave the attribute absent."""

    __slots__ = LABEL_SLOTS

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
