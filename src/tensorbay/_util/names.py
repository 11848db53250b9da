"""Spellings of a name."""

from __future__ import annotations


def camel(name: str) -> str:
    """`snake_case` to `camelCase`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def upper(name: str) -> str:
    return name.upper()
