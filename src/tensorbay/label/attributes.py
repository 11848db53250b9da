"""The schema of label attributes: a subset of JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable
from operator import methodcaller
from typing import ClassVar

from tensorbay._util.codec import ANY, STRING, Codec, list_of
from tensorbay._util.named import NameMixin
from tensorbay._util.number import plain
from tensorbay._util.record import ABSENT, Field, Record

__all__ = ["AttributeInfo", "Items"]

TypeName = str | type | None


class _AttributeType:
    """The names of the types, and the Python types that stand for them."""

    NAMES = ("array", "boolean", "integer", "number", "string", "null", "instance")
    _BY_TYPE: ClassVar[dict[type | None, str]] = {
        list: "array",
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        None: "null",
        type(None): "null",
    }

    @classmethod
    def get_type_name(cls, name: TypeName) -> str:
        if isinstance(name, str) and name in cls.NAMES:
            return name
        if (name is None or isinstance(name, type)) and name in cls._BY_TYPE:
            return cls._BY_TYPE[name]
        raise ValueError(f"Invalid type_ values for attribute. Only support {cls.NAMES} attribute types")

    @classmethod
    def convert(cls, type_: TypeName | Iterable[TypeName]) -> tuple[str | list[str], bool]:
        """The name or names, and whether "array" is among them."""
        if type_ is None or isinstance(type_, (str, type)):
            name = cls.get_type_name(type_)
            return name, name == "array"
        names = [cls.get_type_name(item) for item in type_]
        return names, "array" in names


_TYPE: Codec[str | list[str]] = Codec(
    lambda contents: _AttributeType.convert(contents)[0],
    plain,
    lambda: {
        "anyOf": [
            {"enum": list(_AttributeType.NAMES)},
            {"type": "array", "items": {"enum": list(_AttributeType.NAMES)}},
        ]
    },
)
_ITEMS: Codec[Items] = Codec(lambda contents: Items.loads(contents), methodcaller("dumps"), lambda: {"type": "object"})


def parent_list(names: str | Iterable[str] | None) -> list[str]:
    """One name or several as a list; `ABSENT` for none."""
    if not names:
        return ABSENT  # type: ignore[no-any-return]
    return [names] if isinstance(names, str) else list(names)


class Items(Record):
    """What values an attribute (or the elements of an array attribute) may have.

    `type_` is a name of `array boolean integer number string null instance`, a Python type that stands for one, or
    several of them; `items` counts only for arrays.
    """

    _repr_attrs: ClassVar[tuple[str, ...]] = ("type", "enum", "minimum", "maximum", "items")

    type = Field(_TYPE, default=ABSENT)
    items = Field(_ITEMS, default=ABSENT)
    enum = Field(list_of(ANY), default=ABSENT)
    minimum = Field(ANY, default=ABSENT)
    maximum = Field(ANY, default=ABSENT)

    def __init__(
        self,
        *,
        type_: TypeName | Iterable[TypeName] = "",
        enum: Iterable[str | float | bool | None] | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        items: Items | None = None,
    ) -> None:
        has_array = False
        if type_ != "":
            self.type, has_array = self._convert_type(type_)
        if has_array and items:
            self.items = items
        if values := list(enum or ()):
            self.enum = values
        if minimum is not None:
            self.minimum = minimum
        if maximum is not None:
            self.maximum = maximum

    @staticmethod
    def _convert_type(type_: TypeName | Iterable[TypeName]) -> tuple[str | list[str], bool]:
        return _AttributeType.convert(type_)


class AttributeInfo(NameMixin, Items):
    """`parent_categories`: the categories that have this attribute; all of them if absent."""

    _repr_attrs = (*Items._repr_attrs, "parent_categories")
    _repr_maxlevel = 2

    parent_categories = Field(list_of(STRING), default=ABSENT)

    def __init__(
        self,
        name: str,
        *,
        type_: TypeName | Iterable[TypeName] = "",
        enum: Iterable[str | float | bool | None] | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        items: Items | None = None,
        parent_categories: str | Iterable[str] | None = None,
        description: str = "",
    ) -> None:
        NameMixin.__init__(self, name, description)
        Items.__init__(self, type_=type_, enum=enum, minimum=minimum, maximum=maximum, items=items)
        self.parent_categories = parent_list(parent_categories)
