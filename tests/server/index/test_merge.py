from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensorbay.server.index import Entry, _merge
from tensorbay.server.index._diff import unshared
from tensorbay.server.index._entry import (
    REMOVED,
    Change,
    Patch,
    Run,
    RunHead,
    decode_page,
    encode_run,
    frames_of,
    latest,
    patched,
)
from tensorbay.server.index._merge import merge
from tensorbay.server.index._pages import make_page, make_tree
from tensorbay.server.index._sort import sorted_blocks
from tensorbay.server.index._tree import PageRef, Tree, decode_tree
from tests.server.index.datasets import make, raw

pytestmark = pytest.mark.usefixtures("small_pages")
many = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

keys = st.integers(0, 120).map("{:03}".format)
# Now and then a label heavier than a whole page.
labels = st.sampled_from([raw({"a": 1}), raw({"b": "x" * 5000}), raw({"c": "x" * 30000})])
puts = st.builds(lambda key, label: msgspec.structs.replace(make(key), label=label), keys, labels)
changes = st.one_of(puts, puts, st.builds(Patch, keys), st.builds(Patch, keys, labels))


def framed(frame: int, sensor: str, label: msgspec.Raw) -> Entry:
    return msgspec.structs.replace(make(f"{frame:02}/{sensor}"), label=label, remote_path="x")


class Pages:
    """Pages in memory, and which of them were read and written."""

    def __init__(self) -> None:
        self.data: dict[bytes, bytes] = {}
        self.read: list[bytes] = []
        self.written: list[bytes] = []

    def load(self, refs: Sequence[PageRef]) -> list[list[Entry]]:
        self.read += [ref.hash for ref in refs]
        return [decode_page(self.data[ref.hash]) for ref in refs]

    def store(self, entries: list[Entry]) -> PageRef:
        ref, document = make_page(entries)
        self.data[ref.hash] = document.data
        self.written.append(ref.hash)
        return ref

    def merge(self, base: Sequence[PageRef], blocks: Sequence[Sequence[Change]]) -> list[PageRef]:
        self.read, self.written = [], []
        return merge(base, blocks, load=self.load, store=self.store)

    def entries(self, refs: Sequence[PageRef]) -> list[Entry]:
        return [entry for page in self.load(refs) for entry in page]


def blocks_of(changes: Sequence[Change], size: int) -> Iterator[Sequence[Change]]:
    ordered = latest(changes)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def check_pages(refs: Sequence[PageRef], entries: Sequence[Entry], pages: Pages) -> None:
    """The refs tell the truth, the pages are in order, and of a sensible size."""
    for ref in refs:
        (page,) = pages.load([ref])
        assert (ref.count, ref.first, ref.last) == (len(page), page[0].key, page[-1].key)
        assert ref.size == sum(entry.size for entry in page)
        heaviest = max(_merge.weigh([entry]) for entry in page)
        assert ref.weight == _merge.weigh(page) <= _merge.MAX_WEIGHT + heaviest
    assert all(before.last < after.first for before, after in pairwise(refs))
    assert pages.entries(refs) == list(entries)


@many
@given(st.lists(st.lists(changes, max_size=60), max_size=6), st.integers(1, 20))
def test_merging_is_what_a_dict_would_do(batches: list[list[Change]], size: int) -> None:
    pages = Pages()
    refs: list[PageRef] = []
    model: list[Entry] = []
    for batch in batches:
        refs = pages.merge(refs, [*blocks_of(batch, size)])
        model = patched(model, latest(batch))
        check_pages(refs, model, pages)


@many
@given(st.lists(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("-0Az"), labels), max_size=60), max_size=6))
def test_frames_are_never_cut(batches: list[list[tuple[int, str, msgspec.Raw]]]) -> None:
    pages = Pages()
    refs: list[PageRef] = []
    model: list[Entry] = []
    for batch in batches:
        batch_changes: list[Change] = [framed(*values) for values in batch]
        refs = pages.merge(refs, [*blocks_of(batch_changes, 7)])
        model = patched(model, latest(batch_changes))
        assert pages.entries(refs) == model
        frames = [{entry.frame_id for entry in pages.entries([ref])} for ref in refs]
        assert [ref.frames for ref in refs] == [len(found) for found in frames]
        assert Tree(refs).frames == len({entry.frame_id for entry in model})
        for number, frame in enumerate(frames_of(model)):
            (span,) = Tree(refs).frame_spans(number, 1)
            assert frames_of(pages.entries([span.page]))[span.start : span.stop] == [frame]
            assert Tree(refs).page_of_frame(frame[0].frame_id) == span.page


@many
@given(st.sets(keys, min_size=1), st.lists(changes, min_size=1, max_size=8))
def test_pages_without_changes_are_neither_read_nor_written(start: set[str], batch: list[Change]) -> None:
    pages = Pages()
    base = pages.merge([], [*blocks_of([make(key) for key in start], 16)])
    refs = pages.merge(base, [*blocks_of(batch, 16)])
    touched = {Tree(base).page_of(change.key) for change in batch}
    # Each range with changes may take one neighbour in, and an append goes to the last page.
    assert len(set(pages.read)) <= 2 * len(batch) + 1
    old, new = unshared(base, refs)
    assert len(old) <= len(touched) + len(batch) + 1
    assert {ref.hash for ref in new} <= set(pages.written)


@given(st.integers(1, 400), st.data())
@many
def test_one_change_costs_at_most_two_new_pages(count: int, data: st.DataObject) -> None:
    pages = Pages()
    base = pages.merge([], [*blocks_of([make(f"{number:03}") for number in range(count)], 16)])
    candidates: list[Change] = [make("050", 1), make("0505"), Patch("050"), make("zzz"), make("")]
    change = data.draw(st.sampled_from(candidates))
    pages.merge(base, [[change]])
    assert len(pages.written) <= 2
    assert len(pages.read) <= 2


def test_the_same_entries_make_the_same_tree_whatever_the_blocks() -> None:
    entries = [make(f"{number:03}") for number in range(200)]
    trees = {make_tree(Pages().merge([], [*blocks_of(entries, size)])).hash for size in (1, 7, 64, 200)}
    assert len(trees) == 1


def test_nothing_left_is_no_page() -> None:
    pages = Pages()
    base = pages.merge([], [[make("a"), make("b")]])
    assert pages.merge(base, [[Patch("a"), Patch("b")]]) == []
    assert make_tree([]).hash is None


@many
@given(st.lists(st.lists(changes, min_size=1, max_size=30), max_size=12))
def test_sorting_runs_is_what_a_dict_would_do(batches: list[list[Change]]) -> None:
    runs: dict[int, bytes] = {}
    heads = []
    for number, batch in enumerate(batches):
        ordered = latest(batch)
        entries = [change for change in ordered if isinstance(change, Entry)]
        runs[number] = encode_run(Run(entries, [change for change in ordered if isinstance(change, Patch)]))
        heads.append(RunHead(number, len(ordered), ordered[0].key, ordered[-1].key))

    def read(ids: Sequence[int]) -> list[bytes]:
        return [runs[id_] for id_ in ids]

    blocks = [*sorted_blocks(heads, read)]
    assert all(before[-1].key < after[0].key for before, after in pairwise(blocks))
    assert [change for block in blocks for change in block] == latest(
        [change for batch in batches for change in latest(batch)]
    )


@many
@given(st.lists(st.integers(1, 9), max_size=20), st.integers(0, 150), st.integers(0, 60))
def test_spans_cut_out_what_a_list_would(counts: list[int], offset: int, limit: int) -> None:
    numbers = iter(range(1000))
    pages = [[f"{next(numbers):04}" for _ in range(count)] for count in counts]
    tree = Tree([PageRef(bytes([n]), len(p), 0, 0, p[0], p[-1]) for n, p in enumerate(pages)])
    found = [key for page, start, stop in tree.spans(offset, limit) for key in pages[page.hash[0]][start:stop]]
    everything = [key for page in pages for key in page]
    assert found == everything[offset : offset + limit]
    assert tree.count == len(everything)
    for number, page in enumerate(pages):
        for key in page:
            assert tree.page_of(key) == tree.pages[number]
            assert tree.page_of(key + "x") in (tree.pages[number], None)
            assert everything[tree.offset_of(key)] == page[0]


def test_a_tree_comes_back_from_its_bytes() -> None:
    pages = Pages().merge([], [[make("ä \U0001f600"), make("b")]])
    assert list(decode_tree(make_tree(pages).data).pages) == pages


def test_removed_is_no_label() -> None:
    assert Patch("a").is_removal
    assert Patch("a", REMOVED).is_removal
    assert not Patch("a", raw({})).is_removal
