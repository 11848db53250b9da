"""The parts that subcatalogs are put together from."""

from __future__ import annotations

from collections.abc import Iterable

from tensorbay._util.codec import BOOLEAN, INTEGER, STRING
from tensorbay._util.named import NameList, NameMixin, name_list_of
from tensorbay._util.record import ABSENT, Field, Record
from tensorbay.label.attributes import AttributeInfo, Items, TypeName

__all__ = [
    "AttributesMixin",
    "CategoriesMixin",
    "CategoryInfo",
    "IsTrackingMixin",
    "MaskCategoriesMixin",
    "MaskCategoryInfo",
]


class CategoryInfo(NameMixin):
    """A category of a subcatalog."""


class MaskCategoryInfo(CategoryInfo):
    """`category_id` is the pixel value."""

    _repr_attrs = ("category_id",)

    category_id = Field(INTEGER)

    def __init__(self, name: str, category_id: int, description: str = "") -> None:
        super().__init__(name, description)
        self.category_id = category_id


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
