"""A local storage service as a store: somebody's disks, behind HTTP and tokens that this side signs."""

from __future__ import annotations

import html
import os
import re
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from anyio.to_thread import run_sync

from tensorbay.exception import (
    ObjectChangedError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage._endpoint import GATEWAY, service_url
from tensorbay.storage._key import check_key, check_prefix
from tensorbay.storage._options import ServiceOptions
from tensorbay.storage._protocol import Grant, Operation
from tensorbay.storage._store import PAGE_LIMIT, Level, ObjectInfo, SignedUrls, check_etag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tensorbay.storage._http import Answer, Response

T = TypeVar("T")

_TOKEN_SECONDS = 300  # of the tokens for our own requests; more than clocks usually differ
_WRITE_PATIENCE = 600  # a large file takes its time to be copied, or to reach the disk
_MANY = 16
_ANSWER_BYTES = 16 << 20
"""More than a page of the longest keys has: whoever names a service may name anything."""
_METHODS: dict[str, Operation] = {"GET": "read", "HEAD": "read", "PUT": "write"}
_ERRORS: dict[str, type[StorageError]] = {
    "ResourceNotExist": ObjectNotFoundError,
    "StorageNotFound": StorageNotFoundError,
    "AccessDenied": StorageAccessError,
    "ObjectChanged": ObjectChangedError,
}
_RANGE_NOT_SATISFIABLE = 416
# What msgspec raises; the other one where text is no UTF-8.
_NOT_OURS = (msgspec.MsgspecError, UnicodeDecodeError)
_MESSAGE = re.compile(rb"<Message>(.{1,200}?)</Message>")


class Refusal(msgspec.Struct):
    """An answer that is an error."""

    code: str
    message: str


class ServiceStore:
    """Each request has a token for what it does and nothing else."""

    def __init__(self, options: ServiceOptions, *, proxy: str | None = None) -> None:
        # aiohttp takes its time to load, which a process that only reads folders need not spend.
        from tensorbay.storage._http import Http

        self.endpoint = service_url(options.endpoint)
        self._options = options
        self._http = Http(ca_bundle=options.ca_bundle, proxy=proxy)

    def __repr__(self) -> str:
        return f"<ServiceStore {self.endpoint}>"

    async def list_page(self, prefix: str, *, after: str = "", limit: int = PAGE_LIMIT) -> list[ObjectInfo]:
        check_prefix(prefix)
        check_prefix(after)
        found: list[ObjectInfo] = []
        while len(found) < limit:
            wanted = min(limit - len(found), PAGE_LIMIT)
            query = urlencode({"prefix": prefix, "after": after, "limit": wanted})
            answer = await self._ask("GET", f"/list?{query}", self._token("list", prefix=prefix))
            page = self._decode(answer, list[ObjectInfo])
            self._check_order(prefix, after, page)
            found += page
            if len(page) < wanted:
                break
            after = page[-1].path
        return found

    async def list_level(self, prefix: str, *, limit: int = 20) -> Level:
        check_prefix(prefix)
        query = urlencode({"prefix": prefix, "limit": limit})
        answer = await self._ask("GET", f"/level?{query}", self._token("list", prefix=prefix))
        return self._decode(answer, Level)

    async def head(self, path: str, *, version: str | None = None) -> ObjectInfo:
        _refuse(version)
        check_key(path)
        return self._decode(await self._ask("GET", f"/info/{quote(path)}", self._token("read", key=path)), ObjectInfo)

    async def get(
        self,
        path: str,
        *,
        start: int = 0,
        end: int | None = None,
        if_match: str | None = None,
        version: str | None = None,
    ) -> bytes:
        _refuse(version)
        if end is not None and end <= start:
            check_etag(await self.head(path), if_match)
            return b""
        check_key(path)
        headers = {**self._token("read", key=path), **_range(start, end)}
        if if_match is not None:
            headers["If-Match"] = if_match
        limit = None if end is None else max(end - start, _ANSWER_BYTES)
        answer = await self._http.request("GET", self._url(path), headers=headers, limit=limit)
        if answer.status == _RANGE_NOT_SATISFIABLE:
            return b""
        self._checked(answer)
        self._check_part(answer, headers)
        return answer.body

    async def stream(
        self, path: str, *, start: int = 0, if_match: str | None = None, version: str | None = None
    ) -> AsyncGenerator[bytes]:
        _refuse(version)
        check_key(path)
        headers = {**self._token("read", key=path), **_range(start, None)}
        if if_match is not None:
            headers["If-Match"] = if_match
        async with self._http.open("GET", self._url(path), headers=headers) as response:
            if response.status == _RANGE_NOT_SATISFIABLE:
                return
            await self._check_status(response)
            self._check_part(response, headers)
            async for chunk in response.chunks():
                yield chunk

    async def put(self, path: str, body: bytes | AsyncIterable[bytes]) -> ObjectInfo:
        check_key(path)
        headers = self._token("write", key=path)
        if not isinstance(body, AsyncIterable):
            answer = await self._http.request(
                "PUT", self._url(path), headers=headers, body=bytes(body), patience=_WRITE_PATIENCE, limit=_ANSWER_BYTES
            )
            return self._decode(answer, ObjectInfo)
        source = _Body(body)
        try:
            async with self._http.open(
                "PUT", self._url(path), headers=headers, body=source.chunks(), patience=_WRITE_PATIENCE
            ) as response:
                return self._decode(await response.read(_ANSWER_BYTES), ObjectInfo)
        except StorageError:
            if source.error is not None:
                raise source.error from None
            raise

    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> ObjectInfo:
        check_key(source)
        check_key(target)
        token = self._token("write", key=target)
        body = {"source": source, "target": target, "sourceToken": self._sign("read", key=source), "ifMatch": if_match}
        return self._decode(await self._ask("POST", "/copy", token, body, patience=_WRITE_PATIENCE), ObjectInfo)

    async def delete(self, paths: Sequence[str]) -> None:
        for path in paths:
            check_key(path)
        for index in range(0, len(paths), PAGE_LIMIT):
            part = list(paths[index : index + PAGE_LIMIT])
            prefix = os.path.commonprefix(part)  # noqa: RUF071  (prefixes are strings)
            await self._ask("POST", "/delete", self._token("delete", prefix=prefix), part)

    async def sign(
        self,
        paths: Sequence[str],
        *,
        method: str = "GET",
        expires: float = 3600,
        versions: Sequence[str | None] | None = None,
    ) -> SignedUrls:
        for version in versions or ():
            _refuse(version)
        for path in paths:
            check_key(path)
        if method not in _METHODS:
            raise StorageError(f"URLs are signed for {', '.join(_METHODS)}, not for {method!r}.")
        end = time.time() + expires
        operation = _METHODS[method]

        def sign() -> list[str]:
            grants = (Grant(operations=(operation,), key=path, expires=end) for path in paths)
            return [
                f"{self._url(path)}?token={self._options.token(grant)}"
                for path, grant in zip(paths, grants, strict=True)
            ]

        # A signature costs about 50 microseconds.
        urls = sign() if len(paths) <= _MANY else await run_sync(sign)
        return SignedUrls(urls, expire_at=int(end))

    def sign_form(self, prefix: str, *, expires: float) -> str:
        """A URL to POST forms to until `expires` (Unix seconds), with files that lie at `prefix` and their SHA-1."""
        grant = Grant(operations=("write",), prefix=prefix, expires=expires)
        return f"{self.endpoint}/objects?token={self._options.token(grant)}"

    async def check(self, folder: str = "") -> None:
        await self._ask("GET", "/check", self._token("list", prefix=""))

    async def aclose(self) -> None:
        await self._http.aclose()

    def _url(self, path: str) -> str:
        return f"{self.endpoint}/objects/{quote(path)}"

    def _token(self, operation: Operation, **scope: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._sign(operation, **scope)}"}

    def _sign(self, operation: Operation, **scope: Any) -> str:
        return self._options.token(Grant(operations=(operation,), expires=time.time() + _TOKEN_SECONDS, **scope))

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], content: Any = None, *, patience: float = 30
    ) -> Answer:
        body = None if content is None else msgspec.json.encode(content)
        answer = await self._http.request(
            method, f"{self.endpoint}{path}", headers=headers, body=body, patience=patience, limit=_ANSWER_BYTES
        )
        return self._checked(answer)

    def _check_order(self, prefix: str, after: str, page: list[ObjectInfo]) -> None:
        """Who goes through a listing page by page would not come to its end otherwise."""
        for info in page:
            if info.path <= after or not info.path.startswith(prefix):
                raise StorageError(f"{self.endpoint} does not list as a local storage service does.")
            after = info.path

    def _check_part(self, answer: Answer | Response, headers: Mapping[str, str]) -> None:
        """The service heeds every range; some proxies drop the header, and give the whole for a part."""
        if "Range" in headers and answer.status != 206:
            raise StorageError(
                f"{self.endpoint} gives whole files only: something on the way to it drops the header Range."
            )

    def _decode(self, answer: Answer, type_: type[T]) -> T:
        try:
            return msgspec.json.decode(self._checked(answer).body, type=type_)
        except _NOT_OURS as exc:
            raise StorageError(f"{self.endpoint} does not answer as a local storage service does: {exc}") from exc

    async def _check_status(self, response: Response) -> None:
        if response.status not in (200, 206):
            self._checked(await response.read(_ANSWER_BYTES))

    def _checked(self, answer: Answer) -> Answer:
        if answer.status in (200, 206):
            return answer
        try:
            refusal = msgspec.json.decode(answer.body, type=Refusal)
        except _NOT_OURS as exc:
            if answer.status in GATEWAY:
                said = _MESSAGE.search(answer.body)
                words = html.unescape(said[1].decode(errors="replace")) if said else f"HTTP {answer.status}."
                raise StorageUnreachableError(f"{self.endpoint} does not answer: {words}") from None
            raise StorageError(
                f"{self.endpoint} answered {answer.status}, and not as a local storage service does."
            ) from exc
        raise _ERRORS.get(refusal.code, StorageError)(f"{refusal.message} ({self.endpoint})")


class _Body:
    """Remembers how it failed: the HTTP client would tell it as a failure of the connection."""

    def __init__(self, chunks: AsyncIterable[bytes]) -> None:
        self._chunks = chunks
        self.error: Exception | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                if chunk:
                    yield chunk
        except Exception as error:
            self.error = error
            raise


def _refuse(version: str | None) -> None:
    if version is not None:
        raise StorageError(f"A local storage service keeps no versions of its files, so not {version!r} either.")


def _range(start: int, end: int | None) -> dict[str, str]:
    if not start and end is None:
        return {}
    return {"Range": f"bytes={start}-" if end is None else f"bytes={start}-{end - 1}"}
