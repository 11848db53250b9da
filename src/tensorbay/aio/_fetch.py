"""Bytes of files, by URL. The one place of aiohttp, which costs a fraction of httpx for many small files."""

from __future__ import annotations

import os
import random
import re
import shutil
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

import aiohttp
import anyio
import anyio.to_thread
import yarl

from tensorbay._util.config import config
from tensorbay._util.digest import file_etag, sha1_of
from tensorbay._util.per_loop import PerLoop
from tensorbay._util.proxies import Proxies
from tensorbay._util.tls import tls_context
from tensorbay._util.traffic import Exchange, tell
from tensorbay.aio._outgoing import Outgoing, changed
from tensorbay.aio._retry import wait_after_failure, wait_after_status
from tensorbay.aio.settings import ClientSettings
from tensorbay.exception import (
    ClientError,
    ObjectChangedError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageUnreachableError,
)

T = TypeVar("T")

# Uploads are stored under their checksum: content must be what its name says.
_SHA1 = re.compile("[0-9a-f]{40}")

_CHUNK = 256 * 1024
_REFUSAL = re.compile(r"<Code>(.{1,100}?)</Code>\s*<Message>(.{1,500}?)</Message>")


class _Session:
    def __init__(self, settings: ClientSettings, tls: ssl.SSLContext | bool) -> None:
        self.proxies = Proxies()
        self.http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=settings.connections, ssl=tls),
            auto_decompress=False,
        )

    async def aclose(self) -> None:
        await self.http.close()


class Fetcher:
    """Reads and writes files by signed URL. `file://` URLs are followed only where the server is this process."""

    def __init__(self, settings: ClientSettings, *, allow_files: bool) -> None:
        self._settings = settings
        self._allow_files = allow_files
        self._sessions = {verify: PerLoop(partial(self._open, verify)) for verify in (True, False)}

    async def read(self, url: str, *, if_match: str | None = None) -> bytes:
        """The whole file. StorageAccessError: the URL has expired or is not allowed.

        With `if_match` a file whose etag is another raises ObjectChangedError.
        """
        if url.startswith("file:"):
            return await _in_thread(partial(_read_file, self._path(url), url, if_match), url)

        async def attempt(response: aiohttp.ClientResponse) -> bytes:
            content = await response.read()
            tell(_exchange("GET", url, start, len(content)))
            return content

        start = perf_counter()
        return await self._request("GET", url, attempt, if_match=if_match)

    async def stream(self, url: str, *, if_match: str | None = None) -> AsyncGenerator[bytes]:
        """The file in chunks. A connection lost on the way is an error here; `read` would try again."""
        if url.startswith("file:"):
            opened = await _in_thread(partial(_open_file, self._path(url), url, if_match), url)
            async with anyio.wrap_file(opened) as file:
                while chunk := await file.read(_CHUNK):
                    yield chunk
                await anyio.to_thread.run_sync(_check_file, opened, url, if_match)
            return
        session = await self._sessions[config.verify_tls_certificate].get()
        start, size = perf_counter(), 0
        try:
            target, headers = yarl.URL(url, encoded=True), _headers(if_match)
            async with session.http.get(
                target, headers=headers, timeout=self._timeout(), proxy=session.proxies.of(url)
            ) as response:
                await _check(response, url, if_match)
                async for chunk in response.content.iter_chunked(_CHUNK):
                    size += len(chunk)
                    yield chunk
            tell(_exchange("GET", url, start, size))
        except aiohttp.ClientError as error:
            raise _unreachable(url, error) from None

    async def write(self, url: str, path: Path, *, headers: Mapping[str, str] | None = None) -> None:
        """Upload the local file `path`. Where the URL ends in a SHA-1, nothing is stored unless the file has it."""
        if url.startswith("file:"):
            target = self._path(url)
            await _in_thread(lambda: _copy(path, target), url)
            return

        async def attempt(response: aiohttp.ClientResponse) -> None:
            await response.read()

        start = perf_counter()
        await self._request("PUT", url, attempt, path=path, headers=headers)
        tell(_exchange("PUT", url, start, (await anyio.to_thread.run_sync(path.stat)).st_size))

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.aclose()

    async def _request(
        self,
        method: str,
        url: str,
        consume: Callable[[aiohttp.ClientResponse], Awaitable[T]],
        *,
        path: Path | None = None,
        headers: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> T:
        session = await self._sessions[config.verify_tls_certificate].get()
        target = yarl.URL(url, encoded=True)  # a signature is over the URL as it is spelled
        attempt = 0
        body: Outgoing | None = None
        while True:
            jitter = random.random()  # noqa: S311
            retries = config.get("max_retries", self._settings.max_retries)
            try:
                body = None if path is None else await anyio.to_thread.run_sync(Outgoing, path, _checksum(url))
                data, added = (None, _headers(if_match)) if body is None else (body.data, body.headers)
                async with session.http.request(
                    method,
                    target,
                    data=data,
                    headers={**(headers or {}), **added},
                    timeout=self._timeout(),
                    proxy=session.proxies.of(url),
                ) as response:
                    retry_after = response.headers.get("Retry-After")
                    wait = wait_after_status(
                        method, response.status, retry_after, attempt, jitter=jitter, max_retries=retries
                    )
                    if wait is None:
                        await _check(response, url, if_match)
                        return await consume(response)
            except (aiohttp.ClientError, TimeoutError) as error:
                if body is not None and body.error is not None:
                    raise body.error from None
                wait = wait_after_failure(method, attempt, sent=True, jitter=jitter, max_retries=retries)
                if wait is None:
                    raise _unreachable(url, error) from None
            finally:
                if body is not None:
                    body.close()
            await anyio.sleep(wait)
            attempt += 1

    def _timeout(self) -> aiohttp.ClientTimeout:
        seconds = config.get("timeout", self._settings.timeout)
        return aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds)

    def _path(self, url: str) -> Path:
        if not self._allow_files:
            raise StorageAccessError(f"A remote server named a file of this machine, {url}: refused")
        return Path(url2pathname(urlsplit(url).path))

    async def _open(self, is_verifying: bool) -> _Session:
        return _Session(self._settings, is_verifying and await tls_context(self._settings.ca_bundle, error=ClientError))


def _checksum(url: str) -> str | None:
    name = urlsplit(url).path.rpartition("/")[2]
    return name if _SHA1.fullmatch(name) else None


def _exchange(method: str, url: str, start: float, size: int) -> Exchange:
    return Exchange(method, f"{urlsplit(url).netloc}/*", perf_counter() - start, file_size=size)


async def _in_thread(function: Callable[[], T], url: str) -> T:
    try:
        return await anyio.to_thread.run_sync(function)
    except FileNotFoundError as error:
        raise ObjectNotFoundError(f"There is no file {url}") from error
    except PermissionError as error:
        raise StorageAccessError(f"{url} can't be opened: {error.strerror}") from error
    except OSError as error:
        raise StorageError(f"{url}: {error.strerror or error}") from error


def _copy(source: Path, target: Path) -> None:
    """Whole or not at all: readers never see half a file, and nothing is left of a copy that failed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")
    try:
        shutil.copyfile(source, partial)
        if _SHA1.fullmatch(target.name) and sha1_of(partial)[0] != target.name:
            raise changed(source)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _open_file(path: Path, url: str, if_match: str | None) -> BinaryIO:
    file = path.open("rb")
    try:
        _check_file(file, url, if_match)
    except BaseException:
        file.close()
        raise
    return file


def _read_file(path: Path, url: str, if_match: str | None) -> bytes:
    with _open_file(path, url, if_match) as file:
        content = file.read()
        _check_file(file, url, if_match)
        return content


def _check_file(file: BinaryIO, url: str, if_match: str | None) -> None:
    """Before and after reading: it may be written to meanwhile."""
    if if_match is not None and file_etag(os.fstat(file.fileno())) != if_match:
        raise _changed(url)


def _headers(if_match: str | None) -> dict[str, str]:
    # Signatures of URLs are over the host alone, so a header can be added. Some stores list etags without the quotes.
    return {} if if_match is None else {"If-Match": f'"{_bare(if_match)}"'}


def _bare(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


def _changed(url: str) -> ObjectChangedError:
    return ObjectChangedError(f"{url.partition('?')[0]} is no longer the file that was indexed: its etag differs")


async def _check(response: aiohttp.ClientResponse, url: str, if_match: str | None = None) -> None:
    where = url.partition("?")[0]  # what follows is the signature
    if response.status == 412:
        raise _changed(url)
    if response.status in (200, 201):
        if if_match is None:
            return
        # Not every store heeds the condition, and some proxies drop it.
        etag = response.headers.get("ETag")
        if etag is None:
            raise StorageError(f"The store gives {where} without an etag: it can't be verified")
        if _bare(etag) != _bare(if_match):
            raise _changed(url)
        return
    words = _words(await response.text(errors="replace"))
    if response.status == 404:
        raise ObjectNotFoundError(f"There is no object {where}: {words}")
    if response.status in (401, 403):
        raise StorageAccessError(f"The store refuses {where}: {words}")
    raise StorageError(f"The store answered {response.status} for {where}: {words}")


def _words(answer: str) -> str:
    """What a store says of a refusal, in one line."""
    said = _REFUSAL.search(answer)
    return f"{said[2]} ({said[1]})" if said else " ".join(answer[:500].split())


def _unreachable(url: str, error: Exception) -> StorageUnreachableError:
    reason = str(error) or type(error).__name__
    # These two have the URL in their text, signature and all.
    if isinstance(error, aiohttp.ClientResponseError):
        reason = error.message
    elif isinstance(error, aiohttp.InvalidURL):
        reason = "the URL is not valid"
    return StorageUnreachableError(f"{url.partition('?')[0]} could not be read: {reason}")
