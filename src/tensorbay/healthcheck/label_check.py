"""Whether the labels of a dataset are what its catalog allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tensorbay.dataset import Frame
from tensorbay.healthcheck.report import Error
from tensorbay.label import AttributeInfo, Catalog, Items, Label

__all__ = ["LabelError", "check_label", "check_labels"]


@dataclass(frozen=True, slots=True)
class LabelError(Error):
    """`field` leads to the spot inside the label of the file `path`."""

    segment: str
    path: str
    field: str
    reason: str

    def __str__(self) -> str:
        return f'Data "{self.path}" of segment "{self.segment}": {self.field}: {self.reason}'


def check_labels(dataset: Any) -> Iterator[LabelError]:
    for segment in dataset:
        for item in segment:
            for data in item.values() if isinstance(item, Frame) else (item,):
                for field, reason in check_label(data.label, dataset.catalog):
                    yield LabelError(segment.name, str(data.path), field, reason)


def check_label(label: Label, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """The spots of a label that the catalog does not allow, each with the reason."""
    for name in label._fields:
        value = getattr(label, name, None)
        if value is None:
            continue
        subcatalog = getattr(catalog, name, None)
        if subcatalog is None:
            yield name, "the catalog has no such subcatalog"
            continue
        if isinstance(value, list):
            for index, element in enumerate(value):
                yield from _check_element(f"{name}[{index}]", element, subcatalog)
        else:
            yield from _check_element(name, value, subcatalog)


def _check_element(spot: str, element: Any, subcatalog: Any) -> Iterator[tuple[str, str]]:
    categories = getattr(subcatalog, "categories", None)
    category = getattr(element, "category", None)
    if category is not None and category not in (categories or ()):
        yield f"{spot}.category", f"{category!r} is not a category of the catalog"
    if hasattr(element, "all_attributes") or hasattr(element, "all_category_ids"):
        yield from _check_mask(spot, element, subcatalog)
    else:
        attributes = getattr(element, "attributes", {})
        yield from _check_attributes(f"{spot}.attributes", attributes, category, subcatalog)
    if infos := getattr(subcatalog, "keypoints", ()):
        yield from _check_keypoints(spot, element, category, infos)


def _check_mask(spot: str, mask: Any, subcatalog: Any) -> Iterator[tuple[str, str]]:
    by_id = subcatalog.get_index_to_category()
    category_ids: dict[Any, Any] = getattr(mask, "all_category_ids", {})
    all_attributes = getattr(mask, "all_attributes", {})
    if mask._id_key == "categoryId":
        category_ids = {id_: id_ for id_ in all_attributes}
    for id_, category_id in category_ids.items():
        if category_id not in by_id:
            yield f"{spot}.info[{id_}]", f"{category_id} is not a category id of the catalog"
    for id_, attributes in all_attributes.items():
        category = by_id.get(category_ids.get(id_))
        yield from _check_attributes(f"{spot}.info[{id_}].attributes", attributes, category, subcatalog)


def _check_attributes(
    spot: str, attributes: dict[str, Any], category: str | None, subcatalog: Any
) -> Iterator[tuple[str, str]]:
    infos = getattr(subcatalog, "attributes", None)
    for name, value in attributes.items():
        if infos is None or name not in infos:
            yield f"{spot}.{name}", "the catalog has no such attribute"
            continue
        info: AttributeInfo = infos[name]
        parents = getattr(info, "parent_categories", None)
        if parents and category not in parents:
            yield f"{spot}.{name}", f"category {category!r} does not have this attribute, only {parents} do"
        yield from _check_value(f"{spot}.{name}", value, info)


_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list, tuple),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "null": (type(None),),
    "instance": (str,),
}


def _has_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def _check_value(spot: str, value: Any, items: Items) -> Iterator[tuple[str, str]]:
    enum = getattr(items, "enum", None)
    if enum is not None and value not in enum:
        yield spot, f"{value!r} is not one of {enum}"
    type_ = getattr(items, "type", None)
    types = [type_] if isinstance(type_, str) else type_
    if types and not any(_has_type(value, name) for name in types):
        yield spot, f"{value!r} is not of type {' or '.join(types)}"
        return
    minimum, maximum = getattr(items, "minimum", None), getattr(items, "maximum", None)
    if isinstance(value, (int, float)):
        if minimum is not None and value < minimum:
            yield spot, f"{value!r} is less than {minimum}"
        if maximum is not None and value > maximum:
            yield spot, f"{value!r} is more than {maximum}"
    if isinstance(value, (list, tuple)) and hasattr(items, "items"):
        for index, element in enumerate(value):
            yield from _check_value(f"{spot}[{index}]", element, items.items)


def _check_keypoints(spot: str, element: Any, category: str | None, infos: Any) -> Iterator[tuple[str, str]]:
    fitting = [info for info in infos if category in getattr(info, "parent_categories", (category,))]
    numbers = sorted({info.number for info in fitting})
    if numbers and len(element) not in numbers:
        yield spot, f"has {len(element)} keypoints, not {' or '.join(map(str, numbers))}"
