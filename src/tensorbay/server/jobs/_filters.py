"""What a search looks for: filters of data, checked when they are posted."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from tensorbay.exception import InvalidParamsError

if TYPE_CHECKING:
    from tensorbay.server.index import Entry

__all__ = ["Match", "SearchArguments", "make_match"]

T = TypeVar("T")
Match = Callable[[str, "Entry"], bool]
"""Whether a segment's data is what is looked for."""


class _Extra(msgspec.Struct, frozen=True, rename="camel"):
    label_type: str | None = None


class _Filter(msgspec.Struct, frozen=True, rename="camel"):
    key: Literal["segment", "size", "withLabel", "frame", "sensor", "category", "attribute", "keyword"]
    operator: str
    value: Any
    extra_info: _Extra | None = None


class SearchArguments(msgspec.Struct, frozen=True, rename="camel"):
    commit: str
    filters: list[_Filter]
    conjunction: Literal["and", "or", "AND", "OR"] = "and"
    unit: Literal["file", "frame", "FILE", "FRAME"] = "file"

    @property
    def keeps_frames(self) -> bool:
        return self.unit.lower() == "frame"


class _Element(msgspec.Struct, gc=False):
    category: str | None = None
    attributes: dict[str, Any] | None = None


_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_element = msgspec.json.Decoder(_Element | list[_Element]).decode
_COMPARE = {"=": operator.eq, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


def make_match(arguments: SearchArguments) -> Match:
    """Raises InvalidParamsError for a filter that means nothing. Without filters everything is found."""
    matches = [_make(filter_) for filter_ in arguments.filters]
    combine = all if arguments.conjunction.lower() == "and" or not matches else any
    return lambda segment, entry: combine(match(segment, entry) for match in matches)


def _make(filter_: _Filter) -> Match:
    key = filter_.key
    if key == "size":
        compare = _COMPARE.get(filter_.operator) or _refuse(filter_, "operator")
        size = _value(filter_, int)
        return lambda _, entry: bool(compare(entry.size, size))
    if key == "withLabel":
        wanted = _value(filter_, bool, "=")
        return lambda _, entry: (bytes(entry.label) != b"{}") == wanted
    if key == "segment":
        names = frozenset(_value(filter_, list[str], "in"))
        return lambda segment, _: segment in names
    if key == "sensor":
        sensors = frozenset(_value(filter_, list[str], "in"))
        return lambda _, entry: entry.remote_path is not None and entry.sensor in sensors
    if key == "category":
        return _by_label(filter_, _has_category(frozenset(_value(filter_, list[str], "in"))))
    if key == "attribute":
        return _by_label(filter_, _has_attributes(_value(filter_, dict[str, list[Any]], "in")))
    return _by_text(filter_)


def _by_text(filter_: _Filter) -> Match:
    """`frame` and `keyword`."""
    text = _value(filter_, str, "=", "like")
    is_exact = filter_.operator == "="

    def match(_: str, entry: Entry) -> bool:
        if filter_.key == "keyword":
            found = entry.remote_path or entry.key
        elif entry.remote_path is not None:
            found = entry.frame_id
        else:
            return False
        return text == found if is_exact else text in found

    return match


def _by_label(filter_: _Filter, test: Callable[[_Element], bool]) -> Match:
    type_ = filter_.extra_info.label_type if filter_.extra_info else None

    def match(_: str, entry: Entry) -> bool:
        members = _members(entry.label)
        wanted = members.values() if type_ is None else [members[type_]] if type_ in members else []
        return any(test(element) for raw in wanted for element in _elements(raw))

    return match


def _elements(raw: msgspec.Raw) -> list[_Element]:
    """Labels are not checked when they are posted: what is none has no elements."""
    try:
        found = _element(raw)
    except (msgspec.DecodeError, RecursionError):
        return []
    return found if isinstance(found, list) else [found]


def _has_category(categories: frozenset[str]) -> Callable[[_Element], bool]:
    return lambda element: element.category in categories


def _has_attributes(wanted: dict[str, list[Any]]) -> Callable[[_Element], bool]:
    """All names, each with one of its values."""

    def test(element: _Element) -> bool:
        attributes = element.attributes or {}
        return all(name in attributes and _is_any(attributes[name], values) for name, values in wanted.items())

    return test


def _is_any(value: Any, wanted: list[Any]) -> bool:
    values = value if isinstance(value, list) else [value]
    # As JSON: true is not 1 here.
    return any(type(one) is type(other) and one == other for one in values for other in wanted)


def _value(filter_: _Filter, type_: type[T], *operators: str) -> T:
    if operators and filter_.operator not in operators:
        _refuse(filter_, "operator")
    try:
        return msgspec.convert(filter_.value, type_)
    except msgspec.ValidationError as error:
        raise InvalidParamsError(f'The value of the filter "{filter_.key}": {error}') from None


def _refuse(filter_: _Filter, what: str) -> Any:
    raise InvalidParamsError(f'The filter "{filter_.key}" has no {what} {filter_.operator!a:.50}.')
