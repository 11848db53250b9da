"""An HTTP proxy for this process, and nobody else: it opens connections that its network allows."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import secrets
import socket
import time
from typing import TYPE_CHECKING, NamedTuple

import anyio

from tensorbay.server.egress._network import Refused, Unreachable
from tensorbay.server.egress._peer import BROKEN, Peer, Request, forward, tunnel

if TYPE_CHECKING:
    from typing_extensions import Self

    from tensorbay.server.egress._network import Network

logger = logging.getLogger("tensorbay.server")

# Each takes three file descriptors; many systems give a process no more than 1,024.
_CONNECTIONS = 256
# Of one team: the other half is for others, however slow the stores that this one names.
_TEAM_CONNECTIONS = 128
# Once that many are open, who has been silent for so long makes room.
_SILENT_SECONDS = 5
_HEAD_SECONDS = 10

_USER = "egress"
_HOST = r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
_AUTHORITY = re.compile(rf"{_HOST}:(?P<port>\d{{1,5}})")
_URL = re.compile(rf"http://{_HOST}(?::(?P<port>\d{{1,5}}))?(?P<path>(?:[/?].*)?)")


class EgressProxy:
    """Takes `CONNECT` and, for http, the whole URL.

    A host that is refused is answered with 407, whoever asks: of all the answers it is the one that obstore tells
    apart from a connection that failed (502), and that no store gives.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._port = 0
        self._server: asyncio.AbstractServer | None = None
        self._slots = asyncio.Semaphore(_CONNECTIONS)
        self._teams: dict[str, Team] = {}
        self._by_authorization: dict[bytes, Team] = {}
        self._tasks: dict[Peer, asyncio.Task[None]] = {}
        self._served: dict[Peer, Team] = {}  # who have a slot

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

    def team(self, team_id: str) -> Team:
        if (team := self._teams.get(team_id)) is None:
            self._teams[team_id] = team = Team(self._network.apart(), self._port)
            self._by_authorization[team.authorization] = team
        return team

    async def aclose(self) -> None:
        if self._server is not None:
            self._server.close()
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Peer.client(reader, writer)
        task = asyncio.get_running_loop().create_task(self._serve(client))
        self._tasks[client] = task
        task.add_done_callback(lambda _: self._tasks.pop(client))
        # Here, because a task that is cancelled before it has begun does nothing at all.
        task.add_done_callback(lambda task: client.abort() if task.cancelled() else client.close())

    async def _serve(self, client: Peer) -> None:
        try:
            with anyio.fail_after(_HEAD_SECONDS):
                request = await client.receive_request()
            if request is None:
                return
            team = self._by_authorization.get(dict(request.headers).get(b"proxy-authorization", b""))
            if team is None:
                await client.reply(407, "The proxy is for the server that it belongs to.")
                return
            self._make_room(team)
            async with team.slots, self._slots:
                self._served[client] = team
                await _answer(client, request, team.network)
        except BROKEN as exc:
            logger.debug("egress: a connection broke: %s", type(exc).__name__)
        except Exception:
            logger.exception("egress: a connection failed")
        finally:
            self._served.pop(client, None)

    def _make_room(self, team: Team) -> None:
        """Where a slot is wanted and none is left, ends what has been silent for longest.

        That is a tunnel that is kept for later. Only where there is none it is one to a store that does not answer:
        that may copy for minutes, but a few such stores would keep all others from being reached.
        """
        if not team.slots.locked() and not self._slots.locked():
            return
        served = [client for client, owner in self._served.items() if owner is team or not team.slots.locked()]
        latest = time.monotonic() - _SILENT_SECONDS
        silent = [client for client in served if client.used < latest]
        if silent:
            gone = min(silent, key=lambda client: (client.spoke_last, client.used))
            del self._served[gone]
            self._tasks[gone].cancel()


class Team:
    """The proxy as one team has it: how many connections and lookups it has going on is no matter of another's."""

    def __init__(self, network: Network, port: int) -> None:
        self.network = network
        self.slots = asyncio.Semaphore(_TEAM_CONNECTIONS)
        # Without it other users of this machine get nothing.
        password = secrets.token_urlsafe(32)
        self.authorization = b"Basic " + base64.b64encode(f"{_USER}:{password}".encode())
        self.url = f"http://{_USER}:{password}@127.0.0.1:{port}"


async def _answer(client: Peer, request: Request, network: Network) -> None:
    target = _Target.of(request)
    if target is None:
        await client.reply(400, "The target is no host and port.")
        return
    try:
        connection = await network.connect(target.host, target.port)
    except Refused:
        await client.reply(407, "This server does not open the address.")
        return
    except Unreachable as exc:
        await client.reply(502, str(exc))
        return
    remote = Peer.server(*connection)
    try:
        if target.is_tunnel:
            await tunnel(client, remote)
        else:
            await forward(request, target.path, client, remote)
            if client.is_waiting:
                await client.reply(502, f"{target.host}:{target.port} does not answer as an HTTP server should.")
    except BaseException:
        remote.abort()
        raise
    remote.close()


class _Target(NamedTuple):
    host: str
    port: int
    path: str
    is_tunnel: bool

    @classmethod
    def of(cls, request: Request) -> _Target | None:
        is_tunnel = request.method == b"CONNECT"
        match = (_AUTHORITY if is_tunnel else _URL).fullmatch(request.target.decode("ascii"))
        if match is None:
            return None
        port = int(match["port"] or 80)
        if not 0 < port < 1 << 16:
            return None
        path = "" if is_tunnel else match["path"]
        return cls(match["host"].strip("[]"), port, path if path.startswith("/") else f"/{path}", is_tunnel)
