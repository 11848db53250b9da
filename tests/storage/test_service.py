"""The store of a local storage service: what only it does, and what goes wrong on the way."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import anyio
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from anyio.to_thread import run_sync

from tensorbay._util.self_signed import ensure_self_signed
from tensorbay.exception import (
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.local_storage import TokenSigner
from tensorbay.storage import FolderStore, ServiceOptions, ServiceStore, Store, open_store, service_url
from tests.local_storage.running import RunningService, running_service
from tests.servers import free_ports
from tests.storage.filling import chunks


@pytest.fixture
async def service_store(service_options: ServiceOptions) -> AsyncIterator[ServiceStore]:
    store = ServiceStore(service_options)
    yield store
    await store.aclose()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://192.168.0.1:9000", "http://192.168.0.1:9000"),
        (" HTTP://NAS:9000/ ", "http://nas:9000"),
        ("https://nas:443/disks/", "https://nas/disks"),
        ("http://[2001:DB8::1]:80", "http://[2001:db8::1]"),
    ],
)
def test_urls_are_spelled_in_one_way(text: str, url: str) -> None:
    assert service_url(text) == service_url(url) == url


@pytest.mark.parametrize(
    "text", ["", "nas:9000", "ftp://nas", "http://", "http://a b", "http://x/?y", "http://x:port", "http://u:p@x"]
)
def test_what_is_no_url_of_a_service(text: str) -> None:
    with pytest.raises(StorageError, match="no address of a local storage service") as caught:
        service_url(text)
    assert "u:p" not in str(caught.value)


async def test_signed_urls_write_one_file(service_store: ServiceStore, root: Path) -> None:
    key = ".tensorbay/objects/" + hashlib.sha1(b"x").hexdigest()
    [url] = await service_store.sign([key], method="PUT")
    form = service_store.sign_form(".tensorbay/objects/", expires=2**33)
    async with httpx.AsyncClient() as client:
        assert (await client.put(url, content=b"other")).status_code == 400
        assert (await client.put(url, content=b"x")).status_code == 200
        assert (await client.get(url)).status_code == 403
        posted = await client.post(form, data={"key": key}, files={"file": ("", b"x")})
        assert posted.status_code == 200
    assert (root / key).read_bytes() == b"x"


async def test_urls_expire(service_store: ServiceStore) -> None:
    await service_store.put("key", b"x")
    [url] = await service_store.sign(["key"], expires=-60)
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).status_code == 403


async def test_many_urls_at_once(service_store: ServiceStore) -> None:
    """More than are signed on the loop."""
    await service_store.put("key", b"x")
    urls = await service_store.sign(["key"] * 100)
    assert len(set(urls)) == 1
    assert len(urls[0]) < 300


async def test_uploads_that_are_too_large_are_told(service_process: RunningService, root: Path) -> None:
    service_process.serve(root, max_upload=5)
    store = open_store(service_process.options())
    assert (await store.put("key", b"12345")).size == 5
    for body in (b"123456", chunks(b"123", b"456"), bytes(20_000_000)):
        with pytest.raises(StorageError, match="may have 5 bytes"):
            await store.put("key", body)
    [url] = await store.sign(["key"], method="PUT")
    async with httpx.AsyncClient() as client:
        assert (await client.put(url, content=b"123456")).status_code == 413
    assert await store.get("key") == b"12345"
    await store.aclose()


async def test_a_busy_service_is_asked_again(service_store: ServiceStore, service_process: RunningService) -> None:
    service_process.busy = 2
    await service_store.put("key", b"x")
    service_process.busy = 3
    assert (await service_store.list_page(""))[0].path == "key"
    service_process.busy = 1
    with pytest.raises(StorageError, match="answered 503"):
        await service_store.put("streamed", chunks(b"x"))  # a stream cannot be sent again
    assert service_process.busy == 0


async def test_a_service_that_does_not_answer(service_options: ServiceOptions) -> None:
    (port,) = free_ports(1)
    store = open_store(ServiceOptions(endpoint=f"http://127.0.0.1:{port}", token=service_options.token))
    for call in (store.check, lambda: store.get("key"), lambda: store.put("key", chunks(b"x"))):
        with pytest.raises(StorageUnreachableError, match=f"127.0.0.1:{port} does not answer"):
            await call()
    await store.aclose()


async def test_who_is_not_trusted_is_told(service_process: RunningService, root: Path) -> None:
    service_process.serve(root, public_key=TokenSigner(b"o" * 32).public_key)
    store = open_store(service_process.options())
    for call in (store.check, lambda: store.list_page(""), lambda: store.head("key"), lambda: store.put("key", b"")):
        with pytest.raises(StorageAccessError, match="not signed by the server that this service trusts"):
            await call()
    service_process.serve(root, teams=frozenset({"another"}))
    with pytest.raises(StorageAccessError, match="not for the team"):
        await store.check()
    await store.aclose()


async def test_a_folder_that_went_away_is_told(service_store: ServiceStore, root: Path) -> None:
    await service_store.put("key", b"x")
    moved = await anyio.Path(root).rename(root.with_name("moved"))
    for call in (service_store.check, lambda: service_store.head("key"), lambda: service_store.put("key", b"")):
        with pytest.raises(StorageNotFoundError, match="'--root' does not exist"):
            await call()
    await moved.rename(root)
    assert await service_store.get("key") == b"x"


async def test_tokens_are_in_no_log_and_no_repr(
    service_store: ServiceStore,
    service_process: RunningService,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    [url] = await service_store.sign(["key"])
    token = url.partition("token=")[2]
    assert token.count(".") == 2

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).status_code == 404
        monkeypatch.setattr(FolderStore, "open", fail)
        answer = await client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalServerError")
    with anyio.fail_after(30):  # the client has its answer before the log has the error
        while "RuntimeError: a bug" not in caplog.text:  # noqa: ASYNC110  (another thread writes it)
            await anyio.sleep(0.01)
    ours = [
        record.getMessage() + str(record.exc_text) for record in caplog.records if not record.name.startswith("http")
    ]
    for text in (*ours, answer.text, repr(service_store), repr(service_process.options())):
        assert token not in text
        assert token.rpartition(".")[2] not in text


async def test_over_tls_with_an_authority_of_its_own(root: Path, tmp_path: Path) -> None:
    certificate, key = await run_sync(ensure_self_signed, tmp_path, "127.0.0.1")
    with running_service(ssl_certfile=certificate, ssl_keyfile=key) as service:
        service.serve(root)
        trusting = open_store(service.options(ca_bundle=tmp_path / "tls/ca.pem"))
        await trusting.put("key", b"x")
        assert await trusting.get("key") == b"x"
        await trusting.aclose()
        store: Store = open_store(service.options())
        with pytest.raises(StorageUnreachableError, match=r"(?i)certificate"):
            await store.check()
        await store.aclose()


@pytest.mark.parametrize(
    ("path", "words"),
    [("endless", "more than 16777216 bytes"), ("again", "does not list as"), ("elsewhere", "does not list as")],
)
async def test_what_is_no_service_can_name_itself_one(path: str, words: str) -> None:
    """Whoever may make a storage config names the endpoint."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if path != "endless":
            info = {"path": "data/1" if path == "again" else "other/1", "size": 1, "etag": "", "mtime": 1.0}
            return web.json_response([info] * (2 if path == "again" else 1))
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(bytes(1 << 20))
        return response

    app = web.Application()
    app.router.add_get("/list", answer)
    async with TestServer(app) as server:
        store = ServiceStore(ServiceOptions(endpoint=str(server.make_url("")), token=lambda _: "token"))
        with anyio.fail_after(30), pytest.raises(StorageError, match=words):
            await store.list_page("data/", limit=10)
        await store.aclose()


@pytest.mark.parametrize(
    ("body", "words"), [(b'{"path": "\xff"}', "does not answer as"), (b"whole", "whole files only")]
)
async def test_what_comes_back_changed_is_an_error_of_the_store(body: bytes, words: str) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        store = ServiceStore(ServiceOptions(endpoint=str(server.make_url("")), token=lambda _: "token"))
        calls: list[Callable[[], Awaitable[object]]] = (
            [lambda: store.head("key"), lambda: store.list_page("")]
            if body != b"whole"
            else [lambda: store.get("key", start=1, end=2), lambda: anext(store.stream("key", start=1))]
        )
        for call in calls:
            with pytest.raises(StorageError, match=words):
                await call()
        assert await store.get("key") == body
        await store.aclose()


async def test_what_cannot_be_signed_or_trusted_is_told(service_process: RunningService, tmp_path: Path) -> None:
    store = open_store(service_process.options(ca_bundle=tmp_path / "missing.pem"))
    with pytest.raises(StorageError, match=r"not for 'DELETE'"):
        await store.sign(["key"], method="DELETE")
    with pytest.raises(StorageError, match=r"missing\.pem .* cannot be used"):
        await store.check()
    (tmp_path / "missing.pem").write_text("nonsense")
    with pytest.raises(StorageError, match=r"missing\.pem .* cannot be used"):
        await store.check()
    await store.aclose()


def test_a_forked_child_has_connections_of_its_own(service_process: RunningService, root: Path) -> None:
    """If it closed those of its parent, the parent would wait for an answer that it cannot see any more."""
    service_process.serve(root)
    code = """
        import asyncio, os, sys
        from tensorbay.storage import ServiceOptions, open_store

        store = open_store(ServiceOptions(endpoint=sys.argv[1], token=lambda _: sys.argv[2]))

        async def put():
            async def body():
                yield b"x"

            await asyncio.wait_for(store.put("key", body()), 20)

        async def put_and_close():
            await put()
            await store.aclose()

        loop = asyncio.new_event_loop()
        loop.run_until_complete(put())
        child = os.fork()
        if child == 0:
            asyncio.new_event_loop().run_until_complete(put_and_close())
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        loop.run_until_complete(put_and_close())
    """
    given = [service_process.url, service_process.token("write", key="key")]
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
