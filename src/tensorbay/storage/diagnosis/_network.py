"""The way to a store, below its protocol: name, connection, TLS, clock."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import anyio

from tensorbay._util.tls import tls_context
from tensorbay.exception import StorageError, StorageUnreachableError
from tensorbay.storage._endpoint import GOOGLE
from tensorbay.storage._http import ask
from tensorbay.storage._options import FolderOptions, Options, S3Options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, for a port. A `StorageError` means that none of them may be contacted."""

_CONNECT_SECONDS = 4
# Stores refuse what is 15 minutes off; before that, signed URLs end too early or start too late.
_MAX_SKEW = 300
_SELF_SIGNED = frozenset({18, 19})
_UNKNOWN_ISSUER = frozenset({2, 20, 21})
_EXPIRED = 10
_OTHER_HOST = frozenset({62, 64})


class Address(NamedTuple):
    """Where requests go to."""

    url: str
    host: str
    port: int

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https:")


def address_of(options: Options) -> Address | None:
    """None for what is reached without a network."""
    if isinstance(options, FolderOptions):
        return None
    text = (options.endpoint or GOOGLE).strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    prefix = f"{options.bucket}." if isinstance(options, S3Options) and options.addressing == "virtual" else ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Address(f"{parts.scheme}://{prefix}{parts.netloc}", prefix + (parts.hostname or ""), port)


async def resolve_host(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        words = getattr(error, "strerror", None) or error
        raise StorageUnreachableError(f"The name {host!r} is unknown: {words}. Is the endpoint spelt right?") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def reach(addresses: Sequence[str], port: int) -> str:
    """The first address where somebody listens."""
    words = "it has no address"
    for address in addresses:
        try:
            async with _connection(address, port):
                return address
        except StorageUnreachableError as error:
            words = str(error)
    raise StorageUnreachableError(words)


async def shake_hands(address: str, place: Address, *, ca_bundle: Path | None) -> str:
    """The protocol and the certificate, in words."""
    context = await tls_context(ca_bundle, error=StorageError)
    try:
        async with _connection(address, place.port, ssl=context, server_hostname=place.host) as writer:
            certificate = writer.get_extra_info("peercert") or {}
            version = writer.get_extra_info("ssl_object").version()
            return f"{version}; the certificate is valid until {certificate.get('notAfter', 'an unknown day')}"
    except ssl.SSLCertVerificationError as error:
        raise StorageUnreachableError(f"The certificate of {place.host} is refused: {error.verify_message}.") from error
    except ssl.SSLError as error:
        words = error.reason or str(error)
        raise StorageUnreachableError(
            f"{place.host}:{place.port} does not speak TLS ({words}); is it an http:// endpoint?"
        ) from None


def tls_advice(error: StorageError, *, takes_bundle: bool) -> str:
    """What to do about a certificate that was refused."""
    cause = error.__cause__
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return ""
    code = cause.verify_code
    if code == _EXPIRED:
        return "Renew the certificate of the endpoint, if the clock of this machine is right."
    if code in _OTHER_HOST:
        return "Use a host name that the certificate is for; an address or another name of the machine is not."
    if code in _SELF_SIGNED or code in _UNKNOWN_ISSUER:
        if takes_bundle:
            return "Name the PEM file of its authority (HOME/tls/ca.pem of the service) in TENSORBAY_CA_BUNDLE."
        return "Use a certificate from an authority that this machine trusts, or add that authority to the system's."
    return ""


async def measure_clock(place: Address, *, ca_bundle: Path | None, proxy: str | None) -> float | None:
    """How many seconds the store's clock is ahead of ours; None when it does not tell."""
    start = time.time()
    answer = await ask("HEAD", f"{place.url}/", ca_bundle=ca_bundle, proxy=proxy)
    return skew_of(answer.headers.get("Date"), (start + time.time()) / 2)


def skew_of(date: str | None, now: float) -> float | None:
    try:
        # It has whole seconds, cut off: half a second is the likely rest.
        return parsedate_to_datetime(date or "").timestamp() + 0.5 - now
    except (ValueError, TypeError):
        return None


def judge_skew(skew: float) -> str:
    """In words; StorageError when it is too much."""
    if abs(skew) <= _MAX_SKEW:
        return f"{abs(skew):.0f} s apart"
    direction = "behind" if skew > 0 else "ahead of"
    raise StorageError(f"The clock of this machine is {_duration(abs(skew))} {direction} the store's.")


def _duration(seconds: float) -> str:
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 2 * 86400 else f"{seconds / 86400:.0f} days"


@contextlib.asynccontextmanager
async def _connection(address: str, port: int, **tls: Any) -> AsyncIterator[asyncio.StreamWriter]:
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    try:
        with anyio.fail_after(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(address, port, **tls)
    except ssl.SSLError:
        raise
    except ConnectionRefusedError:
        raise StorageUnreachableError(f"Nothing listens at {where}: the connection was refused.") from None
    except TimeoutError:
        raise StorageUnreachableError(
            f"{where} does not answer within {_CONNECT_SECONDS} seconds; does a firewall drop the packets?"
        ) from None
    except OSError as error:
        words = error.strerror or "the connection was closed"
        raise StorageUnreachableError(f"{where} cannot be reached: {words}.") from None
    try:
        yield writer
    finally:
        writer.transport.abort()
