from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay.server.placement import copy_target
from tensorbay.storage import ObjectInfo

PATHS = st.lists(st.sampled_from(["a", "b", "a b", "ä"]), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("file_path", "path", "is_copied"),
    [
        ("", "a.png", False),
        ("data", "data/a.png", False),
        ("data", "data", False),
        ("data", "database/a.png", True),
        ("data/images", "data/labels/a.json", True),
        ("data/images", "data", True),
        ("data", "Data/a.png", True),
    ],
)
def test_what_the_config_path_covers_stays(file_path: str, path: str, is_copied: bool) -> None:
    target = copy_target(file_path, "d1", ObjectInfo(path, 1, '"e"'))
    assert (target is not None) == is_copied


@given(root=PATHS, path=PATHS, etag=st.text(max_size=3))
def test_a_copy_has_a_place_of_its_own(root: str, path: str, etag: str) -> None:
    target = copy_target(root, "d1", ObjectInfo(path, 1, etag))
    if target is None:
        assert f"{path}/".startswith(f"{root}/")
        return
    assert target.startswith(f"{root}/.tensorbay/copies/d1/")
    assert target.endswith(f"/{path.rpartition('/')[2]}")
    assert target == copy_target(root, "d1", ObjectInfo(path, 2, etag))
    others = [
        copy_target(root, "d2", ObjectInfo(path, 1, etag)),
        copy_target(root, "d1", ObjectInfo(path, 1, f"{etag}+")),
        copy_target(root, "d1", ObjectInfo(f"c/{path}", 1, etag)),
    ]
    assert target not in others
