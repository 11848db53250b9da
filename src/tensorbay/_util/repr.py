"""The multi-line representation all values share; `repr` folds long collections, `str` does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Any, ClassVar

# For `__slots__` of a class whose attributes live in the slots that its subclasses declare.
SLOTS_OF_SUBCLASS: tuple[str, ...] = ()


class ReprType(Enum):
    INSTANCE = auto()
    SEQUENCE = auto()
    MAPPING = auto()


class ReprConfig:
    """Process-wide settings: width of one indentation, and the length from which `repr` folds."""

    def __init__(self) -> None:
        self.indent = 2
        self.maxlist = 16
        self.maxdict = 16


repr_config = ReprConfig()


class ReprMixin:
    """Class attributes say what is shown: attribute names, kind of body, and how many levels deep."""

    __slots__ = ()

    _repr_type: ClassVar[ReprType] = ReprType.INSTANCE
    _repr_attrs: ClassVar[Iterable[str]] = ()
    _repr_maxlevel: ClassVar[int] = 1
    # True: at depth zero print "[...]" without asking for the length, which may cost a request.
    _repr_non_empty: bool = False

    def _repr_head(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return _Formatter(fold=True).value(self, self._repr_maxlevel)

    def __str__(self) -> str:
        return _Formatter(fold=False).value(self, self._repr_maxlevel)


class _Formatter:
    def __init__(self, *, fold: bool) -> None:
        self._maxlist = repr_config.maxlist if fold else None
        self._maxdict = repr_config.maxdict if fold else None
        self._margin = "\n"

    def value(self, value: Any, level: int) -> str:
        if isinstance(value, ReprMixin):
            return self._object(value, level)
        if type(value) is list:
            return self._sequence(value, level, "[]")
        if type(value) is tuple:
            return self._sequence(value, level, "()")
        if type(value) is dict:
            return self._mapping(value, level)
        return repr(value)

    def _object(self, value: Any, level: int) -> str:
        parts = [value._repr_head()]
        if value._repr_type is ReprType.SEQUENCE:
            unseen = level <= 0 and value._repr_non_empty
            parts.append(" [...]" if unseen else f" {self._sequence(value, level, '[]')}")
        elif value._repr_type is ReprType.MAPPING:
            parts.append(f" {self._mapping(value, level)}")
        parts.append(self._attributes(value, level))
        return "".join(parts)

    def _attributes(self, value: Any, level: int) -> str:
        names = tuple(value._repr_attrs)
        if not names:
            return ""
        shown = [(name, getattr(value, name)) for name in names if hasattr(value, name)]
        if shown and level <= 0:
            return "(...)"
        return f"({self._lines(((f'({name}): ', item) for name, item in shown), level)})"

    def _sequence(self, value: Any, level: int, brackets: str) -> str:
        opening, closing = brackets[0], brackets[1]
        length = len(value)
        if level <= 0 and length:
            return f"{opening}...{closing}"
        folded = _folded(length, self._maxlist)
        # By position, and none of those that are folded: a remote listing fetches what it is asked for.
        items = (("", value[index]) for index in _shown(length, folded)) if folded else (("", item) for item in value)
        return f"{opening}{self._lines(items, level, folded)}{closing}"

    def _mapping(self, value: Any, level: int) -> str:
        length = len(value)
        if level <= 0 and length:
            return "{...}"
        folded = _folded(length, self._maxdict)
        keys = list(value)
        items = ((f"{keys[index]!r}: ", value[keys[index]]) for index in _shown(length, folded))
        return f"{{{self._lines(items, level, folded)}}}"

    def _lines(self, items: Iterable[tuple[str, Any]], level: int, folded: int = 0) -> str:
        """One item a line, indented; nothing for no items. The `folded` ones are missing before the last."""
        outer = self._margin
        self._margin = outer + " " * repr_config.indent
        lines = [self._margin + prefix + self.value(item, level - 1) for prefix, item in items]
        if folded:
            lines.insert(-1, f"{self._margin}... ({folded} items are folded)")
        self._margin = outer
        return ",".join(lines) + outer if lines else ""


def _folded(length: int, limit: int | None) -> int:
    return 0 if limit is None or length <= limit else min(length - limit + 1, length - 1)


def _shown(length: int, folded: int) -> Iterator[int]:
    yield from range(length - 1 - folded)
    if length:
        yield length - 1
