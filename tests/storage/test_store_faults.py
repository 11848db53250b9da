"""Throttling and broken connections on the way to every kind of bucket, which also show that a proxy is used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import yarl
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.exception import StorageError, StorageUnreachableError
from tensorbay.storage import Store, StoreBelow, open_store
from tests.storage.filling import KINDS, Place, keys_of

BUCKETS = pytest.mark.parametrize("place", [kind for kind in KINDS if kind not in ("folder", "service")], indirect=True)


class Road:
    """A proxy that leads to one server, or answers in its place with the next of `faults`."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.faults: list[int] = []
        self.count = 0
        self.prefixes: set[str | None] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.count += 1
        self.prefixes.add(request.query.get("prefix"))
        body = await request.read()
        if self.faults:
            status = self.faults.pop(0)
            if not status:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            text = "<Error><Code>SlowDown</Code><Message>Too fast.</Message></Error>"
            headers = {"Retry-After": "1", "Content-Type": "application/xml"}
            return web.Response(status=status, text=text, headers=headers)
        url = yarl.URL(self._server + request.rel_url.raw_path_qs, encoded=True)
        # Headers are signed: none may be added.
        automatic = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
        given = {"headers": request.headers, "data": body or None, "skip_auto_headers": automatic}
        async with self._session.request(request.method, url, **given) as answer:
            dropped = {"Transfer-Encoding", "Connection", "Content-Encoding"}
            headers = {name: value for name, value in answer.headers.items() if name not in dropped}
            return web.Response(status=answer.status, headers=headers, body=await answer.read())

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        async with TestServer(app) as server, aiohttp.ClientSession(auto_decompress=False) as self._session:
            yield str(server.make_url("")).rstrip("/")


@asynccontextmanager
async def travelled(place: Place) -> AsyncIterator[tuple[Road, Store]]:
    road = Road(place.server)
    async with road.opened() as proxy:
        store = open_store(place.options, proxy=proxy)
        yield road, store
        await store.aclose()


@BUCKETS
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
        assert road.count >= 7 * 4


@BUCKETS
async def test_what_does_not_pass_is_told(place: Place) -> None:
    async with travelled(place) as (road, store):
        road.faults = [503] * 100
        with pytest.raises(StorageError, match=r"Too fast\. \(SlowDown, HTTP 503\)"):
            await store.get("key")
        assert road.count == 7
        road.faults = [0] * 100
        with pytest.raises(StorageUnreachableError):
            await store.get("key")


@BUCKETS
async def test_a_check_asks_for_nothing_outside_of_the_folder(place: Place) -> None:
    """Credentials may be good for it alone, as the policies are that a diagnosis gives."""
    async with travelled(place) as (road, store):
        await store.check("data/images")
        assert road.prefixes == {"data/images/"}
        road.prefixes.clear()
        await StoreBelow(store, "data").check()
        assert road.prefixes == {"data/"}
