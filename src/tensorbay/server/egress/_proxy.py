"""An HTTP proxy for this process, and nobody else: it opens connections that its network allows."""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import re
import secrets
import socket
import time
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import anyio
import h11

from tensorbay.server.egress._network import Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self

    from tensorbay.server.egress._network import Network

logger = logging.getLogger("tensorbay.server")

_CONNECTIONS = 256
# Once that many are open, who has been silent for so long makes room.
_SILENT_SECONDS = 5
_HEAD_BYTES = 64 << 10
_HEAD_SECONDS = 10
_CHUNK = 64 << 10
# For what is still on its way when one side of a connection has ended.
_REST_SECONDS = 30

_USER = "egress"
_HOST = r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
_AUTHORITY = re.compile(rf"{_HOST}:(?P<port>\d{{1,5}})")
_URL = re.compile(rf"http://{_HOST}(?::(?P<port>\d{{1,5}}))?(?P<path>(?:[/?].*)?)")
# Of one connection, not of the message.
_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"upgrade"})
_BROKEN = (OSError, EOFError, h11.ProtocolError)


class EgressProxy:
    """Takes `CONNECT` and, for http, the whole URL.

    A host that is refused is answered with 407, whoever asks: of all the answers it is the one that obstore tells
    apart from a connection that failed (502), and that no store gives.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._password = secrets.token_urlsafe(32)
        self._port = 0
        self._server: asyncio.AbstractServer | None = None
        self._slots = asyncio.Semaphore(_CONNECTIONS)
        self._tasks: dict[_Peer, asyncio.Task[None]] = {}
        self._served: set[_Peer] = set()  # who have a slot

    def __repr__(self) -> str:
        return f"<EgressProxy port={self._port}>"

    @classmethod
    async def open(cls, network: Network) -> Self:
        proxy = cls(network)
        listener = socket.create_server(("127.0.0.1", 0))
        proxy._port = listener.getsockname()[1]
        # No task group: servers are opened and closed by different tasks.
        proxy._server = await asyncio.start_server(proxy._accept, sock=listener)
        return proxy

    @property
    def url(self) -> str:
        """With the password, without which other users of this machine get nothing."""
        return f"http://{_USER}:{self._password}@127.0.0.1:{self._port}"

    async def aclose(self) -> None:
        if self._server is not None:
            self._server.close()
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Peer(h11.SERVER, reader, writer)
        task = asyncio.get_running_loop().create_task(self._serve(client))
        self._tasks[client] = task
        task.add_done_callback(lambda _: self._tasks.pop(client))
        # Here, because a task that is cancelled before it has begun does nothing at all.
        task.add_done_callback(lambda task: client.abort() if task.cancelled() else client.close())

    async def _serve(self, client: _Peer) -> None:
        if self._slots.locked():
            self._make_room()
        try:
            async with self._slots:
                self._served.add(client)
                await self._answer(client)
        except _BROKEN as exc:
            logger.debug("egress: a connection broke: %s", type(exc).__name__)
        except Exception:
            logger.exception("egress: a connection failed")
        finally:
            self._served.discard(client)

    def _make_room(self) -> None:
        """Ends what has been silent for longest: a tunnel that is kept for later, or to a store that never answers.

        Otherwise a few stores, or one of a team that means harm, would keep all others from being reached.
        """
        silent = min(self._served, key=lambda client: client.used, default=None)
        if silent is not None and time.monotonic() - silent.used > _SILENT_SECONDS:
            self._served.remove(silent)
            self._tasks[silent].cancel()

    async def _answer(self, client: _Peer) -> None:
        with anyio.fail_after(_HEAD_SECONDS):
            request = await client.receive()
        if not isinstance(request, h11.Request):
            return
        if not self._knows(request.headers):
            await client.reply(407, "The proxy is for the server that it belongs to.")
            return
        target = _Target.of(request)
        if target is None:
            await client.reply(400, "The target is no host and port.")
            return
        try:
            connection = await self._network.connect(target.host, target.port)
        except Refused:
            await client.reply(407, "This server does not open the address.")
            return
        except Unreachable as exc:
            await client.reply(502, str(exc))
            return
        remote = _Peer(h11.CLIENT, *connection)
        try:
            await (_tunnel(client, remote) if target.is_tunnel else _forward(request, target, client, remote))
        except BaseException:
            remote.abort()
            raise
        remote.close()

    def _knows(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        expected = b"Basic " + base64.b64encode(f"{_USER}:{self._password}".encode())
        return any(hmac.compare_digest(value, expected) for name, value in headers if name == b"proxy-authorization")


class _Target(NamedTuple):
    host: str
    port: int
    path: str
    is_tunnel: bool

    @classmethod
    def of(cls, request: h11.Request) -> _Target | None:
        is_tunnel = request.method == b"CONNECT"
        match = (_AUTHORITY if is_tunnel else _URL).fullmatch(request.target.decode("ascii"))
        if match is None:
            return None
        port = int(match["port"] or 80)
        if not 0 < port < 1 << 16:
            return None
        path = "" if is_tunnel else match["path"]
        return cls(match["host"].strip("[]"), port, path if path.startswith("/") else f"/{path}", is_tunnel)


class _Peer:
    """One side of an exchange: a connection, and what has been said on it."""

    def __init__(
        self, role: type[h11.CLIENT | h11.SERVER], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(role, max_incomplete_event_size=_HEAD_BYTES)
        self.used = time.monotonic()

    async def receive(self) -> h11.Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self.read())
        if not isinstance(event, h11.Event):
            raise h11.RemoteProtocolError("more than one message")
        return event

    async def send(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            await self.write(data)

    async def reply(self, status: int, words: str) -> None:
        """In the form of S3's errors, so that what reads those shows the words; the words also as the reason."""
        body = f"<Error><Code>Proxy</Code><Message>{escape(words, quote=False)}</Message></Error>".encode()
        headers = [
            ("Content-Type", "application/xml"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *([("Proxy-Authenticate", "Basic")] if status == 407 else ()),
        ]
        await self.send(h11.Response(status_code=status, headers=headers, reason=words))
        await self.send(h11.Data(data=body))
        await self.send(h11.EndOfMessage())

    async def read(self) -> bytes:
        data = await self._reader.read(_CHUNK)
        self.used = time.monotonic()
        return data

    async def write(self, data: bytes) -> None:
        self.used = time.monotonic()
        self._writer.write(data)
        await self._writer.drain()

    def end(self) -> None:
        self._writer.write_eof()

    @property
    def is_waiting(self) -> bool:
        """For an answer."""
        return self._http.our_state is h11.SEND_RESPONSE

    def early(self) -> bytes:
        """What came behind the request to open a tunnel."""
        return self._http.trailing_data[0]

    def close(self) -> None:
        """What was written is sent first."""
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()


async def _forward(request: h11.Request, target: _Target, client: _Peer, remote: _Peer) -> None:
    """One request and its answer. What the client sends after that would be for anybody, so it is not passed on."""
    headers = [(name, value) for name, value in request.headers.raw_items() if name.lower() not in _HOP_BY_HOP]
    headers.append((b"Connection", b"close"))
    await remote.send(h11.Request(method=request.method, target=target.path, headers=headers))

    async def ask() -> None:
        # A store may refuse a body before it has read it: its answer is still to come.
        with suppress(*_BROKEN):
            await _pass(client, remote)
            while await client.read():
                pass
            group.cancel_scope.cancel()  # the client has gone

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        try:
            await _pass(remote, client)
            client.end()
            group.cancel_scope.deadline = anyio.current_time() + _REST_SECONDS
        except _BROKEN:
            group.cancel_scope.cancel()
    if client.is_waiting:
        await client.reply(502, f"{target.host}:{target.port} does not answer as an HTTP server should.")


async def _pass(source: _Peer, sink: _Peer) -> None:
    while True:
        event = await source.receive()
        if isinstance(event, h11.Response):
            headers = [item for item in event.headers.raw_items() if item[0].lower() not in _HOP_BY_HOP]
            headers.append((b"Connection", b"close"))
            event = h11.Response(status_code=event.status_code, headers=headers, reason=event.reason)
        await sink.send(event)
        if isinstance(event, h11.EndOfMessage):
            return


async def _tunnel(client: _Peer, remote: _Peer) -> None:
    """Bytes both ways. A side that ends is told to the other, which has a while for the rest.

    There is no other limit of time: the client is this process, whose libraries have their own.
    """
    await client.send(h11.Response(status_code=200, headers=[]))
    if early := client.early():
        await remote.write(early)

    async def pump(source: _Peer, sink: _Peer) -> None:
        try:
            while data := await source.read():
                await sink.write(data)
            sink.end()
            group.cancel_scope.deadline = anyio.current_time() + _REST_SECONDS
        except OSError:
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(pump, client, remote)
        group.start_soon(pump, remote, client)
