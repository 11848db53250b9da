"""What every store does with single objects."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from urllib.request import url2pathname

import aiohttp
import anyio
import httpx
import pytest
import yarl

from tensorbay.exception import ObjectChangedError, ObjectNotFoundError, StorageError
from tensorbay.storage import ObjectInfo, Store
from tensorbay.storage._files import Files
from tests.storage.filling import Place, chunks, keys_of

BODY = bytes(range(256))


async def fetch(url: str, *, proxy: str | None = None) -> bytes:
    """By a plain client that knows nothing of us."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return await anyio.Path(url2pathname(parts.path)).read_bytes()
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.get(yarl.URL(url, encoded=True), proxy=proxy) as response,
    ):
        body = await response.read()
    async with httpx.AsyncClient(proxy=proxy) as client:
        assert (await client.get(url)).raise_for_status().content == body
    return body


async def test_an_object_comes_back_as_it_was_put(store: Store) -> None:
    before = time.time()
    put = await store.put("a/b.bin", BODY)
    head = await store.head("a/b.bin")
    [listed] = await store.list_page("")
    assert await store.get("a/b.bin") == BODY
    assert (put.path, put.size) == ("a/b.bin", 256)
    assert put.etag == head.etag == listed.etag != ""
    assert (head.path, head.size) == (listed.path, listed.size) == ("a/b.bin", 256)
    assert head.mtime is not None
    assert listed.mtime is not None
    assert int(head.mtime) == int(listed.mtime)  # listings may be finer
    assert abs(head.mtime - before) < 60


@pytest.mark.parametrize(
    ("parts", "size"),
    [
        ((), 0),
        ((b"",), 0),
        ((b"", b"ab", b"", b"c"), 3),
        ((b"x" * 5_000_000,) * 4, 20_000_000),
        ((b"x" * 20_000_001,), 20_000_001),
    ],
)
async def test_a_stream_is_put_whole(store: Store, parts: tuple[bytes, ...], size: int) -> None:
    info = await store.put("streamed", chunks(*parts))
    assert info.size == size
    assert (await store.head("streamed")).etag == info.etag
    assert await store.get("streamed") == b"".join(parts)


async def test_large_bytes_are_put_whole(store: Store) -> None:
    body = BODY * 80_000
    info = await store.put("large", body)
    assert info.size == len(body)
    assert (await store.head("large")).etag == info.etag
    assert await store.get("large") == body


async def test_an_object_is_replaced(store: Store) -> None:
    await store.put("key", b"first")
    await store.put("key", b"second one")
    assert await store.get("key") == b"second one"
    assert await keys_of(store) == ["key"]


@pytest.mark.parametrize(
    ("start", "end"), [(0, None), (10, None), (0, 10), (10, 20), (250, 300), (256, None), (300, 400), (7, 7), (9, 3)]
)
async def test_ranges_are_cut_like_slices(store: Store, start: int, end: int | None) -> None:
    await store.put("key", BODY)
    assert await store.get("key", start=start, end=end) == BODY[start:end]


@pytest.mark.parametrize(("start", "end"), [(0, None), (0, 10), (5, None), (3, 3)])
async def test_an_empty_object_has_empty_ranges(store: Store, start: int, end: int | None) -> None:
    await store.put("empty", b"")
    assert await store.get("empty", start=start, end=end) == b""


@pytest.mark.parametrize("start", [0, 1, 3_000_000, 5_000_000, 6_000_000])
async def test_a_stream_starts_anywhere(store: Store, start: int) -> None:
    body = bytes(5_000_000)
    await store.put("key", body)
    pieces = [piece async for piece in store.stream("key", start=start)]
    assert all(0 < len(piece) <= 1 << 23 for piece in pieces)
    assert b"".join(pieces) == body[start:]


async def test_a_stream_may_be_left(store: Store) -> None:
    await store.put("key", bytes(5_000_000))
    async for piece in store.stream("key"):
        assert piece
        break
    assert await store.get("key", end=3) == bytes(3)


async def test_if_match_is_demanded(store: Store) -> None:
    old = await store.put("key", b"one")
    assert await store.get("key", if_match=old.etag) == b"one"
    assert await store.get("key", start=1, end=2, if_match=old.etag) == b"n"
    new = await store.put("key", b"other")
    with pytest.raises(ObjectChangedError, match="'key'"):
        await store.get("key", if_match=old.etag)
    with pytest.raises(ObjectChangedError):
        await store.get("key", end=0, if_match=old.etag)
    assert await store.get("key", end=0, if_match=new.etag) == b""
    assert await store.get("key", if_match=new.etag) == b"other"


async def test_missing_objects_are_named(store: Store) -> None:
    await store.put("there/is one", b"")
    for path in ("gone", "there", "there/is", "there/is one/below"):
        with pytest.raises(ObjectNotFoundError, match=f"'{path}'"):
            await store.head(path)
        with pytest.raises(ObjectNotFoundError, match=f"'{path}'"):
            await store.get(path)
        with pytest.raises(ObjectNotFoundError, match=f"'{path}'"):
            await store.get(path, start=3, end=3)
        with pytest.raises(ObjectNotFoundError, match=f"'{path}'"):
            await anext(store.stream(path))
        with pytest.raises(ObjectNotFoundError, match=f"'{path}'"):
            await store.copy(path, "target")
    with pytest.raises(FileNotFoundError):  # the twin among Python's own
        await store.get("gone")


async def test_copy(store: Store) -> None:
    await store.put("source", BODY)
    await store.put("target", b"is replaced")
    info = await store.copy("source", "target")
    assert (info.path, info.size) == ("target", 256)
    assert info == await store.head("target")
    assert await store.get("target") == BODY
    assert await store.get("source") == BODY


async def test_a_copy_is_of_the_object_that_was_meant(store: Store) -> None:
    old = await store.put("a source ü", b"one")
    await store.put("a source ü", b"another")
    with pytest.raises(ObjectChangedError, match="a source ü"):
        await store.copy("a source ü", "target", if_match=old.etag)
    with pytest.raises(ObjectNotFoundError, match="'gone'"):
        await store.copy("gone", "target", if_match=old.etag)
    assert await keys_of(store) == ["a source ü"]
    with pytest.raises(ObjectChangedError):
        await anext(store.stream("a source ü", if_match=old.etag))
    now = await store.head("a source ü")
    assert [chunk async for chunk in store.stream("a source ü", if_match=now.etag)] == [b"another"]
    assert await store.copy("a source ü", "target", if_match=now.etag) == await store.head("target")
    assert await store.get("target") == b"another"


@pytest.mark.parametrize("place", ["folder", "service"], indirect=True)
@pytest.mark.parametrize("size", [1_500_000, 3_000_000])
async def test_a_file_that_is_written_to_is_not_copied_by_halves(
    store: Store, root: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    await store.put("key", b"x" * 2_000_000)
    read_chunk = Files.read_chunk

    def read_late(self: Files, file: IO[bytes], key: str, length: int) -> bytes:
        chunk = read_chunk(self, file, key, length)
        os.truncate(root / "key", size)
        return chunk

    monkeypatch.setattr(Files, "read_chunk", read_late)
    with pytest.raises(ObjectChangedError, match="'key'"):
        await store.copy("key", "copy")
    assert await keys_of(store) == ["key"]


async def test_delete(store: Store) -> None:
    for key in ("a/1", "a/2", "b"):
        await store.put(key, b"x")
    await store.delete([])
    await store.delete(["a/1", "b", "never/was", "b"])
    assert await keys_of(store) == ["a/2"]
    await store.delete(["a"])  # a folder is no object
    assert await keys_of(store) == ["a/2"]


async def test_many_are_deleted_at_once(store: Store) -> None:
    await store.put("keep", b"x")
    await store.put("n/1500", b"x")
    await store.delete([f"n/{number}" for number in range(2001)])
    assert await keys_of(store) == ["keep"]


async def test_signed_urls_need_no_credentials_and_keep_their_order(place: Place, store: Store) -> None:
    keys = [f"dir {number}/é?#%{number}.txt" for number in range(20)]
    for key in keys:
        await store.put(key, key.encode())
    urls = await store.sign(list(reversed(keys)))
    assert [await fetch(url, proxy=place.proxy) for url in urls] == [key.encode() for key in reversed(keys)]
    assert await store.sign([]) == []


async def test_signed_urls_are_for_one_method_and_one_key(place: Place, store: Store) -> None:
    if place.kind == "folder":
        return  # its URLs are paths of this machine
    [put], [head], [get] = [await store.sign(["ä b?"], method=method) for method in ("PUT", "HEAD", "GET")]
    headers = (await store.sign(["ä b?"], method="PUT")).headers
    async with httpx.AsyncClient(proxy=place.proxy) as client:
        assert (await client.put(put, content=BODY, headers=headers)).is_success
        assert (await client.head(head)).is_success
        assert (await client.get(get)).content == BODY
        assert (await client.get(get, headers={"Range": "bytes=2-4"})).content == BODY[2:5]
        assert (await client.put(get, content=b"other", headers=headers)).status_code == 403
        await store.put("secret", b"secret")
        assert (await client.get(get.replace("%C3%A4%20b%3F", "secret"))).status_code == 403
        assert (await client.get(get.partition("?")[0])).status_code in (401, 403, 404)  # of Azure the last
    assert await store.get("ä b?") == BODY


async def test_concurrent_writers_leave_one_whole_object(store: Store) -> None:
    bodies = [bytes([number]) * 300_000 for number in range(8)]
    async with anyio.create_task_group() as tasks:
        for body in bodies:
            tasks.start_soon(store.put, "key", body)
    assert await store.get("key") in bodies
    assert await keys_of(store) == ["key"]


async def test_concurrent_writers_of_many_parts_leave_one_whole_object(place: Place, store: Store) -> None:
    """Azure drops the parts of all others when one has ended, and they are told."""
    bodies = [bytes([number]) * 10_000_000 for number in range(4)]
    failures: list[StorageError] = []

    async def put(body: bytes) -> None:
        try:
            await store.put("key", chunks(body[:9_000_000], body[9_000_000:]))
        except StorageError as error:
            failures.append(error)

    async with anyio.create_task_group() as tasks:
        for body in bodies:
            tasks.start_soon(put, body)
    assert await store.get("key") in bodies
    assert await keys_of(store) == ["key"]
    assert len(failures) < len(bodies) if place.kind == "azure" else not failures
    assert all("Somebody else has written it meanwhile" in str(failure) for failure in failures)


@pytest.mark.parametrize("good", [b"", b"x" * 100, b"x" * 20_000_000])
async def test_a_body_that_fails_leaves_nothing(store: Store, good: bytes) -> None:
    """And its error arrives as it is, not dressed up as one of the store."""

    async def body() -> AsyncIterator[bytes]:
        yield good
        raise FileNotFoundError("the caller's own")

    with pytest.raises(FileNotFoundError, match=r"^the caller's own$") as caught:
        await store.put("key", body())
    assert not isinstance(caught.value, StorageError)
    assert await keys_of(store) == []
    with pytest.raises(ObjectNotFoundError):
        await store.head("key")


@pytest.mark.parametrize("good", [b"", b"x" * 100, b"x" * 20_000_000])
async def test_a_cancelled_put_leaves_nothing(store: Store, good: bytes) -> None:
    waiting = anyio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield good
        waiting.set()
        while True:
            yield b"x"
            await anyio.sleep(0.001)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.put, "key", body())
        await waiting.wait()
        tasks.cancel_scope.cancel()
    assert await keys_of(store) == []
    await store.put("key", b"the store still works")
    assert await keys_of(store) == ["key"]


async def test_a_cancelled_put_keeps_what_was_there(store: Store) -> None:
    await store.put("key", b"old")
    waiting = anyio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"new"
        waiting.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.put, "key", body())
        await waiting.wait()
        tasks.cancel_scope.cancel()
    assert await store.get("key") == b"old"


async def test_a_stream_can_be_cancelled_in_the_middle(store: Store) -> None:
    await store.put("key", bytes(20_000_000))
    read: list[bytes] = []

    async def reader() -> None:
        async for piece in store.stream("key"):
            read.append(piece)
            tasks.cancel_scope.cancel()
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reader)
    assert len(read) == 1
    assert await store.get("key", end=3) == bytes(3)


async def test_check_accepts_what_works(store: Store) -> None:
    await store.check()


async def test_infos_are_values(store: Store) -> None:
    assert isinstance(await store.put("key", b""), ObjectInfo)
    assert await store.head("key") == await store.head("key")
