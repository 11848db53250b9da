"""The multi-line representation all values share; `repr` folds long collections, `str` does not."""

from __future__ import annotations

from collections.abc import Iterable
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
        if level <= 0 and len(value):
            return f"{opening}...{closing}"
        lines = self._lines((("", item) for item in value), level, len(value), self._maxlist)
        return f"{opening}{lines}{closing}"

    def _mapping(self, value: Any, level: int) -> str:
        if level <= 0 and len(value):
            return "{...}"
        items = ((f"{key!r}: ", item) for key, item in value.items())
        return f"{{{self._lines(items, level, len(value), self._maxdict)}}}"

    def _lines(self, items: Iterable[tuple[str, Any]], level: int, length: int = 0, limit: int | None = None) -> str:
        """One item a line, indented; nothing for no items. Beyond `limit` the middle is folded."""
        outer = self._margin
        self._margin = outer + " " * repr_config.indent
        folded = length - limit + 1 if limit is not None and length > limit else 0
        shown = length - 1 - folded
        lines = []
        for index, (prefix, item) in enumerate(items):
            if not folded or index < shown or index == length - 1:
                lines.append(self._margin + prefix + self.value(item, level - 1))
            elif index == shown:
                lines.append(f"{self._margin}... ({folded} items are folded)")
        self._margin = outer
        return ",".join(lines) + outer if lines else ""
