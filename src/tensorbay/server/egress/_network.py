from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeAlias

import anyio

from tensorbay._util.apart import run_apart
from tensorbay.server.egress._addresses import Address, Kind, embedded, kind_of

logger = logging.getLogger("tensorbay.server")

_RESOLVE_SECONDS = 10
_LOOKUPS = 16
_CONNECT_SECONDS = 5
# The rest of a name's addresses is not tried: a name may have thousands, where nobody answers.
_ADDRESSES = 4

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Refused(Exception):  # noqa: N818
    """The host has an address that this server does not open. Which one is for the operator: it is in the log."""


class Unreachable(Exception):  # noqa: N818
    """There is no such host, or it takes no connections; the text says which."""


async def _resolve(host: str, port: int) -> list[str]:
    # A name server may take half a minute.
    found = await run_apart(partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _limited(resolve: Resolver) -> Resolver:
    lookups = anyio.Semaphore(_LOOKUPS)

    async def limited(host: str, port: int) -> Sequence[str]:
        async with lookups:
            return await resolve(host, port)

    return limited


@dataclass(frozen=True, kw_only=True)
class Network:
    """The addresses that may be opened: public ones, and what else is allowed.

    `allow_private` opens this machine and private networks, `allowed` what it names. Nothing opens a cloud's metadata
    service, where the credentials of the machine are: a network that is allowed may contain it.
    """

    allow_private: bool = False
    allowed: tuple[IPv4Network | IPv6Network, ...] = ()
    resolve: Resolver = _resolve

    def allows(self, address: Address) -> bool:
        kind = kind_of(address)
        if kind is Kind.METADATA:
            return False
        if kind is Kind.PUBLIC or (self.allow_private and kind in (Kind.LOOPBACK, Kind.PRIVATE)):
            return True
        return any(one in network for network in self.allowed for one in (address, embedded(address)))

    def apart(self) -> Network:
        """The same, with lookups that wait for each other only: not for those of another that was made so."""
        return replace(self, resolve=_limited(self.resolve))

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """All addresses of `host`, none of which is refused."""
        try:
            with anyio.fail_after(_RESOLVE_SECONDS):
                found = await self.resolve(host, port)
        except socket.gaierror as exc:
            raise Unreachable(f"The name {host} is unknown: {exc.strerror}.") from None
        except UnicodeError:
            raise Unreachable(f"{host} is no name of a host.") from None
        except TimeoutError:
            raise Unreachable(f"Who {host} is was not answered within {_RESOLVE_SECONDS} seconds.") from None
        for text in found:
            address = ip_address(text)
            if not self.allows(address):
                logger.warning("egress refused: %r is %s, a %s address", host, text, kind_of(address).value)
                raise Refused(host)
        return found

    async def connect(self, host: str, port: int) -> Connection:
        """To an address that was checked: the name is not resolved a second time."""
        error: OSError | None = None
        for address in (await self.addresses(host, port))[:_ADDRESSES]:
            try:
                with anyio.fail_after(_CONNECT_SECONDS):
                    return await asyncio.open_connection(address, port)
            except OSError as exc:  # a TimeoutError is one
                error = exc
        raise Unreachable(_why(host, port, error))


def _why(host: str, port: int, error: OSError | None) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing listens at {host}:{port}: the connection was refused."
    if isinstance(error, TimeoutError):
        return f"{host}:{port} took no connection within {_CONNECT_SECONDS} seconds."
    return f"{host}:{port} takes no connection: {(error and error.strerror) or 'it has no address'}."
