"""Whether a catalog makes sense in itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from tensorbay.healthcheck.report import Error
from tensorbay.label import AttributeInfo, Catalog

__all__ = [
    "InvalidEnumError",
    "InvalidParentCategories",
    "InvalidRangeError",
    "InvalidTypeError",
    "NeitherTypeNorEnumError",
    "RangeNotSupportError",
    "RedundantTypeError",
    "check_catalog",
]


class AttributeInfoError(Error):
    _reason = ""

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return f'AttributeInfo "{self._name}": {self._reason}'


class InvalidTypeError(AttributeInfoError):
    _reason = '"type" field is invalid'


class InvalidEnumError(AttributeInfoError):
    _reason = '"enum" field is invalid'


class NeitherTypeNorEnumError(AttributeInfoError):
    _reason = 'Neither "type" nor "enum" field exists'


class RedundantTypeError(AttributeInfoError):
    _reason = '"type" field is redundant when "enum" field exists'


class RangeNotSupportError(AttributeInfoError):
    _reason = 'Only "number" and "integer" type supports range'


class InvalidRangeError(AttributeInfoError):
    _reason = "Maximum is not larger than minimum"


class InvalidParentCategories(AttributeInfoError):  # noqa: N818  (1.x name)
    def __init__(self, name: str, invalid_parent_category: str) -> None:
        super().__init__(name)
        self._invalid_parent_category = invalid_parent_category

    def __str__(self) -> str:
        return f'AttributeInfo "{self._name}": parent category "{self._invalid_parent_category}" is invalid'


def check_catalog(catalog: Catalog) -> Iterator[tuple[str, AttributeInfoError]]:
    """What is wrong, with the name of the subcatalog."""
    for name in catalog._fields:
        subcatalog = getattr(catalog, name, None)
        categories = getattr(subcatalog, "categories", ())
        for info in getattr(subcatalog, "attributes", ()):
            for error in _check(info, categories):
                yield name, error


def _check(info: AttributeInfo, categories: Collection[Any]) -> Iterator[AttributeInfoError]:
    type_ = getattr(info, "type", None)
    enum = getattr(info, "enum", None)
    if type_ is not None and not _is_type(type_):
        yield InvalidTypeError(info.name)
    if enum is not None and (len(enum) < 2 or any(value in enum[:index] for index, value in enumerate(enum))):
        yield InvalidEnumError(info.name)
    if type_ is None and enum is None:
        yield NeitherTypeNorEnumError(info.name)
    if type_ is not None and enum is not None:
        yield RedundantTypeError(info.name)
    yield from _check_range(info, type_)
    for parent in getattr(info, "parent_categories", ()):
        if parent not in categories:
            yield InvalidParentCategories(info.name, parent)


def _is_type(type_: str | list[str]) -> bool:
    """Null alone says nothing; neither does a list of one, or one with repetitions."""
    if isinstance(type_, str):
        return type_ != "null"
    return len(type_) > 1 and len(set(type_)) == len(type_)


def _check_range(info: AttributeInfo, type_: str | list[str] | None) -> Iterator[AttributeInfoError]:
    minimum, maximum = getattr(info, "minimum", None), getattr(info, "maximum", None)
    if minimum is None and maximum is None:
        return
    types = {type_} if isinstance(type_, str) else set(type_ or ())
    if not types & {"number", "integer"}:
        yield RangeNotSupportError(info.name)
    if minimum is not None and maximum is not None and maximum <= minimum:
        yield InvalidRangeError(info.name)
