"""The two sides of an exchange, and what passes between them."""

from __future__ import annotations

import time
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, TypeAlias

import anyio
import h11

if TYPE_CHECKING:
    import asyncio

    from typing_extensions import Self

Request: TypeAlias = h11.Request
BROKEN = (OSError, EOFError, h11.ProtocolError)

_HEAD_BYTES = 64 << 10
_CHUNK = 64 << 10
# For what is still on its way when one side of a connection has ended.
_REST_SECONDS = 30
# Of one connection, not of the message.
_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"upgrade"})


class Peer:
    """One side of an exchange: a connection, and what has been said on it."""

    def __init__(
        self, role: type[h11.CLIENT | h11.SERVER], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(role, max_incomplete_event_size=_HEAD_BYTES)
        self.used = time.monotonic()
        self.spoke_last = False

    @classmethod
    def client(cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Self:
        return cls(h11.SERVER, reader, writer)

    @classmethod
    def server(cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Self:
        return cls(h11.CLIENT, reader, writer)

    async def receive_request(self) -> Request | None:
        """None from who goes away without one."""
        event = await self.receive()
        return event if isinstance(event, Request) else None

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
        self.used, self.spoke_last = time.monotonic(), True
        return data

    async def write(self, data: bytes) -> None:
        self.used, self.spoke_last = time.monotonic(), False
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


async def forward(request: Request, path: str, client: Peer, remote: Peer) -> None:
    """One request, and its answer if one comes. What the client sends after that would be for anybody: it is lost."""
    headers = [(name, value) for name, value in request.headers.raw_items() if name.lower() not in _HOP_BY_HOP]
    headers.append((b"Connection", b"close"))
    await remote.send(h11.Request(method=request.method, target=path, headers=headers))

    async def ask() -> None:
        # A store may refuse a body before it has read it: its answer is still to come.
        with suppress(*BROKEN):
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
        except BROKEN:
            group.cancel_scope.cancel()


async def _pass(source: Peer, sink: Peer) -> None:
    while True:
        event = await source.receive()
        if isinstance(event, h11.Response):
            headers = [item for item in event.headers.raw_items() if item[0].lower() not in _HOP_BY_HOP]
            headers.append((b"Connection", b"close"))
            event = h11.Response(status_code=event.status_code, headers=headers, reason=event.reason)
        await sink.send(event)
        if isinstance(event, h11.EndOfMessage):
            return


async def tunnel(client: Peer, remote: Peer) -> None:
    """Bytes both ways. A side that ends is told to the other, which has a while for the rest.

    There is no other limit of time: the client is this process, whose libraries have their own.
    """
    await client.send(h11.Response(status_code=200, headers=[]))
    if early := client.early():
        await remote.write(early)

    async def pump(source: Peer, sink: Peer) -> None:
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
