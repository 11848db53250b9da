"""Servers for tests: the application in this process, and uvicorn in a thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio
import httpx
import uvicorn

from tensorbay.server import Server, ServerSettings, create_app
from tensorbay.wire import V1

__all__ = ["Api", "embedded_api", "running_server", "served_api"]


@contextlib.contextmanager
def running_server(settings: ServerSettings, **options: Any) -> Iterator[str]:
    """Runs uvicorn in a thread; gives the base URL."""
    with socket.socket() as listener:
        # Connections that come before the server is up wait in the backlog of the socket.
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(create_app(settings), log_level="warning", access_log=False, **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            scheme = "https" if config.ssl_certfile else "http"
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


class Api:
    """Calls of the Open API that are expected to succeed, or to be refused."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def call(self, method: str, path: str, *, root: str = V1, **options: Any) -> Any:
        response = await self.client.request(method, f"/{root}{path}", **options)
        assert response.status_code == 200, response.text
        return response.json()

    async def refusal(self, method: str, path: str, *, root: str = V1, **options: Any) -> tuple[int, str, str]:
        """Status, code and message of an error."""
        response = await self.client.request(method, f"/{root}{path}", **options)
        assert response.status_code not in (200, 201), response.text
        body = response.json()
        return response.status_code, body["code"], body["message"]

    async def read(self, url: str) -> bytes:
        """The bytes behind a URL that the server gave."""
        if url.startswith("file:"):
            return await anyio.Path(url2pathname(urlsplit(url).path)).read_bytes()
        # Like a client of 1.x: no access key.
        async with httpx.AsyncClient() as client:
            response = await client.get(url)
        assert response.status_code == 200, response.text
        return response.content

    async def write(self, url: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        if url.startswith("file:"):
            path = anyio.Path(url2pathname(urlsplit(url).path))
            await path.parent.mkdir(parents=True, exist_ok=True)
            await path.write_bytes(content)
            return
        async with httpx.AsyncClient() as client:
            response = await client.put(url, content=content, headers=headers)
        assert response.status_code in (200, 201), response.text


@contextlib.asynccontextmanager
async def embedded_api(home: Path, **settings: Any) -> AsyncIterator[Api]:
    server = await Server.open(ServerSettings(home=home, embedded=True, **settings))
    try:
        transport = httpx.ASGITransport(server.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://embedded") as client:
            yield Api(client)
    finally:
        await server.aclose()


@contextlib.asynccontextmanager
async def served_api(url: str, key: str) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(base_url=url, headers={"X-Token": key}) as client:
        yield Api(client)
