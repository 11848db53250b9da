"""A proxy on the way to a store: it counts, fails in the store's place, and lets things happen meanwhile."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import yarl
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.storage import Store, open_store
from tests.storage.filling import Place

_SOURCES = ("x-amz-copy-source", "x-ms-copy-source", "x-goog-copy-source")


def is_copy(request: web.Request) -> bool:
    return any(name in request.headers for name in _SOURCES) or (request.method, request.path) == ("POST", "/copy")


def is_any(_: web.Request) -> bool:
    return True


class Road:
    """Leads to one server. The next of `faults` is the answer to a request that they `hit`: a status, or 0, none."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.faults: list[int] = []
        self.hit: Callable[[web.Request], bool] = is_any
        self.before: Callable[[web.Request], Awaitable[object]] | None = None
        self.after: Callable[[web.Request, web.Response], Awaitable[object]] | None = None
        self.times: list[float] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.times.append(time.monotonic())
        body = await request.read()
        if self.faults and self.hit(request):
            status = self.faults.pop(0)
            if not status:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            text = "<Error><Code>SlowDown</Code><Message>Too fast.</Message></Error>"
            headers = {"Retry-After": "1", "Content-Type": "application/xml"}
            return web.Response(status=status, text=text, headers=headers)
        if self.before is not None:
            await self.before(request)
        response = await self._forward(request, body)
        if self.after is not None:
            await self.after(request, response)
        return response

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        url = yarl.URL(self._server + request.rel_url.raw_path_qs, encoded=True)
        # Headers are signed: none may be added.
        automatic = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
        given = {"headers": request.headers, "data": io.BytesIO(body) if body else None, "skip_auto_headers": automatic}
        async with self._session.request(request.method, url, **given) as answer:
            dropped = {"Transfer-Encoding", "Connection", "Content-Encoding"}
            headers = {name: value for name, value in answer.headers.items() if name not in dropped}
            return web.Response(status=answer.status, headers=headers, body=await answer.read())

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[str]:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self.handle)
        async with TestServer(app) as server, aiohttp.ClientSession(auto_decompress=False) as self._session:
            yield str(server.make_url("")).rstrip("/")


@asynccontextmanager
async def travelled(place: Place) -> AsyncIterator[tuple[Road, Store]]:
    road = Road(place.server)
    async with road.opened() as proxy:
        store = open_store(place.options, proxy=proxy)
        try:
            yield road, store
        finally:
            await store.aclose()
