"""All labels of one file."""

from __future__ import annotations

from tensorbay._util.codec import list_of
from tensorbay._util.record import ABSENT, Field, Record, record
from tensorbay.label.label_box import LabeledBox2D
from tensorbay.label.label_classification import Classification

__all__ = ["Label"]


class Label(Record):
    """Each kind of label is an attribute that exists only if set; a label with none is falsy."""

    __slots__ = ("_box2d", "_classification")

    _missing = "The '{1}' label is not provided in this data"
    _repr_maxlevel = 2

    classification = Field(record(Classification), default=ABSENT, key="CLASSIFICATION")
    box2d = Field(list_of(record(LabeledBox2D)), default=ABSENT, key="BOX2D")

    _repr_attrs = ("classification", "box2d")

    def __bool__(self) -> bool:
        return any(getattr(self, plan.slot, ABSENT) is not ABSENT for plan in self._plans)
