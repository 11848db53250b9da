from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay.storage import covers

PATHS = st.lists(st.text("ab.-", min_size=1, max_size=2), max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("root", "path", "covered"),
    [
        *(("", "", True), ("", "a", True), ("/", "a/b", True), ("a/b", "a/b", True), ("a/b", "a/b/x", True)),
        *(
            ("a/b", "a/bc", False),
            ("a/b", "a", False),
            ("/a/b/", "a/b/x", True),
            ("a", "ab", False),
            ("a/b", "", False),
        ),
    ],
)
def test_examples(root: str, path: str, covered: bool) -> None:
    assert covers(root, path) is covered


@given(root=PATHS, path=PATHS)
def test_it_compares_whole_components(root: str, path: str) -> None:
    parts = [part for part in root.split("/") if part]
    assert covers(root, path) == (path.split("/")[: len(parts)] == parts)


@given(root=PATHS, path=PATHS)
def test_slashes_around_the_root_say_nothing(root: str, path: str) -> None:
    assert covers(f"/{root}/", path) == covers(root, path)


@given(root=PATHS, below=PATHS)
def test_what_is_joined_below_is_covered(root: str, below: str) -> None:
    assert covers(root, "/".join(part for part in (root, below) if part))
