from __future__ import annotations

import copy
import os
import pickle
import threading
import warnings
from collections.abc import MutableSequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tensorbay.client.lazy import PagingList
from tests.client.pagers import Listing


def by_offset(count: int, page_size: int = 4) -> tuple[Listing[int], PagingList[int]]:
    listing = Listing(range(count), page_size=page_size)
    return listing, PagingList(listing.pager())


def sequential(count: int, page_size: int = 4) -> tuple[Listing[int], PagingList[int]]:
    listing = Listing(range(count), page_size=page_size, by_offset=False)
    return listing, PagingList(listing.pager())


def looped(items: PagingList[int]) -> list[int]:
    """What a loop sees; `list()` would first ask for the length, which reads a sequential listing whole."""
    seen = []
    for item in items:
        seen.append(item)
    return seen


both = pytest.mark.parametrize("make", [by_offset, sequential])


@both
def test_nothing_is_requested_before_use(make: Any) -> None:
    listing, items = make(10)
    assert isinstance(items, MutableSequence)
    _ = items[2:5][1:], items[::-1]
    assert listing.requests == []


def test_by_offset_an_index_fetches_its_page_once() -> None:
    listing, items = by_offset(10)
    assert (items[5], items[6], items[5]) == (5, 6, 5)
    assert listing.requests == [4]
    assert len(items) == 10
    assert listing.requests == [4]
    assert items[-1] == 9
    assert listing.requests == [4, 8]


def test_by_offset_length_costs_one_request() -> None:
    listing, items = by_offset(10)
    assert len(items) == len(items) == 10
    assert listing.requests == [0]


def test_by_offset_an_index_past_the_end_fetches_one_page_at_the_most() -> None:
    listing, items = by_offset(10)
    for _ in range(2):
        with pytest.raises(IndexError):
            items[40]
    assert listing.requests == [40]
    with pytest.raises(IndexError):
        items[10]
    with pytest.raises(IndexError):
        items[-11]


def test_sequential_an_index_fetches_up_to_there() -> None:
    listing, items = sequential(20)
    assert items[5] == 5
    assert listing.requests == [0, 4]
    assert items[1] == 1
    assert listing.requests == [0, 4]
    assert len(items) == 20
    assert listing.requests == [0, 4, 8, 12, 16]
    with pytest.raises(IndexError):
        items[20]


@both
def test_truth_needs_one_page(make: Any) -> None:
    listing, items = make(10)
    assert items
    assert listing.requests == [0]
    assert not make(0)[1]


@both
def test_a_loop_requests_every_page_once_and_in_order(make: Any) -> None:
    listing, items = make(10)
    assert looped(items) == list(range(10))
    assert looped(items) == list(range(10))
    assert listing.requests == [0, 4, 8]


@both
def test_a_loop_fetches_the_next_page_from_the_second_item_on(make: Any) -> None:
    listing, items = make(12)
    loop = iter(items)
    next(loop)
    assert listing.requests == [0]
    next(loop)
    next(loop)
    items._listing._ahead.result()
    assert listing.requests == [0, 4]


@both
def test_a_failed_page_fetched_ahead_is_asked_for_again(make: Any) -> None:
    listing, items = make(10)
    listing.failures[4] = ConnectionError("lost")
    assert looped(items) == list(range(10))
    assert listing.requests == [0, 4, 4, 8]


@both
def test_a_failed_page_is_raised_and_can_be_asked_for_again(make: Any) -> None:
    listing, items = make(10)
    listing.failures[0] = ConnectionError("lost")
    with pytest.raises(ConnectionError, match="lost"):
        items[0]
    assert items[0] == 0


@both
def test_slices_share_pages_with_their_list(make: Any) -> None:
    listing, items = make(10)
    part = items[4:6]
    assert isinstance(part, PagingList)
    assert list(part) == [4, 5]
    before = list(listing.requests)
    assert items[5] == 5
    assert listing.requests == before


@both
def test_a_slice_is_of_the_listing_as_it_was_when_sliced(make: Any) -> None:
    _, items = make(10)
    part = items[2:4]
    items[2] = 100
    assert list(part) == [2, 3]
    assert list(items[2:4]) == [100, 3]


@both
def test_a_bounded_loop_fetches_no_page_beyond_its_end(make: Any) -> None:
    listing, items = make(20)
    assert looped(items[:6]) == list(range(6))
    assert listing.requests == [0, 4]


def test_clear_requests_nothing_and_pop_one_page() -> None:
    listing, items = by_offset(20)
    items.clear()
    assert list(items) == []
    assert listing.requests == []

    listing, items = by_offset(20)
    assert (items.pop(6), len(items)) == (6, 19)
    assert listing.requests == [4]


def test_index_is_never_negative() -> None:
    _, items = by_offset(10)
    assert items.index(7, -5) == 7
    assert 2 in items
    with pytest.raises(ValueError):  # noqa: PT011  (list.index says no more)
        items.index(2, -5)


def test_a_listing_that_shrank_is_an_error_and_no_short_list() -> None:
    listing, items = by_offset(10)
    assert len(items) == 10
    del listing.items[6:]
    with pytest.raises(RuntimeError, match="changed while it was read"):
        list(items)


def test_equality_is_identity() -> None:
    _, items = by_offset(3)
    assert items == items
    assert items != items[:]
    anything: object = [0, 1, 2]
    assert items != anything
    assert len({items, items}) == 1


def test_iadd_returns_the_list_itself() -> None:
    _, items = by_offset(2)
    same = items
    items += [5]
    items += items
    assert items is same
    assert list(items) == [0, 1, 5, 0, 1, 5]


def test_representation() -> None:
    _, items = by_offset(3)
    assert repr(items) == "PagingList [\n  0,\n  1,\n  2\n]"
    assert repr(items[3:]) == "PagingList []"


def test_copies_and_pickles() -> None:
    listing, items = by_offset(3)
    twin = copy.copy(items)
    assert listing.requests == []
    twin.append(3)
    assert (len(items), len(twin)) == (3, 4)
    assert list(pickle.loads(pickle.dumps(twin))) == [0, 1, 2, 3]


def test_items_are_converted_once_with_their_position() -> None:
    listing = Listing("abcdef", page_size=4)
    items: PagingList[str] = PagingList(
        listing.pager(), convert=lambda page, start: [f"{start + i}{x}" for i, x in enumerate(page)]
    )
    assert items[4] == "4e"
    assert items[4] is items[4]
    assert list(items) == ["0a", "1b", "2c", "3d", "4e", "5f"]


def test_threads_that_touch_one_page_fetch_it_once() -> None:
    listing, items = by_offset(8)
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(items[5])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [5] * 8
    assert listing.requests == [4]


@both
def test_a_forked_child_reads_on(make: Any) -> None:
    _, items = make(12)
    assert items[0] == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
        if pid == 0:
            os._exit(sum(items))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == sum(range(12))


indexes = st.integers(-12, 12)
bounds = st.none() | indexes
slices = st.builds(slice, bounds, bounds, st.none() | st.integers(-3, 3).filter(bool))
values = st.lists(st.integers(), max_size=4)


class LikeAList(RuleBasedStateMachine):
    """Whatever is done to a PagingList, it stays equal to a plain list that had the same done to it."""

    @initialize(count=st.integers(0, 12), page_size=st.integers(1, 5), offsets=st.booleans())
    def start(self, count: int, page_size: int, offsets: bool) -> None:
        listing = Listing(range(count), page_size=page_size, by_offset=offsets)
        self.items: PagingList[int] = PagingList(listing.pager())
        self.model = list(range(count))

    def both_do(self, action: Any) -> None:
        outcomes = []
        for target in (self.items, self.model):
            try:
                outcome = action(target)
            except (IndexError, ValueError) as error:
                outcome = type(error)
            outcomes.append(list(outcome) if isinstance(outcome, PagingList) else outcome)
        assert outcomes[0] == outcomes[1]

    @rule(key=indexes | slices)
    def get(self, key: Any) -> None:
        self.both_do(lambda x: x[key])

    @rule(index=indexes, value=st.integers())
    def set(self, index: int, value: int) -> None:
        self.both_do(lambda x: x.__setitem__(index, value))

    @rule(key=slices, new=values)
    def set_slice(self, key: slice, new: list[int]) -> None:
        self.both_do(lambda x: x.__setitem__(key, new))

    @rule(key=indexes | slices)
    def delete(self, key: Any) -> None:
        self.both_do(lambda x: x.__delitem__(key))

    @rule(index=indexes, value=st.integers())
    def insert(self, index: int, value: int) -> None:
        self.both_do(lambda x: x.insert(index, value))

    @rule(value=st.integers())
    def append(self, value: int) -> None:
        self.both_do(lambda x: x.append(value))

    @rule(new=values)
    def extend(self, new: list[int]) -> None:
        self.both_do(lambda x: x.extend(new))

    @rule(index=indexes)
    def pop(self, index: int) -> None:
        self.both_do(lambda x: x.pop(index))

    @rule(value=indexes)
    def search(self, value: int) -> None:
        self.both_do(lambda x: (value in x, x.count(value)))
        self.both_do(lambda x: x.index(value))

    @rule(value=indexes, start=indexes, stop=indexes)
    def search_part(self, value: int, start: int, stop: int) -> None:
        self.both_do(lambda x: x.index(value, start, stop))

    @rule(value=indexes)
    def remove(self, value: int) -> None:
        self.both_do(lambda x: x.remove(value))

    @rule()
    def reverse(self) -> None:
        self.both_do(lambda x: x.reverse())
        self.both_do(lambda x: list(reversed(x)))

    @rule()
    def clear(self) -> None:
        self.both_do(lambda x: x.clear())

    @rule(key=slices)
    def narrow(self, key: slice) -> None:
        self.items, self.model = self.items[key], self.model[key]

    @rule()
    def measure(self) -> None:
        self.both_do(lambda x: (len(x), bool(x)))


class LikeAListCheckedAtEachStep(LikeAList):
    @invariant()
    def same_items(self) -> None:
        if hasattr(self, "items"):
            self.both_do(list)


TestLikeAList = LikeAList.TestCase
TestLikeAListCheckedAtEachStep = LikeAListCheckedAtEachStep.TestCase


@given(count=st.integers(0, 30), page_size=st.integers(1, 7), offsets=st.booleans(), parts=st.lists(slices))
def test_slices_of_slices(count: int, page_size: int, offsets: bool, parts: list[slice]) -> None:
    listing = Listing(range(count), page_size=page_size, by_offset=offsets)
    items, model = PagingList[int](listing.pager()), list(range(count))
    for part in parts:
        items, model = items[part], model[part]
    assert list(items) == model
    assert len(listing.requests) == len(set(listing.requests))
