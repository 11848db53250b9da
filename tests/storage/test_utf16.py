from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay.storage import ObjectInfo
from tensorbay.storage._utf16 import CodePointOrder, early_start, utf16

KEYS = st.lists(st.text("a/z\ud7ff\ue000\uffff\U00010000\U0010ffff", min_size=1, max_size=4), unique=True)


@given(keys=KEYS)
def test_any_keys_come_in_the_order_of_their_code_points(keys: list[str]) -> None:
    order = CodePointOrder()
    found = []
    for key in sorted(keys, key=utf16):
        found += [info.path for info in order.take(ObjectInfo(key, 1))]
        assert found == sorted(keys)[: len(found)]
    assert found + [info.path for info in order.end()] == sorted(keys)


@given(keys=KEYS, prefix=st.text("a/\U00010000", max_size=2), asked=st.sets(st.integers(0, 20)))
def test_what_nothing_can_go_before_is_let_go(keys: list[str], prefix: str, asked: set[int]) -> None:
    keys = sorted((key for key in keys if key.startswith(prefix)), key=utf16)
    order = CodePointOrder(prefix)
    found = []
    for number, key in enumerate(keys):
        found += order.take(ObjectInfo(key, 1))
        for stem in sorted(order.stems) if number in asked else ():
            if not any(other.startswith(stem) and "\ue000" <= other[len(stem) :][:1] <= "\uffff" for other in keys):
                found += order.let_go(stem)
                assert stem not in order.stems
    assert [info.path for info in found + order.end()] == sorted(keys)


@given(keys=KEYS, after=st.text("a/\ue000\U00010000", max_size=3))
def test_nothing_that_is_still_to_come_lies_before_the_start(keys: list[str], after: str) -> None:
    start = early_start(after) or after
    for key in keys:
        if key > after and start != after:
            assert utf16(key) > utf16(start)


@pytest.mark.parametrize("after", ["", "a", "\U00010000"])
def test_most_listings_start_where_they_ended(after: str) -> None:
    assert early_start(after) is None
