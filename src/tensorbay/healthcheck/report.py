"""What was found, grouped as it is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tensorbay._util.user import UserMutableMapping, UserSequence

__all__ = ["Error", "HealthReport"]


class Error:
    """Something that is wrong; `str()` says what."""


class ErrorList(UserSequence[Error]):
    def __init__(self, errors: Iterable[Any] = ()) -> None:
        self._data = list(errors)


class ErrorDict(UserMutableMapping[str, ErrorList]):
    def __init__(self) -> None:
        self._data = {}


class HealthReport:
    """`basic_reports` and `label_reports` are lists, `subcatalog_reports` has a list for each bad subcatalog."""

    def __init__(self) -> None:
        self.basic_reports = ErrorList()
        self.subcatalog_reports = ErrorDict()
        self.label_reports = ErrorList()

    def __bool__(self) -> bool:
        """Whether everything is in order."""
        return not (self.basic_reports or self.subcatalog_reports or self.label_reports)

    def lines(self) -> Iterator[str]:
        yield from _section("Basic", [str(error) for error in self.basic_reports])
        subcatalogs = []
        for name, errors in self.subcatalog_reports.items():
            subcatalogs += [f"{name}:", *(f"  {error}" for error in errors)]
        yield from _section("Subcatalog", subcatalogs)
        yield from _section("Label", [str(error) for error in self.label_reports])


def _section(title: str, messages: list[str]) -> Iterator[str]:
    yield "-" * 43
    yield f"{title} checking:"
    yield "FAILED" if messages else "PASS"
    yield from (f"  {message}" for message in messages)
