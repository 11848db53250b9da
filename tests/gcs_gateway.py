"""Google's XML API, which obstore speaks, in front of fake-gcs-server, which knows the JSON API only.

Objects, generations and listings are fake-gcs-server's; authorisation, which it does not have, is done here: tokens
and signed URLs have to be by a key of the one account.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import io
import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

import aiohttp
import yarl
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_MEBI = 1 << 20


class Account:
    """A service account with two key files."""

    email = "tester@project.iam.gserviceaccount.com"

    def __init__(self) -> None:
        self._keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]

    @property
    def key_file(self) -> str:
        return self._key_file(0)

    @property
    def second_key_file(self) -> str:
        return self._key_file(1)

    def _key_file(self, number: int) -> str:
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pem = self._keys[number].private_bytes(*form).decode()
        # The last two are obstore's own, and must not be obeyed.
        fields = {
            "type": "service_account",
            "client_email": self.email,
            "private_key": pem,
            "private_key_id": f"{number}",
        }
        return json.dumps({**fields, "gcs_base_url": "http://127.0.0.1:1", "disable_oauth": True})

    def make_token(self) -> str:
        """What the gateway takes as a bearer of the account."""
        text = base64.urlsafe_b64encode(b"token").decode()
        return f"{text}.{base64.urlsafe_b64encode(self.sign(text.encode())).decode()}"

    def sign(self, text: bytes) -> bytes:
        return self._keys[0].sign(text, padding.PKCS1v15(), hashes.SHA256())

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        return any(_is_by(key, text, signature) for key in self._keys)


def _is_by(key: rsa.RSAPrivateKey, text: bytes, signature: bytes) -> bool:
    try:
        key.public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


@contextlib.contextmanager
def gateway(upstream: str, account: Account) -> Iterator[str]:
    """Serve it in a thread with a loop of its own; yields its URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    served = _Gateway(upstream, account)
    url = asyncio.run_coroutine_threadsafe(served.start(), loop).result()
    try:
        yield url
    finally:
        asyncio.run_coroutine_threadsafe(served.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Refusal(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _Gateway:
    def __init__(self, upstream: str, account: Account) -> None:
        self._upstream = upstream
        self._account = account
        self._parts: dict[str, dict[int, bytes]] = {}

    async def start(self) -> str:
        self._session = aiohttp.ClientSession()
        app = web.Application(client_max_size=64 * _MEBI)
        app.router.add_route("*", "/{path:.*}", self.handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        bucket, _, raw_key = request.rel_url.raw_path[1:].partition("/")
        try:
            self._authorise(request)
            return await self._answer(request, unquote(bucket), unquote(raw_key))
        except _Refusal as refusal:
            text = f"<?xml version='1.0'?><Error><Code>{refusal.code}</Code><Message>{refusal}</Message></Error>"
            return web.Response(status=refusal.status, text=text, content_type="application/xml")

    def _authorise(self, request: web.Request) -> None:
        query = dict(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))
        if (signature := query.get("X-Goog-Signature")) is not None:
            signed_query = request.rel_url.raw_query_string.rpartition("&X-Goog-Signature=")[0]
            path = request.rel_url.raw_path
            text = f"{request.method}\n{path}\n{signed_query}\nhost:{request.host}\n\nhost\nUNSIGNED-PAYLOAD"
            scope = query["X-Goog-Credential"].partition("/")[2]
            digest = hashlib.sha256(text.encode()).hexdigest()
            signed = f"GOOG4-RSA-SHA256\n{query['X-Goog-Date']}\n{scope}\n{digest}"
            if not self._account.has_signed(signed.encode(), bytes.fromhex(signature)):
                raise _Refusal(403, "SignatureDoesNotMatch", "Access denied.")
            start = datetime.strptime(f"{query['X-Goog-Date']}+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
            if time.time() > start + int(query["X-Goog-Expires"]):
                raise _Refusal(400, "ExpiredToken", "Invalid argument.")
            return
        text, _, signature = request.headers.get("Authorization", "").removeprefix("Bearer ").rpartition(".")
        if not text or not self._account.has_signed(text.encode(), base64.urlsafe_b64decode(f"{signature}==")):
            raise _Refusal(401, "AuthenticationRequired", "Authentication required.")

    async def _answer(self, request: web.Request, bucket: str, key: str) -> web.StreamResponse:
        upload = request.query.get("uploadId")
        if not key:
            return await self._list(request, bucket)
        if request.method in ("GET", "HEAD"):
            return await self._get(request, bucket, key)
        if request.method == "POST" and upload is None:
            upload = f"upload-{len(self._parts)}"
            self._parts[upload] = {}
            text = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            return web.Response(text=text, content_type="application/xml")
        if request.method == "PUT" and upload is not None:
            self._parts[upload][int(request.query["partNumber"])] = await request.read()
            return web.Response(headers={"ETag": f'"{request.query["partNumber"]}"'})
        if request.method == "POST" and upload is not None:
            parts = self._parts.pop(upload)
            info = await self._insert(bucket, key, b"".join(parts[number] for number in sorted(parts)))
            etag = escape(_headers(info)["ETag"])
            text = f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
            return web.Response(text=text, content_type="application/xml", headers=_headers(info))
        if request.method == "DELETE" and upload is not None:
            del self._parts[upload]
            return web.Response(status=204)
        if request.method == "DELETE":
            await self._call("DELETE", _path(bucket, key), bucket)
            return web.Response(status=204)
        if (source := request.headers.get("x-goog-copy-source")) is not None:
            source_bucket, _, source_key = unquote(source).lstrip("/").partition("/")
            wanted = request.headers.get("x-goog-copy-source-if-match")
            found = await self._call("GET", f"{_path(source_bucket, source_key)}?alt=json", source_bucket)
            if wanted not in (None, _headers(json.loads(found))["ETag"]):
                raise _Refusal(412, "PreconditionFailed", "At least one of the pre-conditions did not hold.")
            path = f"{_path(source_bucket, source_key)}/rewriteTo{_path(bucket, key)}"
            info = json.loads(await self._call("POST", path, bucket))["resource"]
            return web.Response(text="<CopyObjectResult/>", content_type="application/xml", headers=_headers(info))
        return web.Response(headers=_headers(await self._insert(bucket, key, await request.read())))

    async def _insert(self, bucket: str, key: str, body: bytes) -> Any:
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(key, safe='')}"
        return json.loads(await self._call("POST", path, bucket, data=io.BytesIO(body)))

    async def _get(self, request: web.Request, bucket: str, key: str) -> web.Response:
        generation = request.query.get("generation")
        chosen = f"&generation={generation}" if generation else ""
        info = json.loads(await self._call("GET", f"{_path(bucket, key)}?alt=json{chosen}", bucket))
        headers = _headers(info)
        if request.headers.get("If-Match", headers["ETag"]) != headers["ETag"]:
            raise _Refusal(412, "PreconditionFailed", "At least one of the pre-conditions did not hold.")
        if request.method == "HEAD":
            return web.Response(headers={**headers, "Content-Length": info["size"]})
        body = await self._call("GET", f"{_path(bucket, key)}?alt=media{chosen}", bucket)
        span = request.http_range
        if span.start is None:
            return web.Response(body=body, headers=headers)
        if span.start >= len(body):
            raise _Refusal(416, "InvalidRange", "The requested range cannot be satisfied.")
        part = body[span]
        headers["Content-Range"] = f"bytes {span.start}-{span.start + len(part) - 1}/{len(body)}"
        return web.Response(status=206, body=part, headers=headers)

    async def _list(self, request: web.Request, bucket: str) -> web.Response:
        query = request.query
        start = query.get("start-after", "")
        asked = {"prefix": query.get("prefix"), "delimiter": query.get("delimiter"), "startOffset": start}
        asked |= {"pageToken": query.get("continuation-token"), "maxResults": "1000"}
        given = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items() if value)
        answer = json.loads(await self._call("GET", f"/storage/v1/b/{bucket}/o?{given}", bucket))
        rows = [
            f"<Contents><Key>{escape(info['name'])}</Key><LastModified>{info['updated']}</LastModified>"
            f"<ETag>{escape(_headers(info)['ETag'])}</ETag><Size>{info['size']}</Size></Contents>"
            for info in answer.get("items", ())
            if info["name"] > start
        ]
        rows += [
            f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in answer.get("prefixes", ())
        ]
        if token := answer.get("nextPageToken"):
            rows.append(f"<NextContinuationToken>{escape(token)}</NextContinuationToken>")
        text = f"<ListBucketResult>{''.join(rows)}</ListBucketResult>"
        return web.Response(text=text, content_type="application/xml")

    async def _call(self, method: str, path: str, bucket: str, *, data: io.BytesIO | None = None) -> bytes:
        prefix = "" if path.startswith("/upload") else "/storage/v1"
        url = self._upstream + (path if path.startswith("/storage") else prefix + path)
        async with self._session.request(method, yarl.URL(url, encoded=True), data=data) as response:
            body = await response.read()
        if response.status == 404:
            bucket_url = f"{self._upstream}/storage/v1/b/{bucket}"
            async with self._session.get(bucket_url) as there:
                if there.status == 404:
                    raise _Refusal(404, "NoSuchBucket", "The specified bucket does not exist.")
            raise _Refusal(404, "NoSuchKey", "The specified key does not exist.")
        if response.status >= 400:
            raise _Refusal(response.status, "InvalidArgument", escape(body.decode()))
        return body


def _path(bucket: str, key: str) -> str:
    return f"/b/{bucket}/o/{quote(key, safe='')}"


def _headers(info: Any) -> dict[str, str]:
    when = datetime.fromisoformat(info["updated"].replace("Z", "+00:00"))
    return {
        "ETag": f'"{info["etag"].strip(chr(34))}"',
        "Last-Modified": when.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "x-goog-generation": info["generation"],
    }
