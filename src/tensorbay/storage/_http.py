"""HTTP for stores that speak it themselves. The one place of aiohttp in this package."""

from __future__ import annotations

import asyncio
import io
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

import aiohttp
import anyio
import yarl

from tensorbay._util.per_loop import PerLoop
from tensorbay._util.proxies import Proxies
from tensorbay._util.tls import tls_context
from tensorbay.exception import StorageError, StorageUnreachableError
from tensorbay.storage._endpoint import REFUSED_BY_PROXY, refused_by_proxy

Body: TypeAlias = "bytes | AsyncIterator[bytes]"

_CHUNK_SIZE = 1 << 20
_CONNECT_SECONDS = 5.0
_CONNECTIONS = 64
_ASK_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
_LIMIT = 64 << 10
_BUSY = frozenset({429, 500, 502, 503, 504})


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Response:
    """An answer whose body is yet to be read."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self._response = response

    async def read(self, limit: int | None = None) -> Answer:
        """StorageError when the body has more bytes than `limit`."""
        if limit is None:
            with _translated(str(self._response.url)):
                return Answer(self.status, self._response.headers, await self._response.read())
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) > limit:
                raise StorageError(f"{_place_of(str(self._response.url))} answers with more than {limit} bytes.")
        return Answer(self.status, self._response.headers, bytes(body))

    async def chunks(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._response.content.iter_chunked(_CHUNK_SIZE))
        while True:
            with _translated(str(self._response.url)):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk


class Http:
    """Requests to one server, from any loop and process: each has connections of its own.

    Without `proxy` they take that of the environment. No redirect is followed: a server that is trusted must not name
    one that is not. Seven `tries` take ten seconds.
    """

    def __init__(self, *, ca_bundle: Path | None = None, proxy: str | None = None, tries: int = 4) -> None:
        self._ca_bundle = ca_bundle
        self._proxy = proxy
        self._proxies = Proxies()
        self._tries = tries
        self._session = PerLoop(self._open_session)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        patience: float = 30,
        limit: int | None = None,
    ) -> Answer:
        """The whole answer. For requests that may be repeated: they are, when the server is busy or hangs up."""
        for attempt in range(1, self._tries + 1):
            try:
                async with self.open(method, url, headers=headers, body=body, patience=patience) as response:
                    if response.status not in _BUSY or attempt == self._tries:
                        return await response.read(limit)
            except StorageUnreachableError:
                if attempt == self._tries:
                    raise
            await anyio.sleep(0.1 * 2**attempt * (0.5 + random.random() / 2))  # noqa: S311
        raise AssertionError  # the last attempt has returned or raised

    @asynccontextmanager
    async def open(
        self, method: str, url: str, *, headers: Mapping[str, str], body: Body | None = None, patience: float = 30
    ) -> AsyncIterator[Response]:
        """The answer as soon as it begins; `patience` is how many seconds may pass without a byte."""
        http = (await self._session.get()).http
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=patience)
        with _translated(url):
            response = await http.request(
                method,
                yarl.URL(url, encoded=True),  # a key is spelled as it is
                headers=headers,
                # As a file, aiohttp sends a large body in pieces.
                data=io.BytesIO(body) if isinstance(body, bytes) and len(body) > _CHUNK_SIZE else body,
                timeout=timeout,
                allow_redirects=False,
                proxy=self._proxy or self._proxies.of(url),
            )
        async with response:
            if self._proxy is not None and response.status == REFUSED_BY_PROXY:
                raise refused_by_proxy(_place_of(url))
            yield Response(response)

    async def aclose(self) -> None:
        await self._session.aclose()

    async def _open_session(self) -> _Session:
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=await tls_context(self._ca_bundle, error=StorageError))
        return _Session(aiohttp.ClientSession(connector=connector, auto_decompress=False))


class _Session(NamedTuple):
    http: aiohttp.ClientSession

    async def aclose(self) -> None:
        await self.http.close()


async def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    ca_bundle: Path | None = None,
    proxy: str | None = None,
    is_direct: bool = False,
) -> Answer:
    """One request as anybody makes it who holds a URL, on a connection of its own; of the body the first 64 KiB.

    Without `proxy` it takes that of the environment, unless it `is_direct`.
    """
    if proxy is None and not is_direct:
        proxy = Proxies().of(url)
    tls = await tls_context(ca_bundle, error=StorageError)
    with _translated(url):
        async with (
            aiohttp.ClientSession(timeout=_ASK_TIMEOUT, auto_decompress=False) as session,
            session.request(
                method, yarl.URL(url, encoded=True), headers=headers, ssl=tls, proxy=proxy, allow_redirects=False
            ) as response,
        ):
            body = bytearray()
            async for chunk in response.content.iter_chunked(_LIMIT):
                body += chunk
                if len(body) >= _LIMIT:
                    break
            return Answer(response.status, response.headers, bytes(body[:_LIMIT]))


async def fetch(url: str, *, ca_bundle: Path | None = None) -> bytes:
    """One document from a server of which nothing is known yet."""
    http = Http(ca_bundle=ca_bundle)
    try:
        answer = await http.request("GET", url, headers={}, limit=_LIMIT)
    finally:
        await http.aclose()
    if answer.status != 200:
        raise StorageUnreachableError(f"{url} answered {answer.status}.")
    return answer.body


class _translated:  # noqa: N801  (a context manager; one of contextlib would cost more than the request's own code)
    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, (aiohttp.ClientError, asyncio.TimeoutError)):
            raise _unreachable(self._url, error) from None


def _place_of(url: str) -> str:
    """Without what is secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _unreachable(url: str, error: Exception) -> StorageError:
    place = _place_of(url)
    # Its own text has the proxy's password in it.
    if isinstance(error, aiohttp.ClientHttpProxyError):
        if error.status == REFUSED_BY_PROXY:
            return refused_by_proxy(place)
        return StorageUnreachableError(f"{place} does not answer: {error.message}")
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return StorageUnreachableError(f"{place} cannot be asked: this server's own proxy does not answer.")
    # These two have the whole URL in their text, which may be signed.
    if isinstance(error, aiohttp.ClientResponseError):
        return StorageUnreachableError(f"{place} does not answer as HTTP wants it: {error.message}")
    if isinstance(error, aiohttp.InvalidURL):
        return StorageUnreachableError(f"{place} cannot be asked: the URL is not valid.")
    return StorageUnreachableError(f"{place} does not answer: {_why(error)}")


def _why(error: Exception) -> str:
    if isinstance(error, asyncio.TimeoutError):
        return "it takes too long."
    # The text of these has the name of our TLS context in it; that of certificates is the system's own.
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error, aiohttp.ClientSSLError):
        system = error.os_error
        refused = isinstance(system, ConnectionRefusedError)
        return "the connection was refused." if refused else f"{system.strerror or system}."
    return str(error) or type(error).__name__
