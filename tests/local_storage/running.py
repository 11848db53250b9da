"""A local storage service for tests: uvicorn in a thread, whose folder can be changed between tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from starlette.responses import Response

from tensorbay.local_storage import ServiceSettings, TokenSigner
from tensorbay.local_storage._app import create_app
from tensorbay.local_storage._run import HTTP
from tensorbay.local_storage._service import Service
from tensorbay.storage import Grant, Operation, ServiceOptions
from tests.servers import free_ports

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["TEAM", "RunningService", "running_service", "service_command"]

PROGRAM = str(Path(sysconfig.get_path("scripts")) / "gas")
START_SECONDS = 60.0

TEAM = "team-1"


@dataclass
class RunningService:
    """`url` serves what was last given to `serve`."""

    url: str
    signer: TokenSigner = field(default_factory=lambda: TokenSigner(b"s" * 32))
    busy: int = 0
    """How many of the next requests are answered with 503."""
    _app: ASGIApp | None = None
    _settings: ServiceSettings = field(init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def serve(self, root: Path, **settings: Any) -> None:
        """From the next request on; what an earlier process left is cleaned up as at a start."""
        self._app = None
        self._settings = ServiceSettings(
            **{
                "root": root,
                "public_key": self.signer.public_key,
                "endpoints": (self.url,),
                "reserve": 0,
                **settings,
            }
        )

    def options(self, **options: Any) -> ServiceOptions:
        sign = partial(self.signer.sign, audience=self.url, team=TEAM)
        return ServiceOptions(endpoint=self.url, token=sign, **options)

    def token(self, *operations: Operation, seconds: float = 60, **scope: Any) -> str:
        grant = Grant(operations=operations, expires=time.time() + seconds, **scope)
        return self.signer.sign(grant, audience=self.url, team=TEAM)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.busy:
            self.busy -= 1
            await Response("busy", 503)(scope, receive, send)
            return
        async with self._lock:
            if self._app is None:
                app = create_app(self._settings)
                app.state.service = await Service.open(self._settings)
                self._app = app
        await self._app(scope, receive, send)


@contextlib.contextmanager
def running_service(**options: Any) -> Iterator[RunningService]:
    """`options` are uvicorn's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        scheme = "https" if "ssl_certfile" in options else "http"
        service = RunningService(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(service, log_level="warning", lifespan="off", **HTTP, **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield service
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def service_command(root: Path, home: Path, *options: str, before: Sequence[str] = ()) -> Iterator[str]:
    """`gas storage serve` as a person runs it, in a process of its own; `options` say whom it trusts. Gives its URL.

    `before` is what is to run the program.
    """
    (port,) = free_ports(1)
    arguments = ["--root", str(root), "--listen", f"127.0.0.1:{port}", "--home", str(home), *options]
    with command("storage", "serve", *arguments, before=before) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/healthz", process)
        yield url


@contextlib.contextmanager
def command(*arguments: str, before: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*before, PROGRAM, *arguments], env=dict(os.environ))
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            if (process is not None and process.poll() is not None) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
