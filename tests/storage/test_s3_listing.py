"""Listings in Amazon's order, which SeaweedFS does not have, and of keys it does not take."""

from __future__ import annotations

import asyncio
import re

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorbay.exception import StorageError
from tensorbay.storage import ObjectInfo, S3Options, open_store
from tensorbay.storage._s3 import S3Store
from tests.storage.filling import keys_of, put_all
from tests.storage.s3_double import S3Double, s3_double

# Every character that sorts around "/", in short names, so that folders and names collide.
KEYS = st.lists(
    st.lists(st.text("!-./0aé", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join), max_size=30, unique=True
)


def is_plain(key: str) -> bool:
    return not {"", ".", ".."} & set(key.split("/"))


@pytest.mark.parametrize("lists_tree", [False, True])
@settings(max_examples=40)
@given(keys=KEYS, prefix=st.text("!-./0a", max_size=3), after=st.text("!-./0aé", max_size=4), limit=st.integers(1, 8))
def test_any_keys_come_in_order(keys: list[str], prefix: str, after: str, limit: int, *, lists_tree: bool) -> None:
    async def check() -> None:
        objects = {key: b"x" for key in keys if is_plain(key)}
        async with s3_double(S3Double(objects, lists_tree=lists_tree)) as store:
            found = await keys_of(store, prefix, after=after, limit=limit)
            assert found == sorted(key for key in objects if key.startswith(prefix) and key > after)

    anyio.run(check)


@pytest.mark.parametrize("lists_tree", [False, True])
async def test_large_levels_and_folders_are_listed_whole(*, lists_tree: bool) -> None:
    keys = [f"top/{folder}/{number:04}" for folder in ("a", "a-b", "a.b") for number in range(500)]
    keys += [f"top/a-{number:04}.txt" for number in range(1100)] + [f"top/{number}/x" for number in range(20)]
    double = S3Double(dict.fromkeys(keys, b"x"), lists_tree=lists_tree)
    async with s3_double(double) as store:
        assert await keys_of(store, "top/", limit=700) == sorted(keys)
        later = [key for key in sorted(keys) if key > "top/a-0999.txt"]
        assert await keys_of(store, "top/", after="top/a-0999.txt") == later
        assert await keys_of(store, "top/a-b") == [key for key in sorted(keys) if key.startswith("top/a-b")]


async def test_a_flat_listing_takes_one_request_per_thousand_keys() -> None:
    double = S3Double({f"data/{number:05}.png": b"x" for number in range(3500)})
    async with s3_double(double) as store:
        counts, after = [], ""
        while page := await store.list_page("data/", after=after):
            counts.append(len(page))
            after = page[-1].path
    assert counts == [1000, 1000, 1000, 500]
    assert len(double.requests) == 5  # the last of them finds nothing


def test_a_listing_goes_on_in_another_loop(s3_options: S3Options) -> None:
    """The one that it was begun in is gone, and with it all that waited there."""
    keys = ["a-b", *(f"a/{number}" for number in range(5)), "b/1", "c"]
    store = open_store(s3_options)
    assert isinstance(store, S3Store)

    async def begin() -> list[ObjectInfo]:
        await put_all(store, keys)
        page = await store.list_page("", limit=3)
        await store.aws.aclose()  # its connections; the store is in use
        return page

    async def go_on(after: str) -> list[ObjectInfo]:
        page = await store.list_page("", after=after)
        await store.aclose()
        return page

    page = asyncio.run(begin())
    page += asyncio.run(go_on(page[-1].path))
    assert [info.path for info in page] == keys


ODD = ["a//b", "a/./b", "a/../b", "./x", "../x", "..", "/lead", "//", "new\nline", "tab\t", "\x01", "\x7f"]
PLAIN = ["a/a", "a/z", "b", "ne", "zz/1", "zz/2"]


@pytest.mark.parametrize("lists_tree", [False, True])
@pytest.mark.parametrize("odd", ODD)
async def test_odd_keys_are_listed_among_their_neighbours_and_refused_by_name(odd: str, *, lists_tree: bool) -> None:
    objects = dict.fromkeys([odd, *PLAIN], b"x")
    async with s3_double(S3Double(objects, lists_tree=lists_tree)) as store:
        assert await keys_of(store) == sorted(objects)
        assert await keys_of(store, limit=1) == sorted(objects)
        assert await store.get("a/a") == b"x"
        words = re.escape(f"The key {odd!r} cannot be used: it ")
        for call in (store.get, store.head, lambda key: store.copy(key, "c"), lambda key: store.put(key, b"")):
            with pytest.raises(StorageError, match=words):
                await call(odd)
        with pytest.raises(StorageError, match=words):
            await store.sign(["b", odd])
        with pytest.raises(StorageError, match="cannot be used"):
            await anext(store.stream(odd))
        with pytest.raises(StorageError, match="cannot be used"):
            await store.delete([odd])


@pytest.mark.parametrize("lists_tree", [False, True])
async def test_markers_of_folders_are_no_files(*, lists_tree: bool) -> None:
    """Not even where the folder is empty, or an empty object has its name."""
    objects = {"a/": b"", "a/1": b"x", "empty/": b"", "twin": b"", "twin/": b"", "z/deep/": b"", "zero": b""}
    async with s3_double(S3Double(objects, lists_tree=lists_tree)) as store:
        assert await keys_of(store) == ["a/1", "twin", "zero"]
        assert await keys_of(store, limit=1) == ["a/1", "twin", "zero"]
        assert await keys_of(store, "a/") == ["a/1"]
        assert await keys_of(store, "z/") == []
        assert await store.list_level("") == (["a/", "empty/", "twin/", "z/"], ["twin", "zero"])
        assert await store.list_level("a/") == ([], ["a/1"])


async def test_a_marker_with_a_body_is_listed_as_it_is() -> None:
    async with s3_double(S3Double({"dir-1": b"x", "dir/": b"body", "dir/1": b"x"})) as store:
        assert await keys_of(store, limit=2) == ["dir-1", "dir/", "dir/1"]
        with pytest.raises(StorageError, match="names a folder"):
            await store.get("dir/")
