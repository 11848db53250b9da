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


@given(keys=KEYS, after=st.text("a/\ue000\U00010000", max_size=3))
def test_nothing_that_is_still_to_come_lies_before_the_start(keys: list[str], after: str) -> None:
    start = early_start(after) or after
    for key in keys:
        if key > after and start != after:
            assert utf16(key) > utf16(start)


@pytest.mark.parametrize("after", ["", "a", "\U00010000"])
def test_most_listings_start_where_they_ended(after: str) -> None:
    assert early_start(after) is None
