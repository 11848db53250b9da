"""Listings of every store: order, pages, levels, and what is left out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tensorbay.storage import Store, open_store
from tests.clouds import crowded_azurite, fake_gcs
from tests.storage.filling import KINDS, Fill, Place, fill_with, keys_of, list_all

pytestmark = pytest.mark.parametrize("place", KINDS, indirect=True)

# Folders and names that differ in a character smaller than "/", which trees of folders get wrong.
NEIGHBOURS = [
    *("a!", "a-b", "a-b!/x", "a-c/x", "a-b0", "a.b", "a/b", "a/c!", "a/c-d", "a/c.x", "a/c/d", "a/c/e/f", "a/c0"),
    *("a0", "B", "data/images-x", "data/images.txt", "data/images/1", "data/images/2", "data/images2/1", "z"),
    *("é", "\uf000", "𐀀", "日本/語"),
]
MANY = [f"data/{number:05}.json" for number in range(10_000)]
PREFIXES = ["", "a", "a/", "a/c", "a/c/", "a-", "data", "data/images", "data/images/", "data/images/1", "zz", "é", "b/"]


async def test_the_order_is_not_that_of_utf_16(store: Store, fill: Fill) -> None:
    keys = [
        f"{folder}{name}{tail}"
        for folder in ("", "a/", "\uff08/")
        for name in ("𐀀", "\uff08", "\ud7ff")
        for tail in "𐀀\uff091"
    ]
    await fill(keys)
    for limit in (1, 2, 5, 100):
        assert await keys_of(store, limit=limit) == sorted(keys)
    for prefix in ("a/", "\uff08/", "\uff08", "𐀀", "a/𐀀", "\uff08/\uff08"):
        wanted = sorted(key for key in keys if key.startswith(prefix))
        assert await keys_of(store, prefix, limit=2) == wanted, prefix


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
async def test_keys_come_in_the_order_of_their_code_points(store: Store, fill: Fill, limit: int) -> None:
    await fill(NEIGHBOURS)
    assert await keys_of(store, limit=limit) == sorted(NEIGHBOURS)


async def test_a_prefix_is_a_string(store: Store, fill: Fill) -> None:
    await fill(NEIGHBOURS)
    for prefix in PREFIXES:
        wanted = sorted(key for key in NEIGHBOURS if key.startswith(prefix))
        assert await keys_of(store, prefix, limit=3) == wanted, prefix


async def test_a_listing_goes_on_after_any_key(store: Store, fill: Fill) -> None:
    await fill(NEIGHBOURS)
    for prefix in ("", "a", "a/", "data/images"):
        for after in [*NEIGHBOURS, "A", "a", "a/", "a/c", "a 0", "data/images0", "a/\U0010ffff", "\U0010ffff"]:
            wanted = sorted(key for key in NEIGHBOURS if key.startswith(prefix) and key > after)
            assert await keys_of(store, prefix, after=after, limit=4) == wanted, (prefix, after)


async def test_pages_are_full_until_the_listing_ends(store: Store, fill: Fill) -> None:
    counts = [0, 1, 999, 1000, 1001]
    await fill([f"{count}/{number:04}" for count in counts for number in range(count)])
    for count in counts:
        wanted = [f"{count}/{number:04}" for number in range(count)]
        assert await keys_of(store, f"{count}/") == wanted
        assert len(await store.list_page(f"{count}/")) == min(count, 1000)
        assert [info.path for info in await store.list_page(f"{count}/", limit=1500)] == wanted
    assert len(await list_all(store, limit=700)) == sum(counts)


@pytest.fixture
async def crowded(request: pytest.FixtureRequest, place: Place, fill: Fill, tmp_path: Path) -> AsyncIterator[Store]:
    """With `MANY` objects, for which emulators need another way to keep them."""
    with ExitStack() as stack:
        options = place.options
        if place.kind == "azure":
            program = request.getfixturevalue("azurite_program")
            azure, container = stack.enter_context(crowded_azurite(tmp_path, program, MANY))
            options = azure.options(container)
        elif place.kind == "gcs":
            gcs = stack.enter_context(fake_gcs(tmp_path, backend="filesystem"))
            options = gcs.options(gcs.make_bucket())
            fill_with(partial(gcs.put, options.bucket), MANY)
        else:
            await fill(MANY)
        store = open_store(options, proxy=place.proxy)
        yield store
        await store.aclose()


async def test_ten_thousand_keys(crowded: Store) -> None:
    infos = await list_all(crowded, "data/")
    assert [info.path for info in infos] == MANY
    assert {info.size for info in infos} == {len(MANY[0])}
    assert all(info.etag and info.mtime for info in infos)
    assert await keys_of(crowded, "data/", after=MANY[-3]) == MANY[-2:]


async def test_empty_objects_are_listed(store: Store) -> None:
    keys = [f"labels/{number:02}.txt" for number in range(30)]
    for key in keys:
        await store.put(key, b"" if key.endswith("5.txt") else b"x")
    assert await keys_of(store, "labels/", limit=7) == keys


async def test_our_own_folder_is_not_listed(store: Store, fill: Fill) -> None:
    await fill(["a", ".tensorbay/x", "b/.tensorbay/y/z", "b/x", "c.tensorbay/x", ".tensorbay-x"])
    shown = [".tensorbay-x", "a", "b/x", "c.tensorbay/x"]
    assert await keys_of(store) == shown
    assert await keys_of(store, limit=1) == shown
    assert await keys_of(store, ".tensorbay/") == []
    assert await store.list_level("b/") == ([], ["b/x"])
    assert await store.list_level("") == (["b/", "c.tensorbay/"], [".tensorbay-x", "a"])
    assert await store.get("b/.tensorbay/y/z") == b"b/.tensorbay/y/z"


async def test_a_page_of_hidden_keys_does_not_end_the_listing(store: Store, fill: Fill) -> None:
    await fill([*(f".tensorbay/{number:04}" for number in range(1005)), "z1", "z2", "z3"])
    assert await keys_of(store, limit=2) == ["z1", "z2", "z3"]


async def test_one_level_shows_what_lies_there(store: Store, fill: Fill) -> None:
    await fill(NEIGHBOURS)
    assert await store.list_level("a/") == (["a/c/"], ["a/b", "a/c!", "a/c-d", "a/c.x", "a/c0"])
    assert await store.list_level("data/im") == (
        ["data/images/", "data/images2/"],
        ["data/images-x", "data/images.txt"],
    )
    assert await store.list_level("", limit=2) == (["a-b!/", "a-c/"], ["B", "a!"])
    assert await store.list_level("nothing/here/") == ([], [])


async def test_an_empty_store_has_an_empty_listing(store: Store) -> None:
    assert await store.list_page("") == []
    assert await store.list_level("") == ([], [])


async def test_what_is_written_is_listed_at_once(store: Store) -> None:
    for number in range(5):
        await store.put(f"key{number}", b"x")
        assert len(await store.list_page("")) == number + 1
    await store.delete(["key0"])
    assert await keys_of(store) == ["key1", "key2", "key3", "key4"]
