from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tensorbay.client._window import Limits, Plan, Window

SMALL = Limits(bytes=1000, files=32, file_bytes=300)


def window(count: int = 1000, size: int = 1, limits: Limits = SMALL) -> Window:
    return Window(dict.fromkeys(range(count), size), limits)


def fetched(opened: Window, positions: range) -> list[list[int]]:
    return [list(plan.fetch) for position in positions if (plan := opened.open(position)).fetch]


def test_one_file_opens_no_window() -> None:
    assert window().open(0) == Plan()
    assert window().open(500) == Plan()


def test_two_neighbours_in_order_open_a_window_of_eight() -> None:
    opened = window()
    opened.open(10)
    assert opened.open(11) == Plan(fetch=list(range(12, 20)))


def test_the_window_doubles_when_half_of_it_is_used_and_every_file_is_fetched_once() -> None:
    batches = fetched(window(count=100), range(100))
    assert batches[0] == list(range(2, 10))
    assert [position for batch in batches for position in batch] == list(range(2, 100))
    # 8 files, then up to 16, then up to 32 wide; refilled in batches of at least half a window.
    assert [len(batch) for batch in batches[:4]] == [8, 12, 24, 16]


def test_the_same_file_again_changes_nothing() -> None:
    opened = window()
    opened.open(10)
    assert opened.open(10) == Plan()
    assert opened.open(11).fetch


def test_access_elsewhere_closes_the_window_and_gives_up_what_it_held() -> None:
    opened = window()
    opened.open(0)
    opened.open(1)
    assert opened.open(500) == Plan(drop=tuple(range(2, 10)))
    assert repr(opened) == "<Window [0 wide, 0 held, 0 bytes]>"
    assert opened.open(300) == Plan()


def test_backwards_access_opens_no_window() -> None:
    opened = window()
    assert [opened.open(position) for position in (9, 8, 7, 6)] == [Plan()] * 4


def test_files_slightly_out_of_order_keep_the_window() -> None:
    opened = window()
    opened.open(0)
    opened.open(1)
    assert not opened.open(4).drop
    assert not opened.open(2).drop
    assert not opened.open(3).drop
    assert not opened.open(0).drop
    assert "wide, " in repr(opened)
    assert not repr(opened).startswith("<Window [0 wide")


def test_files_that_were_skipped_are_given_up_in_the_end() -> None:
    opened = window()
    opened.open(0)
    opened.open(1)
    dropped: list[int] = []
    for position in range(3, 400, 2):
        dropped += opened.open(position).drop
    assert dropped == sorted(dropped)
    assert dropped[:3] == [2, 4, 6]
    assert dropped[-1] <= 400 - 64


def test_bytes_are_bounded() -> None:
    opened = window(size=200)
    opened.open(0)
    assert opened.open(1).fetch == [2, 3, 4, 5, 6]
    assert not opened.open(2).fetch  # 800 of 1,000 bytes are held
    opened.open(3)
    assert opened.open(4).fetch == [7, 8, 9]  # less than half is


def test_large_files_are_passed_over() -> None:
    sizes = {position: 1000 if position % 2 else 1 for position in range(100)}
    opened = Window(sizes, SMALL)
    opened.open(0)
    assert opened.open(1).fetch == [2, 4, 6, 8]


def test_a_large_file_in_the_middle_does_not_end_the_sequence() -> None:
    sizes = {position: 1000 if position == 5 else 1 for position in range(100)}
    batches = fetched(Window(sizes, SMALL), range(100))
    assert [position for batch in batches for position in batch] == [2, 3, 4, *range(6, 100)]


def test_the_end_of_what_is_known_stops_the_window_until_more_is() -> None:
    sizes = dict.fromkeys(range(4), 1)
    opened = Window(sizes, SMALL)
    opened.open(0)
    assert opened.open(1).fetch == [2, 3]
    sizes.update(dict.fromkeys(range(4, 20), 1))
    assert opened.open(2).fetch == list(range(4, 19))


def test_a_size_that_turns_out_otherwise_is_counted() -> None:
    opened = window(size=100)
    opened.open(0)
    opened.open(1)
    assert repr(opened) == "<Window [8 wide, 8 held, 800 bytes]>"
    opened.settle(2, 1)
    opened.settle(500, 1)
    assert repr(opened) == "<Window [8 wide, 8 held, 701 bytes]>"


@given(
    sizes=st.lists(st.integers(0, 400), max_size=150),
    jumps=st.lists(st.integers(-3, 4) | st.integers(-100, 100), max_size=100),
)
def test_bounds_hold_and_nothing_is_fetched_twice_at_a_time(sizes: list[int], jumps: list[int]) -> None:
    opened = Window(dict(enumerate(sizes)), SMALL)
    held: set[int] = set()
    position = 0
    for jump in jumps:
        position = max(0, min(position + jump, len(sizes) - 1))
        held.discard(position)
        plan = opened.open(position)
        assert held.isdisjoint(plan.fetch)
        assert held.issuperset(plan.drop)
        assert list(plan.fetch) == sorted(plan.fetch)
        held = held - set(plan.drop) | set(plan.fetch)
        assert sum(sizes[each] for each in held) <= SMALL.bytes
        assert all(sizes[each] <= SMALL.file_bytes for each in held)
        assert len(held) <= SMALL.files + 64
    assert set(opened.close()) == held
