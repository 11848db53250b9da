"""Requests to the Open API. The one place of httpx."""

from __future__ import annotations

import logging
import os
import random
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from time import perf_counter
from typing import Any, TypeVar
from uuid import uuid4

import anyio
import anyio.to_thread
import httpx

from tensorbay._connect import App, Embedded, Files, Network, connect
from tensorbay._util.config import config
from tensorbay._util.per_loop import PerLoop
from tensorbay._util.tls import tls_context
from tensorbay._util.traffic import Exchange, tell
from tensorbay.aio._retry import wait_after_failure, wait_after_status
from tensorbay.aio.log import ResponseLogging
from tensorbay.aio.settings import ClientSettings
from tensorbay.exception import ClientError, ResponseError, TransportError, response_error
from tensorbay.wire import V1, Body, decode

T = TypeVar("T")

_logger = logging.getLogger(__name__)

# Large answers are decoded in a thread, so that the loop does not stall.
_LARGE = 256 * 1024

_VERSION = version("tensorbay")

# More connections make httpx's pool slower, not faster; what needs many (files) does not go through it.
_LIMITS = httpx.Limits(max_connections=8, max_keepalive_connections=8)


@dataclass(slots=True)
class _Session:
    client: httpx.AsyncClient
    server: App | None
    stack: AsyncExitStack = field(repr=False)

    async def aclose(self) -> None:
        await self.stack.aclose()


class Transport:
    """Sends requests, repeats those that are safe to repeat, and turns refusals into exceptions."""

    def __init__(self, access_key: str, url: str, settings: ClientSettings) -> None:
        self.endpoint = connect(access_key, url, settings.home)
        self.settings = settings
        self._pid = os.getpid()
        self._sessions = {verify: PerLoop(partial(self._open, verify)) for verify in (True, False)}

    def __repr__(self) -> str:
        return f"Transport({self.endpoint.base_url!r})"

    async def request(
        self,
        method: str,
        path: str,
        *,
        root: str = V1,
        params: dict[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """`timeout`: seconds to wait for the answer, where it may take longer than the configured time.

        A body with secrets is given as `Body`: nothing that a traceback may show has them written out.
        """
        session = await self._current().get()
        request = session.client.build_request(
            method,
            root + path,
            params={key: value for key, value in (params or {}).items() if value is not None},
            json=json.to_json() if isinstance(json, Body) else json,
            content=content,
            headers={
                "X-Source": f"{config._x_source}/{_VERSION}",
                "X-Request-Id": uuid4().hex,
                **({"Content-Type": "application/json"} if content is not None else {}),
                **(headers or {}),
            },
            timeout=httpx.Timeout(
                config.get("timeout", self.settings.timeout), **({} if timeout is None else {"read": timeout})
            ),
        )
        start = perf_counter()
        response = await _send(session.client, request, self.settings, self.endpoint.base_url)
        tell(Exchange(method, path, perf_counter() - start, response_size=len(response.content)))
        return _accepted(response)

    async def get(self, path: str, type_: type[T], *, root: str = V1, params: dict[str, Any]) -> T:
        """A bulk answer, decoded into `type_`."""
        body = (await self.request("GET", path, root=root, params=params)).content
        if len(body) < _LARGE:
            return decode(body, type_)
        return await anyio.to_thread.run_sync(decode, body, type_)

    async def files(self, config: str) -> Files | None:
        """The store behind a storage config, where it can be reached without URLs: in embedded mode.

        Not in a forked child: the store's own threads did not come along.
        """
        if isinstance(self.endpoint, Network) or os.getpid() != self._pid:
            return None
        server = (await self._current().get()).server
        return await server.files(config) if server is not None else None

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.aclose()

    def _current(self) -> PerLoop[_Session]:
        return self._sessions[config.verify_tls_certificate]

    async def _open(self, is_verifying: bool) -> _Session:
        headers = {}
        verify: ssl.SSLContext | bool = True
        async with AsyncExitStack() as stack:
            server: App | None = None
            transport: httpx.AsyncBaseTransport | None = None
            if isinstance(self.endpoint, Embedded):
                server = await self.endpoint.open()
                stack.push_async_callback(server.aclose)
                transport = httpx.ASGITransport(server.app, raise_app_exceptions=False)
            else:
                headers["X-Token"] = self.endpoint.access_key
                verify = is_verifying and await tls_context(self.settings.ca_bundle, error=ClientError)
            client = await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=self.endpoint.base_url,
                    headers=headers,
                    transport=transport,
                    verify=verify,
                    timeout=self.settings.timeout,
                    limits=_LIMITS,
                    trust_env=isinstance(self.endpoint, Network),
                )
            )
            return _Session(client, server, stack.pop_all())


class Web:
    """Requests to any URL. They carry no access key."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._sessions = {verify: PerLoop(partial(self._open, verify)) for verify in (True, False)}

    async def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """`options` are those of `httpx.Client.build_request`."""
        client = (await self._sessions[config.verify_tls_certificate].get()).client
        options.setdefault("timeout", config.get("timeout", self._settings.timeout))
        request = client.build_request(method, url, **options)
        start, host = perf_counter(), request.url.netloc.decode()
        response = await _send(client, request, self._settings, f"{request.url.scheme}://{host}/")
        tell(Exchange(method, f"{host}/*", perf_counter() - start, response_size=len(response.content)))
        return _accepted(response)

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.aclose()

    async def _open(self, is_verifying: bool) -> _Session:
        async with AsyncExitStack() as stack:
            verify = is_verifying and await tls_context(self._settings.ca_bundle, error=ClientError)
            client = await stack.enter_async_context(httpx.AsyncClient(verify=verify, limits=_LIMITS))
            return _Session(client, None, stack.pop_all())


async def _send(
    client: httpx.AsyncClient, request: httpx.Request, settings: ClientSettings, where: str
) -> httpx.Response:
    attempt = 0
    while True:
        jitter, max_retries = random.random(), config.get("max_retries", settings.max_retries)  # noqa: S311
        try:
            response = await client.send(request)
        except (httpx.TimeoutException, httpx.TransportError) as error:
            sent = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
            wait = wait_after_failure(request.method, attempt, sent=sent, jitter=jitter, max_retries=max_retries)
            if wait is None:
                raise _unreachable(where, error) from error
        else:
            wait = wait_after_status(
                request.method,
                response.status_code,
                response.headers.get("retry-after"),
                attempt,
                jitter=jitter,
                max_retries=max_retries,
            )
            if wait is None:
                return response
        await anyio.sleep(wait)
        attempt += 1


def _unreachable(where: str, error: Exception) -> TransportError:
    reason = (str(error) or type(error).__name__).rstrip(".")
    return TransportError(f"No answer from {where}: {reason}. {_advice(where, error)}")


def _advice(where: str, error: Exception) -> str:
    reason = str(error)
    if "mismatch" in reason:
        return "Its certificate is for other names: `gas serve --tls self-signed --tls-name HOST` adds one."
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return "TENSORBAY_CA_BUNDLE names whom to trust, too: HOME/tls/ca.pem of a server with --tls self-signed."
    if "SSL" in reason:
        return "Is it an http:// server?"
    if isinstance(error, httpx.RemoteProtocolError) and where.startswith("http:"):
        return "Is it an https:// server?"
    return "Does the server run there (`gas serve`), and can this machine reach it?"


def _accepted(response: httpx.Response) -> httpx.Response:
    _logger.debug("%s", ResponseLogging(response))
    if response.status_code not in (200, 201):
        raise _refusal(response)
    return response


def _refusal(response: httpx.Response) -> ResponseError:
    try:
        body = response.json()
        code, message = str(body["code"]), body.get("message")
    except (ValueError, KeyError, TypeError, AttributeError):
        # A proxy's page, or no server of ours at all: the message shows what came back.
        return ResponseError(response=response)
    return response_error(code)(message, response=response)
