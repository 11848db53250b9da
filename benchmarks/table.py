from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    what: str
    median: str
    ratio: str
    bar: str


def markdown(title: str, rows: Sequence[Row]) -> str:
    lines = [f"## {title}", "", "| what | median | ratio | bar |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.median} | {row.ratio} | {row.bar} |" for row in rows]
    return "\n".join(lines)
