from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from tensorbay.importing import Pair, PairJoin, stem

paths = st.text(alphabet="ab.-/é", min_size=1, max_size=6).filter(lambda path: not path.startswith("/"))
listing = st.sets(paths, max_size=40).map(sorted)


def join(data: Iterable[str], labels: Iterable[str], *, page: int = 3) -> Iterator[Pair[str]]:
    joiner: PairJoin[str] = PairJoin()
    sides = {"data": list(data), "labels": list(labels)}
    while not joiner.done:
        side = joiner.behind
        taken, sides[side] = sides[side][:page], sides[side][page:]
        for path in taken:
            (joiner.add_data if side == "data" else joiner.add_label)(path, path)
        if not taken:
            (joiner.end_data if side == "data" else joiner.end_labels)()
        yield from joiner.settled()


@given(data=listing, labels=listing, page=st.integers(1, 5))
def test_join_equals_a_join_in_memory(data: list[str], labels: list[str], page: int) -> None:
    pairs = list(join(data, labels, page=page))

    by_stem: dict[str, list[str]] = {}
    for label in labels:
        by_stem.setdefault(stem(label), []).append(label)
    expected = {path: by_stem.get(stem(path), []) for path in data}

    found = {pair.data: pair for pair in pairs if pair.data is not None}
    assert Counter(pair.data for pair in pairs if pair.data is not None) == Counter(data)
    for path, candidates in expected.items():
        pair = found[path]
        assert pair.label == (candidates[0] if candidates else None)
        assert list(pair.rivals) == candidates[1:]

    paired = {stem(path) for path in data}
    orphans = sorted(pair.label for pair in pairs if pair.data is None and pair.label is not None)
    assert orphans == [label for label in labels if stem(label) not in paired]


def test_pairs_come_out_while_the_listings_go_on() -> None:
    """Memory stays bounded: what both listings have passed is settled."""
    joiner: PairJoin[str] = PairJoin()
    most = 0
    for number in range(5000):
        joiner.add_data(f"{number:05}.png", "image")
        joiner.add_label(f"{number:05}.json", "label")
        list(joiner.settled())
        most = max(most, len(joiner._groups))
    assert most <= 2


def test_a_label_belongs_to_every_file_of_its_stem() -> None:
    assert list(join(["a.jpg", "a.png"], ["a.json"])) == [Pair("a.jpg", "a.json"), Pair("a.png", "a.json")]


def test_rival_labels_are_named() -> None:
    assert list(join(["a.jpg"], ["a.json", "a.txt"])) == [Pair("a.jpg", "a.json", ("a.txt",))]


def test_stem() -> None:
    assert [stem(path) for path in ("a/b.png", "a.b.png", "a.d/b", ".hidden")] == ["a/b", "a.b", "a.d/b", ".hidden"]
