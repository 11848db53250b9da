"""The parts that subcatalogs are put together from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorbay._util.codec import BOOLEAN, INTEGER, STRING, Codec, list_of
from tensorbay._util.named import NameList, NameMixin, name_list_of
from tensorbay._util.number import plain
from tensorbay._util.record import ABSENT, Field, Record
from tensorbay.label.attributes import AttributeInfo, Items, TypeName, parent_list
from tensorbay.label.basic import SubcatalogBase

__all__ = [
    "AttributesMixin",
    "CategoriesMixin",
    "CategoryInfo",
    "IsTrackingMixin",
    "KeypointsInfo",
    "MaskCategoriesMixin",
    "MaskCategoryInfo",
]


def _visible(name: Any) -> str:
    if isinstance(name, str) and name.upper() in ("BINARY", "TERNARY"):
        return name.upper()
    raise ValueError("Visible can only be 'BINARY' or 'TERNARY'")


_VISIBLE: Codec[str] = Codec(_visible, str, lambda: {"enum": ["BINARY", "TERNARY"]})
_PAIRS: Codec[list[tuple[int, ...]]] = Codec(
    lambda contents: [tuple(pair) for pair in contents],
    lambda pairs: [plain(list(pair)) for pair in pairs],
    lambda: {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
)


class CategoryInfo(NameMixin):
    """A category of a subcatalog."""


class MaskCategoryInfo(CategoryInfo):
    """`category_id` is the pixel value."""

    _repr_attrs = ("category_id",)

    category_id = Field(INTEGER)

    def __init__(self, name: str, category_id: int, description: str = "") -> None:
        super().__init__(name, description)
        self.category_id = category_id


class KeypointsInfo(Record):
    """`number` keypoints, with `names`; `skeleton` has the pairs of indices to be joined.

    `visible` says what `v` of a keypoint means: "BINARY" (0 or 1) or "TERNARY" (0, 1 or 2).
    """

    _repr_attrs = ("number", "names", "skeleton", "visible", "parent_categories")

    number = Field(INTEGER, readonly=True)
    names = Field(list_of(STRING), default=ABSENT)
    skeleton = Field(_PAIRS, default=ABSENT)
    visible = Field(_VISIBLE, default=ABSENT)
    parent_categories = Field(list_of(STRING), default=ABSENT)
    description = Field(STRING, default="")

    def __init__(
        self,
        number: int,
        *,
        names: Iterable[str] | None = None,
        skeleton: Iterable[Iterable[int]] | None = None,
        visible: str | None = None,
        parent_categories: str | Iterable[str] | None = None,
        description: str = "",
    ) -> None:
        self._number = number
        self.names = list(names or ()) or ABSENT
        self.skeleton = _PAIRS.load(skeleton or ()) or ABSENT
        self.visible = _VISIBLE.load(visible) if visible else ABSENT
        self.parent_categories = parent_list(parent_categories)
        self.description = description


class IsTrackingMixin(Record):
    """`is_tracking`: the frames are continuous, and `instance` follows an object through them."""

    is_tracking = Field(BOOLEAN, default=False)

    def __init__(self, is_tracking: bool = False) -> None:
        self.is_tracking = is_tracking


class CategoriesMixin(Record):
    """`category_delimiter` separates the levels of a category name."""

    category_delimiter = Field(STRING, default=ABSENT)
    categories = Field(name_list_of(CategoryInfo), default=ABSENT)

    def add_category(self, name: str, description: str = "") -> None:
        if not hasattr(self, "categories"):
            self.categories = NameList()
        self.categories.append(CategoryInfo(name, description))

    def get_category_to_index(self) -> dict[str, int]:
        return {info.name: index for index, info in enumerate(getattr(self, "categories", ()))}

    def get_index_to_category(self) -> dict[int, str]:
        return {index: info.name for index, info in enumerate(getattr(self, "categories", ()))}


class MaskCategoriesMixin(Record):
    """As `CategoriesMixin`; the index of a category is its pixel value."""

    category_delimiter = Field(STRING, default=ABSENT)
    categories = Field(name_list_of(MaskCategoryInfo), default=ABSENT)

    def add_category(self, name: str, category_id: int, description: str = "") -> None:
        if not hasattr(self, "categories"):
            self.categories = NameList()
        self.categories.append(MaskCategoryInfo(name, category_id, description))

    def get_category_to_index(self) -> dict[str, int]:
        return {info.name: info.category_id for info in getattr(self, "categories", ())}

    def get_index_to_category(self) -> dict[int, str]:
        return {info.category_id: info.name for info in getattr(self, "categories", ())}


class AttributesMixin(Record):
    attributes = Field(name_list_of(AttributeInfo), default=ABSENT)

    def add_attribute(
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
        info = AttributeInfo(
            name,
            type_=type_,
            enum=enum,
            minimum=minimum,
            maximum=maximum,
            items=items,
            parent_categories=parent_categories,
            description=description,
        )
        if not hasattr(self, "attributes"):
            self.attributes = NameList()
        self.attributes.append(info)


class TrackedSubcatalog(SubcatalogBase, IsTrackingMixin, CategoriesMixin, AttributesMixin):
    """Of labels that have a place in the file, and may be followed through several files."""

    def __init__(self, is_tracking: bool = False) -> None:
        SubcatalogBase.__init__(self)
        IsTrackingMixin.__init__(self, is_tracking)


class MaskSubcatalog(SubcatalogBase, MaskCategoriesMixin, AttributesMixin):
    """Of labels that are images whose pixel values stand for categories or instances."""
