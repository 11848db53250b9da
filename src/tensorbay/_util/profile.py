"""Counts requests and files, and how long they took."""

from __future__ import annotations

import csv
import json
from collections.abc import MutableSequence
from multiprocessing import Manager
from multiprocessing.managers import SyncManager
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from tensorbay._util.traffic import Exchange, observers

__all__ = ["Profile", "format_size", "profile"]

_COLUMNS = ("totalTime", "callNumber", "avgTime", "totalResponseLength", "totalFileSize", "speed")
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")


def format_size(size: float) -> str:
    """`1536` -> `1.50KB`."""
    if size == 0:
        return "0B"
    unit = 0
    while size >= 1024 and unit + 1 < len(_UNITS):
        size, unit = size / 1024, unit + 1
    return f"{size:.2f}{_UNITS[unit]}"


class Profile:
    """`with profile as pf: ...` and then `pf.save(path)`; everything any client does meanwhile is counted.

    Files that an embedded client reads straight from a store are no requests.
    """

    def __init__(self) -> None:
        self._exchanges: MutableSequence[Exchange] = []
        self._manager: SyncManager | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, multiprocess: bool = False) -> None:
        """Count from zero. With `multiprocess` what forked children do is counted too."""
        self.stop()
        self._manager = Manager() if multiprocess else None
        self._exchanges = [] if self._manager is None else self._manager.list()
        observers.append(self._count)

    def stop(self) -> None:
        if self._count in observers:
            observers.remove(self._count)
        if self._manager is not None:
            self._exchanges = list(self._exchanges)
            self._manager.shutdown()
            self._manager = None

    def save(self, path: str | Path, file_type: str = "txt") -> None:
        """Write the summary; `file_type` is txt, json or csv."""
        writers = {"txt": _text, "json": _json, "csv": _csv}
        if file_type not in writers:
            raise ValueError(f"Invalid file_type {file_type!r}: one of {', '.join(writers)} is needed")
        Path(path).write_text(writers[file_type](self.summary()), encoding="utf-8")

    def summary(self) -> dict[str, dict[str, Any]]:
        """By `[METHOD] place`."""
        found: dict[str, dict[str, Any]] = {}
        for exchange in tuple(self._exchanges):
            new = dict.fromkeys(("totalTime", "callNumber", "totalResponseLength", "rawTotalFileSize"), 0)
            item = found.setdefault(f"[{exchange.method}] {exchange.place}", new)
            item["totalTime"] += exchange.seconds
            item["callNumber"] += 1
            item["totalResponseLength"] += exchange.response_size
            item["rawTotalFileSize"] += exchange.file_size
        for item in found.values():
            size, seconds = item["rawTotalFileSize"], item["totalTime"]
            item["avgTime"] = seconds / item["callNumber"]
            item["totalFileSize"] = format_size(size)
            item["speed"] = f"{format_size(size / seconds if seconds else 0)}/s"
        return found

    def _count(self, exchange: Exchange) -> None:
        self._exchanges.append(exchange)


profile = Profile()


def _text(summary: dict[str, dict[str, Any]]) -> str:
    def shown(value: object) -> str:
        return f"{value:.3f}" if isinstance(value, float) else f"{value}"

    rows = [("Path", *_COLUMNS), *((key, *(shown(item[name]) for name in _COLUMNS)) for key, item in summary.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"|{line} |\n" for line in lines)


def _json(summary: dict[str, dict[str, Any]]) -> str:
    return json.dumps(summary, indent=4)


def _csv(summary: dict[str, dict[str, Any]]) -> str:
    from io import StringIO

    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(["Path", *_COLUMNS])
    writer.writerows([key, *(item[name] for name in _COLUMNS)] for key, item in summary.items())
    return file.getvalue()
