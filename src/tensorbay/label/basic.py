"""What all label types share, and what all subcatalogs share."""

from __future__ import annotations

from typing import Any, ClassVar

from tensorbay._util.codec import ANY, MALFORMED, STRING, Schema, reject
from tensorbay._util.number import plain
from tensorbay._util.record import ABSENT, EqMixin, Field, Record
from tensorbay._util.repr import SLOTS_OF_SUBCLASS

__all__ = ["SubcatalogBase"]

LABEL_SLOTS = ("_attributes", "_category", "_instance")


class Labeled(Record):
    """Mixin of the geometry `_GEOMETRY`, which goes under `_KEY`. Subclasses declare `__slots__ = LABEL_SLOTS`."""

    __slots__ = SLOTS_OF_SUBCLASS

    # The class is named, as `super()` takes three times as long to find it.
    _GEOMETRY: ClassVar[type[Record]]
    _KEY: ClassVar[str]
    _repr_attrs: ClassVar[tuple[str, ...]] = ("category", "attributes", "instance")

    category = Field(STRING, default=ABSENT)
    attributes: Field[dict[str, Any]] = Field(ANY, default=ABSENT)
    instance = Field(STRING, default=ABSENT)

    __eq__ = EqMixin.__eq__
    __hash__ = None

    def _label(self, category: str | None, attributes: dict[str, Any] | None, instance: str | None) -> None:
        self._category = category or ABSENT
        self._attributes = attributes or ABSENT
        self._instance = instance or ABSENT

    def _loads(self, contents: Any) -> None:
        geometry = contents[self._KEY]
        try:
            self._GEOMETRY._loads(self, geometry)
        except MALFORMED as error:
            reject(error, self._KEY)
        # The loop over the fields, unrolled: these objects come by the million. `get` costs more than two looks.
        self._category = contents["category"] if "category" in contents else ABSENT  # noqa: SIM401
        self._attributes = contents["attributes"] if "attributes" in contents else ABSENT  # noqa: SIM401
        self._instance = contents["instance"] if "instance" in contents else ABSENT  # noqa: SIM401

    def _dumps(self) -> Any:
        contents: dict[str, Any] = {self._KEY: self._GEOMETRY._dumps(self)}
        if self._category is not ABSENT:
            contents["category"] = self._category
        if self._attributes is not ABSENT:
            contents["attributes"] = plain(self._attributes)
        if self._instance is not ABSENT:
            instance = self._instance
            contents["instance"] = instance if type(instance) is str else plain(instance)
        return contents

    @classmethod
    def _schema(cls) -> Schema:
        labels: Schema = Record._schema.__func__(cls)  # type: ignore[attr-defined]
        labels["properties"] = {cls._KEY: cls._GEOMETRY._schema(), **labels["properties"]}
        labels["required"] = [cls._KEY]
        return labels


class SubcatalogBase(Record):
    """What labels of one type may be in a dataset."""

    _repr_attrs: ClassVar[tuple[str, ...]] = (
        "is_sample",
        "sample_rate",
        "is_tracking",
        "keypoints",
        "category_delimiter",
        "categories",
        "attributes",
        "lexicon",
    )

    description = Field(STRING, default="")

    def __init__(self, description: str = "") -> None:
        self.description = description


class ByKind(Record):
    """Something for each kind of label: attributes that exist only if set; falsy without any."""

    __slots__ = ()

    _repr_maxlevel: ClassVar[int] = 2

    _by_key: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._by_key = {plan.key: plan for plan in cls._plans}

    @property
    def _repr_attrs(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(self._fields)

    def _loads(self, contents: Any) -> None:
        self._check_object(contents)
        # By what is there, as it is little of what could be.
        for key, value in contents.items():
            if plan := self._by_key.get(key):
                try:
                    setattr(self, plan.slot, plan.load(value))
                except MALFORMED as error:
                    reject(error, key)

    def __bool__(self) -> bool:
        return any(getattr(self, plan.slot, ABSENT) is not ABSENT for plan in self._plans)
