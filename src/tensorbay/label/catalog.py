"""What the labels of a dataset may be."""

from __future__ import annotations

from tensorbay._util.record import ABSENT, Field, Record, record
from tensorbay.label.label_box import Box2DSubcatalog
from tensorbay.label.label_classification import ClassificationSubcatalog

__all__ = ["Catalog"]


class Catalog(Record):
    """One subcatalog for each kind of label in use, named as in `Label`; falsy without any."""

    _missing = "The '{1}' subcatalog is not provided in this dataset"
    _repr_maxlevel = 2

    classification = Field(record(ClassificationSubcatalog), default=ABSENT, key="CLASSIFICATION")
    box2d = Field(record(Box2DSubcatalog), default=ABSENT, key="BOX2D")

    _repr_attrs = ("classification", "box2d")

    def __bool__(self) -> bool:
        return any(getattr(self, plan.slot, ABSENT) is not ABSENT for plan in self._plans)
