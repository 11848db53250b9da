"""Throttling, broken connections and other writers on the way to every kind of store that is not of this machine."""

from __future__ import annotations

from itertools import pairwise

import pytest
from aiohttp import web

from tensorbay.exception import ObjectChangedError, ObjectNotFoundError, StorageError, StorageUnreachableError
from tensorbay.storage import Store, StoreBelow
from tests.storage.filling import KINDS, Fill, Place, chunks, keys_of
from tests.storage.road import is_copy, travelled

REMOTE = [kind for kind in KINDS if kind != "folder"]
BUCKETS = [kind for kind in REMOTE if kind != "service"]


@pytest.mark.parametrize("place", REMOTE, indirect=True)
@pytest.mark.parametrize("fault", [503, 429, 500, 0])
async def test_what_passes_is_not_seen(place: Place, fault: int) -> None:
    async with travelled(place) as (road, store):
        for faults in ([], [fault, fault]):
            road.faults = list(faults)
            await store.put("key", b"body")
            road.faults = list(faults)
            assert await store.get("key") == b"body"
            road.faults = list(faults)
            assert (await store.head("key")).size == 4
            road.faults = list(faults)
            assert await keys_of(store) == ["key"]
            road.faults = list(faults)
            await store.copy("key", "copy")
            road.faults = list(faults)
            await store.delete(["copy"])
            road.faults = list(faults)
            await store.check()
            assert road.faults == []
        assert len(road.times) >= 7 * 4


@pytest.mark.parametrize("place", REMOTE, indirect=True)
@pytest.mark.parametrize("fault", [503, 500, 0])
async def test_a_copy_itself_is_asked_for_again(place: Place, fault: int) -> None:
    """Not only the look at its source."""
    async with travelled(place) as (road, store):
        await store.put("key", b"body")
        road.faults, road.hit = [fault] * (4 if place.kind != "service" else 3), is_copy
        assert (await store.copy("key", "copy")).size == 4
        assert road.faults == []
        assert await store.get("copy") == b"body"


@pytest.mark.parametrize("place", BUCKETS, indirect=True)
@pytest.mark.parametrize("fault", [503, 0])
async def test_a_part_of_a_stream_is_sent_again(place: Place, fault: int) -> None:
    parts = [bytes([number]) * 8_500_000 for number in range(3)]
    async with travelled(place) as (road, store):
        road.faults, road.hit = [fault] * 3, lambda request: (request.content_length or 0) > 1_000_000
        await store.put("key", chunks(*parts))
        assert road.faults == []
        assert await store.get("key") == b"".join(parts)


@pytest.mark.parametrize("place", REMOTE, indirect=True)
async def test_what_does_not_pass_is_told_after_pauses(place: Place) -> None:
    async with travelled(place) as (road, store):
        road.faults = [503] * 100
        words = r"Too fast\. \(SlowDown, HTTP 503\)" if place.kind != "service" else "answered 503"
        with pytest.raises(StorageError, match=words):
            await store.get("key")
        assert len(road.times) == (7 if place.kind != "service" else 4)
        assert all(after - before > 0.09 for before, after in pairwise(road.times))
        road.faults = [0] * 100
        with pytest.raises(StorageUnreachableError):
            await store.get("key")


@pytest.mark.parametrize("place", BUCKETS, indirect=True)
async def test_a_check_asks_for_nothing_outside_of_the_folder(place: Place) -> None:
    """Credentials may be good for it alone, as the policies are that a diagnosis gives."""
    async with travelled(place) as (road, store):
        prefixes = set()

        async def look(request: web.Request) -> None:
            prefixes.add(request.query.get("prefix"))

        road.before = look
        await store.check("data/images")
        assert prefixes == {"data/images/"}
        prefixes.clear()
        await StoreBelow(store, "data").check()
        assert prefixes == {"data/"}


@pytest.mark.parametrize("place", REMOTE, indirect=True)
async def test_what_changes_under_a_copy_is_not_copied(place: Place, store: Store) -> None:
    """Between the look at the source and the copy, where only the store itself can tell."""
    async with travelled(place) as (road, travelling):

        async def write(request: web.Request) -> None:
            if is_copy(request):
                await store.put("key", b"new!")

        old = await store.put("key", b"old!")
        road.before = write
        with pytest.raises(ObjectChangedError, match="'key'"):
            await travelling.copy("key", "copy", if_match=old.etag)
        with pytest.raises(ObjectNotFoundError):
            await store.head("copy")


@pytest.mark.parametrize("place", BUCKETS, indirect=True)
async def test_a_level_costs_no_more_than_what_lies_on_it(place: Place, fill: Fill) -> None:
    """Whatever lies below."""
    await fill([f"data/{folder}/{number:04}" for folder in "abc" for number in range(700)] + ["data/1"])
    async with travelled(place) as (road, store):
        assert await store.list_level("data/") == (["data/a/", "data/b/", "data/c/"], ["data/1"])
        assert len(road.times) == 1
