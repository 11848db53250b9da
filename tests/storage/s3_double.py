"""A stand-in for S3 where SeaweedFS cannot serve: Amazon's order and odd keys, throttling, broken connections.

It checks no signature and knows only what the tests ask for.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.storage import AccessKey, S3Options, Store, open_store

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class S3Double:
    objects: dict[str, bytes] = field(default_factory=dict)
    # As Amazon does it, or as SeaweedFS does: folders in place of their names, contents and all.
    lists_tree: bool = False
    # What the next requests get instead of an answer.
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def sort_key(self, key: str) -> str:
        return key.replace("/", "\0") if self.lists_tree else key

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        if self.faults:
            return await self.faults.pop(0)(request)
        key = request.match_info["key"]
        if not key:
            return self._listing(request)
        body = self.objects.get(key)
        if body is None:
            return refusal(404, "NoSuchKey")
        return _part(request, body)

    def _listing(self, request: web.Request) -> web.Response:
        query = request.query
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        limit = int(query.get("max-keys") or 1000)
        entries = self._entries(prefix, delimiter)
        start = query.get("continuation-token") or query.get("start-after", "")
        if start:
            entries = [entry for entry in entries if self._is_after(entry, start)]
        entries, rest = entries[:limit], entries[limit:]
        write = quote if query.get("encoding-type") == "url" else escape
        rows = [
            f"<CommonPrefixes><Prefix>{write(entry)}</Prefix></CommonPrefixes>"
            if entry not in self.objects or (delimiter and entry != prefix and entry.endswith("/"))
            else _row(write(entry), self.objects[entry])
            for entry in entries
        ]
        if rest:
            rows.append(f"<NextContinuationToken>{escape(entries[-1])}</NextContinuationToken>")
        encoding = "<EncodingType>url</EncodingType>" if write is quote else ""
        truncated = f"<IsTruncated>{str(bool(rest)).lower()}</IsTruncated>"
        text = f"<ListBucketResult>{encoding}{truncated}{''.join(rows)}</ListBucketResult>"
        return web.Response(text=text, content_type="application/xml")

    def _entries(self, prefix: str, delimiter: str) -> list[str]:
        entries = set()
        for key in self.objects:
            if key.startswith(prefix):
                end = key.find(delimiter, len(prefix)) if delimiter else -1
                entries.add(key if end < 0 else key[: end + 1])
        return sorted(entries, key=self.sort_key)

    def _is_after(self, entry: str, start: str) -> bool:
        return self.sort_key(entry) > self.sort_key(start)


@asynccontextmanager
async def s3_double(double: S3Double) -> AsyncIterator[Store]:
    """Serve it, and give a store that uses it."""
    app = web.Application()
    app.router.add_route("*", "/bucket{slash:/?}{key:.*}", double.handle)
    server = TestServer(app)
    await server.start_server()
    double.url = str(server.make_url("")).rstrip("/")
    options = S3Options(endpoint=double.url, bucket="bucket", credentials=AccessKey(key_id="id", secret="secret"))
    store = open_store(options)
    try:
        yield store
    finally:
        await store.aclose()
        await server.close()


def refusal(status: int, code: str, extra: str = "") -> web.Response:
    text = f"<Error><Code>{code}</Code><Message>These are the server's words.</Message>{extra}</Error>"
    return web.Response(status=status, text=text, content_type="application/xml")


async def slow_down(_: web.Request) -> web.StreamResponse:
    return refusal(503, "SlowDown")


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def break_off(body: bytes, *, after: int) -> Fault:
    """Announce the whole body and hang up in the middle of it."""

    async def fault(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**_headers(body), "Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[:after])
        await asyncio.sleep(0)
        return await hang_up(request)

    return fault


def _part(request: web.Request, body: bytes) -> web.Response:
    wanted = request.http_range
    if wanted.start is None and wanted.stop is None:
        return web.Response(body=body, headers=_headers(body))
    part = body[wanted]
    start = wanted.start or 0
    headers = {**_headers(body), "Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(body)}"}
    return web.Response(status=206, body=part, headers=headers)


def _headers(body: bytes) -> dict[str, str]:
    return {"ETag": _etag(body), "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT"}


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def _row(key: str, body: bytes) -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>{escape(_etag(body))}</ETag><Size>{len(body)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )
