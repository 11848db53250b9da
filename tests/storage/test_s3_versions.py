"""Versions, and copies that S3 makes in parts."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from aiohttp import web

from tensorbay.exception import ObjectChangedError, StorageError
from tensorbay.storage import ObjectInfo, S3Options, Store, _aws_client, _s3
from tensorbay.storage._aws import AwsBucket
from tests.servers import S3Server
from tests.storage.filling import Place, keys_of
from tests.storage.road import is_copy, travelled
from tests.storage.test_store_objects import fetch

BUCKETS = pytest.mark.parametrize("place", ["s3", "oss"], indirect=True)
BODY = bytes(range(256)) * 80_000


@BUCKETS
async def test_a_version_is_read_whatever_was_written_since(place: Place, store: Store, s3_server: S3Server) -> None:
    assert isinstance(place.options, S3Options)
    s3_server.client.put_bucket_versioning(Bucket=place.options.bucket, VersioningConfiguration={"Status": "Enabled"})
    first = await store.put("a b/ä", b"first")
    second = await store.put("a b/ä", b"second")
    assert first.version != second.version == (await store.head("a b/ä")).version
    assert await store.get("a b/ä", version=first.version) == b"first"
    assert (await store.head("a b/ä", version=first.version)).etag == first.etag
    assert await store.get("a b/ä", version=first.version, start=1, end=3) == b"ir"
    assert b"".join([piece async for piece in store.stream("a b/ä", version=first.version)]) == b"first"
    urls = await store.sign(["a b/ä"] * 3, versions=[first.version, None, second.version], expires=60)
    assert [await fetch(url, proxy=place.proxy) for url in urls] == [b"first", b"second", b"second"]
    await store.delete(["a b/ä"])
    assert await store.get("a b/ä", version=first.version) == b"first"


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_s3, "_COPIED_WHOLE", 10_000_000)
    monkeypatch.setattr(_s3, "_COPY_PART", 6_000_000)


async def test_a_copy_may_take_its_time(s3_options: S3Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of some gigabytes: more than any other answer may take."""
    monkeypatch.setattr(_aws_client, "_READ_SECONDS", 0.3)

    async def slowly(request: web.Request) -> None:
        if is_copy(request):
            await anyio.sleep(1)

    async with travelled(Place("s3", s3_options, s3_options.endpoint)) as (road, store):
        await store.put("key", b"body")
        road.before = slowly
        assert (await store.copy("key", "copy")).size == 4


@BUCKETS
@pytest.mark.usefixtures("in_parts")
async def test_a_large_object_is_copied_in_parts(place: Place, store: Store, s3_server: S3Server) -> None:
    assert isinstance(place.options, S3Options)
    bucket = place.options.bucket
    s3_server.client.put_object(Bucket=bucket, Key="ä b", Body=BODY, ContentType="image/png", Metadata={"a": "b"})
    info = await store.copy("ä b", "copy")
    assert info == await store.head("copy")
    assert info.size == len(BODY)
    assert info.etag.endswith('-4"')  # of so many parts
    assert await store.get("copy") == BODY
    kept = s3_server.client.head_object(Bucket=bucket, Key="copy")
    assert (kept["ContentType"], kept["Metadata"]) == ("image/png", {"a": "b"})


def uploads(server: S3Server, bucket: str) -> Any:
    return server.client.list_multipart_uploads(Bucket=bucket).get("Uploads")


@pytest.mark.usefixtures("in_parts")
async def test_a_cancelled_copy_leaves_no_parts(
    s3_server: S3Server, s3_options: S3Options, s3_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await s3_store.put("key", BODY)
    started = anyio.Event()

    async def stuck(*_: Any) -> Any:
        started.set()
        await anyio.sleep_forever()

    monkeypatch.setattr(AwsBucket, "_copy_parts", stuck)
    copying = asyncio.ensure_future(s3_store.copy("key", "copy"))
    await started.wait()
    assert await asyncio.to_thread(uploads, s3_server, s3_options.bucket)
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert not await asyncio.to_thread(uploads, s3_server, s3_options.bucket)
    assert await keys_of(s3_store) == ["key"]


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize(("query", "missing"), [("uploads", "UploadId"), ("partNumber", "ETag")])
async def test_what_an_answer_to_a_copy_lacks_is_told(s3_options: S3Options, query: str, missing: str) -> None:
    async def empty(request: web.Request, response: web.Response) -> None:
        if query in request.query:
            response.body, response.headers["Content-Length"] = b"<a/>", "4"

    async with travelled(Place("s3", s3_options, s3_options.endpoint)) as (road, store):
        await store.put("key", BODY)
        road.after = empty
        with pytest.raises(StorageError, match=f"not answer as an S3 service should: no '{missing}'"):
            await store.copy("key", "copy")


@pytest.mark.usefixtures("in_parts")
async def test_a_copy_that_cannot_be_cleared_away_is_cancelled_all_the_same(
    s3_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await s3_store.put("key", BODY)
    started = anyio.Event()

    async def stuck(_: AwsBucket, __: Any, ___: ObjectInfo, upload: dict[str, str], ____: int) -> Any:
        upload["UploadId"] = "nonsense"
        started.set()
        await anyio.sleep_forever()

    monkeypatch.setattr(AwsBucket, "_copy_parts", stuck)
    copying = asyncio.ensure_future(s3_store.copy("key", "copy"))
    await started.wait()
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying


@pytest.mark.usefixtures("in_parts")
async def test_a_copy_of_what_changes_fails_and_leaves_no_parts(
    s3_server: S3Server, s3_options: S3Options, s3_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await s3_store.put("key", BODY)
    copy_parts = AwsBucket.copy_parts

    async def late(self: AwsBucket, source: ObjectInfo, target: str, *, part_size: int) -> None:
        await s3_store.put("key", BODY[::-1])
        await copy_parts(self, source, target, part_size=part_size)

    monkeypatch.setattr(AwsBucket, "copy_parts", late)
    with pytest.raises((ObjectChangedError, StorageError), match="'key'"):
        await s3_store.copy("key", "copy")
    assert not await asyncio.to_thread(uploads, s3_server, s3_options.bucket)


async def test_versions_of_folders_are_refused(folder_store: Store) -> None:
    await folder_store.put("key", b"x")
    for call in (
        lambda: folder_store.get("key", version="1"),
        lambda: folder_store.head("key", version="1"),
        lambda: anext(folder_store.stream("key", version="1")),
        lambda: folder_store.sign(["key"], versions=["1"]),
    ):
        with pytest.raises(StorageError, match="keeps no versions"):
            await call()
