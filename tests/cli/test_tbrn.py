from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay.cli.tbrn import TBRN
from tensorbay.exception import TBRNError

name = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    dataset=name,
    version=st.none() | name | st.integers(1, 10**6),
    segment=st.none() | name,
    path=st.none() | st.text(min_size=1),
)
def test_what_is_written_is_read(
    dataset: str, version: str | int | None, segment: str | None, path: str | None
) -> None:
    tbrn = TBRN(
        dataset,
        segment_name=segment,
        remote_path=path if segment else None,
        revision=version if isinstance(version, str) else None,
        draft_number=version if isinstance(version, int) else None,
    )
    assert TBRN.parse(str(tbrn)) == tbrn


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ds", 'start with "tb:"'),
        ("tb", 'start with "tb:"'),
        ("tb:", "add dataset name"),
        ("tb:@v", "add dataset name"),
        ("tb:ds:", "segment name is empty"),
        ("tb:ds#x", '"x" is no draft number'),
        ("tb:ds#0", '"0" is no draft number'),
        ("tb:ds@", "not both"),
        ("tb:ds@v#1", "not both"),
        ("tb:ds://path", "a path needs a segment"),
        ("tb:ds:seg://", "a path needs a segment"),
    ],
)
def test_what_is_malformed_is_refused(text: str, words: str) -> None:
    with pytest.raises(TBRNError, match=words):
        TBRN.parse(text)
