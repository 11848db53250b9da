"""Label statistics: counted from the entries of a page, summed over pages, and written as the protocol has them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from tensorbay.wire import encode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tensorbay.server.index import Entry

__all__ = ["Statistics", "add", "count", "count_page", "render"]

_SINGLE = "CLASSIFICATION"
_LISTS = frozenset(
    {
        "BOX2D",
        "BOX3D",
        "POLYGON",
        "MULTI_POLYGON",
        "POLYLINE2D",
        "MULTI_POLYLINE2D",
        "RLE",
        "KEYPOINTS2D",
        "SENTENCE",
    }
)


class _Counts(msgspec.Struct, array_like=True):
    """Values of attributes are kept as JSON: as Python values, 1, 1.0 and true would be one."""

    quantity: int = 0
    attributes: dict[str, dict[str, int]] = {}


class _TypeCounts(_Counts, array_like=True):
    categories: dict[str, _Counts] = {}


Statistics = dict[str, _TypeCounts]
"""By label type."""


class _Element(msgspec.Struct, gc=False):
    category: str | None = None
    attributes: dict[str, Any] | None = None


_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_element = msgspec.json.Decoder(_Element).decode
_elements = msgspec.json.Decoder(list[_Element]).decode
_statistics = msgspec.json.Decoder(Statistics).decode


def count_page(entries: Sequence[Entry]) -> bytes:
    """For the index to keep with the page."""
    return encode(count(entries))


def count(entries: Iterable[Entry]) -> Statistics:
    """Labels are not checked when they are posted: a member that is not what its key says is left out."""
    statistics: Statistics = {}
    for entry in entries:
        if len(entry.label) <= len(b"{}"):
            continue
        for type_, raw in _members(entry.label).items():
            if type_ == _SINGLE or type_ in _LISTS:
                for element in _parse(type_, raw):
                    _count_element(statistics.setdefault(type_, _TypeCounts()), element)
    return statistics


def _parse(type_: str, raw: msgspec.Raw) -> list[_Element]:
    try:
        return [_element(raw)] if type_ == _SINGLE else _elements(raw)
    except (msgspec.DecodeError, RecursionError):
        return []


def _count_element(counts: _TypeCounts, element: _Element) -> None:
    targets: list[_Counts] = [counts]
    if element.category is not None:
        targets.append(counts.categories.setdefault(element.category, _Counts()))
    values = [(name, encode(value).decode()) for name, value in _values(element.attributes or {})]
    for target in targets:
        target.quantity += 1
        for name, value in values:
            numbers = target.attributes.setdefault(name, {})
            numbers[value] = numbers.get(value, 0) + 1


def _values(attributes: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """A list counts as each of its values."""
    for name, value in attributes.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None and not isinstance(item, (dict, list)):
                yield name, item


def add(total: Statistics, pages: Iterable[bytes]) -> None:
    for page in pages:
        for type_, counts in _statistics(page).items():
            mine = total.setdefault(type_, _TypeCounts())
            _add(mine, counts)
            for category, more in counts.categories.items():
                _add(mine.categories.setdefault(category, _Counts()), more)


def _add(counts: _Counts, more: _Counts) -> None:
    counts.quantity += more.quantity
    for name, numbers in more.attributes.items():
        counts.attributes[name] = dict(Counter(counts.attributes.get(name, {})) + Counter(numbers))


def render(statistics: Statistics, catalog: bytes) -> dict[str, Any]:
    """Numbers are counted only where the catalog has them as an `enum`: others are measurements."""
    enumerated = _enumerated(catalog)
    return {type_: _render_type(statistics[type_], enumerated.get(type_, set())) for type_ in sorted(statistics)}


def _render_type(counts: _TypeCounts, enumerated: Collection[str]) -> dict[str, Any]:
    document = _render(counts, enumerated)
    if counts.categories:
        document["categories"] = [
            {"name": name, **_render(counts.categories[name], enumerated)} for name in sorted(counts.categories)
        ]
    return document


def _render(counts: _Counts, enumerated: Collection[str]) -> dict[str, Any]:
    document: dict[str, Any] = {"quantity": counts.quantity}
    attributes = []
    for name in sorted(counts.attributes):
        numbers = counts.attributes[name]
        values = [value for value in sorted(numbers) if name in enumerated or not _is_number(value)]
        if values:
            quantities = [numbers[value] for value in values]
            attributes.append(
                {"name": name, "enum": [msgspec.Raw(v.encode()) for v in values], "quantities": quantities}
            )
    if attributes:
        document["attributes"] = attributes
    return document


def _is_number(value: str) -> bool:
    return value[0] in "-0123456789"


def _enumerated(catalog: bytes) -> dict[str, set[str]]:
    """The attributes of each label type whose values the catalog lists."""
    return {
        type_: {attribute["name"] for attribute in _attributes(subcatalog) if attribute.get("enum")}
        for type_, subcatalog in msgspec.json.decode(catalog, type=dict[str, Any]).items()
    }


def _attributes(subcatalog: Any) -> list[dict[str, Any]]:
    attributes = subcatalog.get("attributes") if isinstance(subcatalog, dict) else None
    items = attributes if isinstance(attributes, list) else []
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]
