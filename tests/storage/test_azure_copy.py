"""Copies that Azure makes after it has answered: Azurite makes all at once, so the road to it says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import anyio
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.exception import ObjectNotFoundError, StorageAccessError, StorageError
from tensorbay.storage import AzureOptions, ManagedIdentity, SasToken, Store, open_store
from tests.clouds import AzureServer
from tests.storage.filling import Place, keys_of
from tests.storage.road import is_copy, travelled


class Late:
    """What Azure tells about a copy; the last of `tells` for ever."""

    def __init__(self, *tells: str) -> None:
        self.tells = list(tells)
        self.looks = anyio.Event()
        self.aborted: list[str] = []
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def after(self, request: web.Request, response: web.Response) -> None:
        if request.query.get("comp") == "copy":
            self.aborted.append(request.query["copyid"])
            self.tells = ["aborted"]
        elif is_copy(request):
            response.headers["x-ms-copy-status"] = "pending"
            if self.meanwhile is not None:
                await self.meanwhile()
        elif request.method == "HEAD" and request.path.endswith("/copy"):
            self.looks.set()
            response.headers["x-ms-copy-status"] = self.tells.pop(0) if len(self.tells) > 1 else self.tells[0]
            response.headers["x-ms-copy-status-description"] = "500 InternalServerError, it says"


@asynccontextmanager
async def late(options: AzureOptions, *tells: str) -> AsyncIterator[tuple[Late, Store]]:
    late = Late(*tells)
    place = Place("azure", options, options.endpoint.removesuffix("/devstoreaccount1"))
    async with travelled(place) as (road, store):
        await store.put("key", b"body")
        road.after = late.after
        yield late, store


async def test_a_copy_that_is_made_later(azure_options: AzureOptions) -> None:
    async with late(azure_options, "pending", "success") as (told, store):
        assert await store.copy("key", "copy") == await store.head("copy")
        assert await store.get("copy") == b"body"
        assert told.aborted == []


@pytest.mark.parametrize("status", ["failed", "aborted"])
async def test_a_copy_that_fails_later_is_told_and_leaves_nothing(azure_options: AzureOptions, status: str) -> None:
    async with late(azure_options, "pending", status) as (_, store):
        with anyio.fail_after(60), pytest.raises(StorageError, match=rf"'key' to 'copy': .* it says \({status}\)"):
            await store.copy("key", "copy")
        assert await keys_of(store) == ["key"]


async def test_a_cancelled_copy_is_ended_and_leaves_nothing(azure_options: AzureOptions) -> None:
    async with late(azure_options, "pending") as (told, store):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.copy, "key", "copy")
            await told.looks.wait()
            tasks.cancel_scope.cancel()
        assert len(told.aborted) == 1
        assert await keys_of(store) == ["key"]


async def test_a_copy_without_end_is_ended(azure_options: AzureOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorbay.storage._azure_copy._SECONDS", 0.1)
    async with late(azure_options, "pending") as (told, store):
        with pytest.raises(StorageError, match="did not finish the copy 'copy'"):
            await store.copy("key", "copy")
        assert len(told.aborted) == 1
        assert await keys_of(store) == ["key"]


async def test_what_somebody_else_has_put_there_is_left_alone(azure_options: AzureOptions) -> None:
    other = open_store(azure_options)
    async with late(azure_options, "pending", "failed") as (told, store):
        told.meanwhile = partial(other.put, "copy", b"theirs")
        with pytest.raises(StorageError, match="did not copy"):
            await store.copy("key", "copy")
        assert await store.get("copy") == b"theirs"
    await other.aclose()


async def test_a_copy_shows_no_secret(azure_options: AzureOptions) -> None:
    """Whoever may read it is told where it is from."""
    store = open_store(azure_options)
    await store.put("key", b"body")
    await store.copy("key", "copy")
    [url] = await store.sign(["copy"])
    async with httpx.AsyncClient() as client:
        told = (await client.get(url)).headers["x-ms-copy-source"]
    assert told == f"{azure_options.endpoint}/{azure_options.container}/key"
    await store.aclose()


async def test_a_sas_that_may_not_write_does_not_copy(azure_server: AzureServer, azure_options: AzureOptions) -> None:
    token = azure_server.make_sas(azure_options.container, rights="rl")
    owner = open_store(azure_options)
    store = open_store(replace(azure_options, credentials=SasToken(token=token)))
    await owner.put("key", b"body")
    with pytest.raises(StorageAccessError, match=r"The identity or SAS lacks a permission") as caught:
        await store.copy("key", "copy")
    assert token.rpartition("sig=")[2] not in str(caught.value)
    with pytest.raises(ObjectNotFoundError):
        await owner.head("copy")
    await owner.aclose()
    await store.aclose()


async def test_the_identity_of_the_machine_copies(azure_options: AzureOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """By doubles of the metadata service and of Azure: Azurite takes tokens over TLS only."""
    asked: list[web.Request] = []

    async def metadata(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "t0ken", "expires_in": 3600})

    async def blob(request: web.Request) -> web.Response:
        asked.append(request)
        headers = {"ETag": '"1"', "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT"}
        return web.Response(status=202 if request.method == "PUT" else 200, body=b"body", headers=headers)

    app = web.Application()
    app.router.add_get("/token", metadata)
    app.router.add_route("*", "/{path:.*}", blob)
    async with TestServer(app) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", str(server.make_url("/token")))
        endpoint = str(server.make_url("/devstoreaccount1"))
        store = open_store(replace(azure_options, endpoint=endpoint, credentials=ManagedIdentity()))
        await store.copy("a ä", "copy")
        await store.aclose()
    [put] = [request for request in asked if request.method == "PUT"]
    assert put.headers["Authorization"] == "Bearer t0ken"
    assert put.headers["x-ms-copy-source"] == f"{endpoint}/{azure_options.container}/a%20%C3%A4"
    assert put.headers["x-ms-source-if-match"] == '"1"'
