"""Files by URL, from a real HTTP server on this machine and from the disk."""

from __future__ import annotations

import asyncio
import hashlib
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.aio import ClientSettings
from tensorbay.aio._fetch import Fetcher
from tensorbay.exception import (
    ObjectChangedError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageUnreachableError,
)
from tensorbay.storage import AccessKey, S3Options, open_store
from tests.servers import S3Server, free_ports

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Store:
    """A server whose answers a test chooses."""

    url: str = ""
    handler: Handler | None = None
    seen: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.raw_path)
        assert self.handler is not None
        return await self.handler(request)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", store.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        store.url = f"http://127.0.0.1:{server.port}"
        yield store


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(ClientSettings(max_retries=2, connections=4), allow_files=True)
    yield fetcher
    await fetcher.aclose()


def answers(*statuses: int, body: bytes = b"words") -> Handler:
    left = list(statuses)

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=left.pop(0) if len(left) > 1 else left[0], body=body)

    return handler


async def test_a_url_is_asked_for_as_it_is_spelled(store: Store, fetcher: Fetcher) -> None:
    store.handler = answers(200)
    path = "/a%20b%2Fc%25?X-Signature=%2B%2f&x=a+b"
    assert await fetcher.read(store.url + path) == b"words"
    assert store.seen == [path]


async def test_a_busy_store_is_asked_again(store: Store, fetcher: Fetcher) -> None:
    store.handler = answers(503, 503, 200)
    assert await fetcher.read(f"{store.url}/a") == b"words"
    assert len(store.seen) == 3


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, ObjectNotFoundError), (403, StorageAccessError), (401, StorageAccessError), (400, StorageError)],
)
async def test_refusals_have_the_words_of_the_store_but_no_signature(
    store: Store, fetcher: Fetcher, status: int, error: type[StorageError]
) -> None:
    store.handler = answers(status)
    with pytest.raises(error, match="words") as caught:
        await fetcher.read(f"{store.url}/a?signature=secret")
    assert "secret" not in str(caught.value)
    assert len(store.seen) == 1


async def test_the_words_of_a_store_are_a_line(store: Store, fetcher: Fetcher) -> None:
    said = "<Error><Code>AccessDenied</Code><Message>Access Denied.</Message><Key>a</Key></Error>"
    for body, words in ((said, "Access Denied. (AccessDenied)"), ("<html>\n <b>no</b>\n", "<html> <b>no</b>")):

        async def refuses(_: web.Request, body: str = body) -> web.StreamResponse:
            return web.Response(text=body, status=403)

        store.handler = refuses
        with pytest.raises(StorageAccessError) as caught:
            await fetcher.read(f"{store.url}/a")
        assert str(caught.value) == f"The store refuses {store.url}/a: {words}"


async def test_a_file_that_breaks_off_is_fetched_again(store: Store, fetcher: Fetcher) -> None:
    async def breaks_off(request: web.Request) -> web.StreamResponse:
        if len(store.seen) > 1:
            return web.Response(body=b"whole")
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    store.handler = breaks_off
    assert await fetcher.read(f"{store.url}/a") == b"whole"


@pytest.mark.parametrize(
    ("status", "etag", "error"),
    [
        (200, '"e1"', None),
        (200, 'W/"e1"', None),
        (200, '"e2"', ObjectChangedError),  # of a store that does not heed the condition
        (200, None, StorageError),
        (412, None, ObjectChangedError),
    ],
)
async def test_the_file_that_is_meant(
    store: Store, fetcher: Fetcher, status: int, etag: str | None, error: type[StorageError] | None
) -> None:
    conditions = []

    async def handler(request: web.Request) -> web.StreamResponse:
        conditions.append(request.headers["If-Match"])
        return web.Response(status=status, body=b"words", headers={} if etag is None else {"ETag": etag})

    store.handler = handler
    if error is None:
        assert await fetcher.read(f"{store.url}/a?secret", if_match="e1") == b"words"  # some stores list it bare
        assert [chunk async for chunk in fetcher.stream(f"{store.url}/a", if_match='"e1"')] == [b"words"]
    else:
        with pytest.raises(error) as caught:
            await fetcher.read(f"{store.url}/a?secret", if_match="e1")
        assert "secret" not in str(caught.value)
        with pytest.raises(error):
            await anext(fetcher.stream(f"{store.url}/a", if_match='"e1"'))
    assert conditions == ['"e1"', '"e1"']


async def test_nobody_there(fetcher: Fetcher) -> None:
    (port,) = free_ports(1)
    with pytest.raises(StorageUnreachableError, match="could not be read"):
        await fetcher.read(f"http://127.0.0.1:{port}/a")


async def test_streaming(store: Store, fetcher: Fetcher) -> None:
    store.handler = answers(200, body=bytes(1_000_000))
    sizes = [len(chunk) async for chunk in fetcher.stream(f"{store.url}/a")]
    assert sum(sizes) == 1_000_000
    assert len(sizes) > 1


async def test_upload(store: Store, fetcher: Fetcher, tmp_path: Path) -> None:
    bodies: list[bytes] = []

    async def receive(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.read())
        return web.Response(status=503 if len(bodies) == 1 else 201)

    store.handler = receive
    (tmp_path / "file").write_bytes(b"content" * 100_000)
    await fetcher.write(f"{store.url}/a", tmp_path / "file")
    # The second attempt sends the file from its beginning.
    assert bodies == [b"content" * 100_000] * 2


@pytest.mark.parametrize("size", [0, 10, 700_000])
async def test_a_file_that_has_changed_is_not_stored(store: Store, fetcher: Fetcher, tmp_path: Path, size: int) -> None:
    stored: list[bytes] = []

    async def receive(request: web.Request) -> web.StreamResponse:
        stored.append(await request.read())
        return web.Response(status=201)

    store.handler = receive
    path = tmp_path / "file"
    before, after = b"a" * size, b"a" * (size - 1) + b"b"
    url = f"{store.url}/{hashlib.sha1(before).hexdigest()}?signature=x"
    path.write_bytes(after)
    with pytest.raises(StorageError, match="file has changed while it was uploaded"):
        await fetcher.write(url, path)
    assert stored == []
    path.write_bytes(before)
    await fetcher.write(url, path)
    assert stored == [before]


async def test_a_bucket_does_not_get_a_file_that_changed(
    fetcher: Fetcher, s3_server: S3Server, s3_bucket: str, tmp_path: Path
) -> None:
    before, after = b"a" * 400_000, b"a" * 399_999 + b"b"
    key = hashlib.sha1(before).hexdigest()
    place = {"Bucket": s3_bucket, "Key": key}
    credentials = AccessKey(key_id=s3_server.access_key_id, secret=s3_server.access_key_secret)
    bucket = open_store(S3Options(endpoint=s3_server.endpoint, bucket=s3_bucket, credentials=credentials))
    (url,) = await bucket.sign([key], method="PUT")
    path = tmp_path / "file"
    path.write_bytes(after)
    with pytest.raises(StorageError, match="has changed"):
        await fetcher.write(url, path)
    found = await anyio.to_thread.run_sync(lambda: s3_server.client.list_objects_v2(Bucket=s3_bucket))
    assert found["KeyCount"] == 0
    path.write_bytes(before)
    await fetcher.write(url, path)
    found = await anyio.to_thread.run_sync(lambda: s3_server.client.head_object(**place))
    assert found["ContentLength"] == 400_000
    await bucket.aclose()


async def test_files_of_this_machine(fetcher: Fetcher, tmp_path: Path) -> None:
    source, target = tmp_path / "a b%20#?é", tmp_path / "new" / "folder" / "copy"
    source.write_bytes(b"here")
    assert await fetcher.read(source.as_uri()) == b"here"
    assert [chunk async for chunk in fetcher.stream(source.as_uri())] == [b"here"]
    await fetcher.write(target.as_uri(), source)
    assert target.read_bytes() == b"here"
    assert [path.name for path in target.parent.iterdir()] == ["copy"]
    with pytest.raises(ObjectNotFoundError):
        await fetcher.read((tmp_path / "none").as_uri())


async def test_a_remote_server_may_not_name_files_of_this_machine(tmp_path: Path) -> None:
    fetcher = Fetcher(ClientSettings(), allow_files=False)
    secret, target = tmp_path / "secret", tmp_path / "target"
    secret.write_bytes(b"mine")
    with pytest.raises(StorageAccessError, match="refused"):
        await fetcher.read(secret.as_uri())
    with pytest.raises(StorageAccessError, match="refused"):
        await fetcher.write(target.as_uri(), secret)
    assert not target.exists()


async def test_cancelling_a_fetch_leaves_the_session_usable(store: Store, fetcher: Fetcher) -> None:
    started = anyio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        if request.path == "/hang":
            started.set()
            await anyio.sleep_forever()
        return web.Response(body=b"ok")

    store.handler = hang
    async with anyio.create_task_group() as group:
        group.start_soon(fetcher.read, f"{store.url}/hang")
        await started.wait()
        group.cancel_scope.cancel()
    assert await fetcher.read(f"{store.url}/next") == b"ok"


async def test_an_answer_that_is_no_http_shows_no_signature(fetcher: Fetcher) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"nonsense\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a?sig=hidden"
        calls: list[Callable[[], Awaitable[bytes]]] = [lambda: fetcher.read(url), lambda: anext(fetcher.stream(url))]
        for call in calls:
            with pytest.raises(StorageUnreachableError) as caught:
                await call()
            assert "hidden" not in "".join(traceback.format_exception(caught.value))
