"""Foreign scalars become plain Python numbers, so that every dump is JSON."""

from __future__ import annotations

from typing import Any

_PLAIN = frozenset((int, float, str, bool, type(None)))


def plain(value: Any) -> Any:
    """Numpy scalars and arrays (anything with `tolist`) as plain Python; other values as they are.

    Lists and dicts are copied only if something inside them had to change.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        for item in value.values():
            if type(item) not in _PLAIN:
                return {key: plain(item) for key, item in value.items()}
        return value
    if kind is list or kind is tuple:
        return value if _PLAIN.issuperset(map(type, value)) else [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def number(value: Any) -> Any:
    """A plain int or float; `TypeError` for what is no number."""
    kind = type(value)
    if kind is float or kind is int:
        return value
    if hasattr(value, "__index__"):
        return value.__index__()
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"{value!r} is not a number")


def coordinate(value: Any) -> Any:
    """A number made plain; what is no number is kept, as constructors check nothing."""
    kind = type(value)
    if kind is float or kind is int:
        return value
    try:
        return number(value)
    except TypeError:
        return value
