from __future__ import annotations

from typing import Any

from tensorbay._util.codec import ANY, STRING
from tensorbay._util.record import ABSENT, Field, Record
from tensorbay.label.basic import SubcatalogBase
from tensorbay.label.supports import AttributesMixin, CategoriesMixin

__all__ = ["Classification", "ClassificationSubcatalog"]


class ClassificationSubcatalog(SubcatalogBase, CategoriesMixin, AttributesMixin):
    """What classifications of a dataset may be."""


class Classification(Record):
    """The category and the attributes of a whole file. Falsy arguments leave the attribute absent."""

    __slots__ = ("_attributes", "_category", "_instance")

    _repr_attrs = ("category", "attributes")

    category = Field(STRING, default=ABSENT)
    attributes: Field[dict[str, Any]] = Field(ANY, default=ABSENT)
    instance = Field(STRING, default=ABSENT)

    def __init__(self, category: str | None = None, attributes: dict[str, Any] | None = None) -> None:
        self._category = category or ABSENT
        self._attributes = attributes or ABSENT
