from __future__ import annotations

import re
from collections.abc import Iterable

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay.cli.history import Entry, draw, order


def entry(name: str, parent: str | None, date: int = 0, lines: int = 1) -> Entry:
    return Entry(name, parent, date, tuple(f"{name} {number}" for number in range(lines)))


@st.composite
def trees(draw: st.DrawFn) -> list[Entry]:
    """In any order, with dates that say nothing and entries of any length."""
    count = draw(st.integers(1, 12))
    parents = [None, *(f"n{draw(st.integers(0, number))}" for number in range(count - 1))]
    entries = [
        entry(f"n{number}", parent, draw(st.integers(0, 3)), draw(st.integers(1, 4)))
        for number, parent in enumerate(parents)
    ]
    return draw(st.permutations(entries))


def picture(entries: Iterable[Entry]) -> list[str]:
    return [click.unstyle(line) for line in draw(entries)]


def followed(rows: list[str], row: int, column: int) -> int | None:
    """The row with the mark that the lane from this mark leads down to."""
    for below, text in enumerate((f"{row:80}" for row in rows[row + 1 :]), row + 1):
        if column % 2 == 0:
            if text[column] == " ":
                column -= 1
                if text[column] != "/":
                    return None
        else:
            column -= 2 if column > 1 and text[column - 2] == "/" else 1
        if text[column] == "*":
            return below
    return None


@given(trees(), st.booleans())
def test_children_come_before_their_parents_and_everything_once(entries: list[Entry], by_date: bool) -> None:
    ordered = list(order(entries, by_date=by_date))
    assert sorted(one.id for one in ordered) == sorted(one.id for one in entries)
    position = {one.id: at for at, one in enumerate(ordered)}
    assert all(one.parent is None or position[one.id] < position[one.parent] for one in entries)


@given(trees(), st.booleans())
def test_lanes_lead_from_each_entry_to_its_parent(entries: list[Entry], by_date: bool) -> None:
    ordered = list(order(entries, by_date=by_date))
    rows = picture(ordered)
    marks = [at for at, text in enumerate(rows) if "*" in text]
    assert [re.findall(r"n\d+ \d$", text) for text in rows if "n" in text] == [
        [line] for one in ordered for line in one.lines
    ]
    named = dict(zip(marks, (one.id for one in ordered), strict=True))
    for at, one in zip(marks, ordered, strict=True):
        end = followed(rows, at, rows[at].index("*"))
        assert (named[end] if end is not None else None) == one.parent


def test_by_date_the_newest_is_first() -> None:
    entries = [entry("root", None, 1), entry("a", "root", 2), entry("b", "root", 3), entry("c", "a", 4)]
    assert [one.id for one in order(entries, by_date=True)] == ["c", "b", "a", "root"]
    assert [one.id for one in order(entries, by_date=False)] == ["c", "a", "b", "root"]


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({"c": "b", "b": "a", "a": None}, ["* c 0", "* b 0", "* a 0"]),
        ({"c": "a", "b": "a", "a": None}, ["* c 0", "| * b 0", "|/", "* a 0"]),
        (
            {"e": "b", "d": "a", "c": "b", "b": "a", "a": None},
            ["* e 0", "| * d 0", "| | * c 0", "| |/", "|/|", "* | b 0", "|/", "* a 0"],
        ),
        (
            {"e": "b", "d": "b2", "c": "a", "b": "b2", "b2": "a", "a": None},
            ["* e 0", "| * d 0", "| | * c 0", "* | | b 0", "|/ /", "* | b2 0", "|/", "* a 0"],
        ),
    ],
)
def test_pictures(parents: dict[str, str | None], expected: list[str]) -> None:
    assert picture(entry(name, parent) for name, parent in parents.items()) == expected


def test_lines_of_an_entry_stand_side_by_side() -> None:
    entries = [entry("c", "a", lines=2), entry("b", "a", lines=3), entry("a", None, lines=2)]
    assert picture(entries) == ["* c 0", "| c 1", "| * b 0", "|/  b 1", "|   b 2", "* a 0", "| a 1"]


def test_each_lane_has_a_color() -> None:
    first, second, *_ = draw([entry("c", "a"), entry("b", "a"), entry("a", None)])
    assert first.startswith("\x1b[31m*\x1b[0m")
    assert second.startswith("\x1b[31m|\x1b[0m \x1b[32m*\x1b[0m")
