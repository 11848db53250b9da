"""A proxy that the environment names is taken by every client of ours alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from tensorbay.aio import ClientSettings
from tensorbay.aio._fetch import Fetcher
from tensorbay.exception import StorageError
from tensorbay.storage import (
    AccessKey,
    AccountKey,
    AzureOptions,
    GcsOptions,
    ManagedIdentity,
    Options,
    S3Options,
    ServiceAccount,
    ServiceOptions,
    diagnose,
    open_store,
)
from tests.gcs_gateway import Account

HOST = "http://store.invalid"
S3 = S3Options(endpoint=HOST, bucket="bucket", credentials=AccessKey(key_id="i", secret="s"))
OPTIONS: list[Options] = [
    S3,
    AzureOptions(endpoint=HOST, account="acc", container="c", credentials=AccountKey(key="c2VjcmV0")),
    GcsOptions(endpoint=HOST, bucket="bucket", credentials=ServiceAccount(json=Account().key_file)),
    ServiceOptions(endpoint=HOST, token=lambda *_, **__: "token"),
]


@pytest.fixture
async def seen(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """What a proxy is asked for; it refuses all but looks at objects."""
    found: list[str] = []

    async def handle(request: web.BaseRequest) -> web.Response:
        found.append(request._message.path)
        if request.method == "HEAD":
            headers = {"ETag": "x", "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT", "Content-Length": "4"}
            return web.Response(headers=headers)
        return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")

    async with RawTestServer(handle, host="127.0.0.1") as server:
        monkeypatch.setenv("HTTP_PROXY", str(server.make_url("")).rstrip("/"))
        monkeypatch.setenv("NO_PROXY", "direct.invalid")
        yield found


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: type(options).__name__)
async def test_every_kind_of_store(seen: list[str], options: Options) -> None:
    async with aclosing(open_store(options)) as store:
        operations: list[Callable[[], Awaitable[Any]]] = [
            lambda: store.get("key"),
            lambda: store.copy("key", "copy"),
            store.check,
        ]
        for operation in operations:
            seen.clear()
            with pytest.raises(StorageError):
                await operation()
            assert seen
            assert all(url.startswith(HOST) for url in seen)


async def test_a_diagnosis_takes_the_way_that_requests_take(seen: list[str]) -> None:
    diagnosis = await diagnose(S3)
    for step in ("dns", "tcp", "tls"):
        assert (diagnosis[step].status, diagnosis[step].words) == ("skipped", "requests take a proxy")
    assert f"{HOST}/" in seen  # the clock
    assert diagnosis["list"].status == "failed"


async def test_files_of_a_client(seen: list[str]) -> None:
    async with aclosing(Fetcher(ClientSettings(max_retries=0), allow_files=False)) as fetcher:
        with pytest.raises(StorageError, match="refuses"):
            await fetcher.read(f"{HOST}/file?signature=x")
        with pytest.raises(StorageError, match="refuses"):
            await anext(fetcher.stream(f"{HOST}/file?signature=y"))
        assert seen == [f"{HOST}/file?signature=x", f"{HOST}/file?signature=y"]
        with pytest.raises(StorageError, match="could not be read"):
            await fetcher.read("http://direct.invalid/file")
    assert len(seen) == 2


async def test_what_only_this_machine_can_ask(seen: list[str]) -> None:
    azure = AzureOptions(endpoint="http://127.0.0.1:9/acc", account="acc", container="c", credentials=ManagedIdentity())
    async with aclosing(open_store(azure)) as store:
        with pytest.raises(StorageError, match="no identity"):
            await store.check()
    assert seen == []
