"""A bucket behind an S3 endpoint, through obstore."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio
import msgspec
import obstore
from anyio.to_thread import run_sync
from obstore.store import S3Store as Bucket

from tensorbay.exception import StorageError
from tensorbay.storage._aws import AwsBucket
from tensorbay.storage._endpoint import check_bucket, parse_endpoint
from tensorbay.storage._key import check_s3_key
from tensorbay.storage._options import AccessKey, S3Options
from tensorbay.storage._s3_errors import FOREIGN, RANGE_NOT_SATISFIABLE, status_of, translated
from tensorbay.storage._s3_listing import S3Listing, describe
from tensorbay.storage._store import MAX_FORM_SIZE, PAGE_LIMIT, Level, ObjectInfo, PostForm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractContextManager

    from obstore import GetOptions
    from obstore.store import ClientConfig, RetryConfig, S3Credential

_CHUNK_SIZE = 1 << 20
_PART_SIZE = 8 << 20
_PARTS_IN_FLIGHT = 4
_ABORT_SECONDS = 5
_MAX_EXPIRES = 7 * 24 * 3600

# Throttling (503 SlowDown), other 5xx and broken connections are tried again, for about six seconds in all;
# refusals (4xx) are not. So a dead endpoint is known as dead soon.
_RETRIES: RetryConfig = {
    "max_retries": 6,
    "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=3), "base": 2},
    "retry_timeout": timedelta(seconds=15),
}
_CLIENT: ClientConfig = {
    "allow_http": True,
    "connect_timeout": timedelta(seconds=3),
    "read_timeout": timedelta(seconds=30),
    # The time for a whole request, body included; a stream may be read as slowly as its reader likes.
    "timeout": timedelta(days=1),
}


class S3Store:
    """Keys travel as they are. What obstore or the S3 API would change on the way is refused by name."""

    def __init__(self, options: S3Options, *, proxy: str | None = None) -> None:
        check_bucket(options.bucket)
        self._options = options
        self._endpoint = parse_endpoint(options.endpoint, bucket=options.bucket, region=options.region)
        with self._translated(None):
            self._bucket = _open_bucket(options, self._endpoint.url, self._endpoint.region, proxy)
        self._aws = AwsBucket(options, self._endpoint, proxy)
        self._listing = S3Listing(self._bucket, self._aws)

    def __repr__(self) -> str:
        return f"<S3Store {self._options.bucket!r} at {self._endpoint.url}>"

    @property
    def aws(self) -> AwsBucket:
        """The same bucket through AWS's own client, for what obstore cannot ask."""
        return self._aws

    async def list_page(self, prefix: str, *, after: str = "", limit: int = PAGE_LIMIT) -> list[ObjectInfo]:
        with self._errors(None):
            return await self._listing.page(prefix, after, limit)

    async def list_level(self, prefix: str, *, limit: int = 20) -> Level:
        return await self._listing.level(prefix, limit)

    async def head(self, path: str) -> ObjectInfo:
        check_s3_key(path)
        with self._errors(path):
            return describe(await self._bucket.head_async(path))

    async def get(self, path: str, *, start: int = 0, end: int | None = None, if_match: str | None = None) -> bytes:
        check_s3_key(path)
        if end is not None and end <= start:
            await self.head(path)
            return b""
        with self._errors(path):
            try:
                result = await self._bucket.get_async(path, options=_get_options(start, end, if_match))
                return bytes(await result.bytes_async())
            except FOREIGN as exc:
                if status_of(exc) == RANGE_NOT_SATISFIABLE:
                    return b""
                raise

    async def stream(self, path: str, *, start: int = 0, if_match: str | None = None) -> AsyncIterator[bytes]:
        check_s3_key(path)
        with self._errors(path):
            try:
                result = await self._bucket.get_async(path, options=_get_options(start, None, if_match))
            except FOREIGN as exc:
                if status_of(exc) == RANGE_NOT_SATISFIABLE:
                    return
                raise
            chunks = aiter(result.stream(min_chunk_size=_CHUNK_SIZE))
        while True:
            with self._errors(path):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield bytes(chunk)

    async def put(self, path: str, body: bytes | AsyncIterable[bytes]) -> ObjectInfo:
        check_s3_key(path, write=True)
        if not isinstance(body, AsyncIterable):
            return await self._put(path, body, len(body))
        source = _Source(body)
        head = await source.first_part()
        if source.ended:
            return await self._put(path, head, len(head))
        return await self._put_parts(path, head, source)

    async def _put(self, path: str, body: bytes | AsyncIterator[bytes], size: int) -> ObjectInfo:
        with self._errors(path):
            result = await self._bucket.put_async(path, body, chunk_size=_PART_SIZE, max_concurrency=_PARTS_IN_FLIGHT)
        return ObjectInfo(path, size, result["e_tag"] or "", None, result["version"])

    async def _put_parts(self, path: str, head: bytes, source: _Source) -> ObjectInfo:
        """A cancelled upload would leave its parts in the bucket, invisible and paid for.

        So cancellation is brought in through the source: the upload fails, and removes its parts.
        """
        upload = asyncio.ensure_future(self._put(path, source.from_part(head), 0))
        try:
            info = await asyncio.shield(upload)
        except StorageError:
            if source.error is not None:
                raise source.error from None
            raise
        except asyncio.CancelledError:
            source.error = StorageError("The upload was cancelled.")
            with anyio.move_on_after(_ABORT_SECONDS, shield=True):
                await asyncio.wait([upload])
            upload.cancel()
            raise
        return msgspec.structs.replace(info, size=source.size)

    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> ObjectInfo:
        check_s3_key(source)
        check_s3_key(target, write=True)
        # obstore names the target whatever is missing, so the error is told about the source.
        with self._errors(source):
            if if_match is None:
                await self._bucket.copy_async(source, target)
            else:  # which obstore cannot ask for
                await self._aws.copy(source, target, if_match=if_match)
        return await self.head(target)

    async def delete(self, paths: Sequence[str]) -> None:
        for path in paths:
            check_s3_key(path)
        if paths:
            with self._errors(None):
                await self._bucket.delete_async(list(paths))

    async def sign(self, paths: Sequence[str], *, method: str = "GET", expires: float = 3600) -> list[str]:
        """At most seven days, by the rules of S3."""
        if not 0 < expires <= _MAX_EXPIRES:
            raise StorageError(f"S3 signs URLs for up to {_MAX_EXPIRES} seconds, not for {expires}.")
        for path in paths:
            check_s3_key(path, write=method not in ("GET", "HEAD"))
        # The blocking call in a thread, because unlike the asynchronous one it works in a forked process too.
        with self._translated(None):
            return await run_sync(self._sign, list(paths), method, timedelta(seconds=expires))

    def _sign(self, paths: list[str], method: Any, expires: timedelta) -> list[str]:
        return list(obstore.sign(self._bucket, method, paths, expires))

    async def post_form(self, prefix: str, *, expires: float, max_size: int = MAX_FORM_SIZE) -> PostForm:
        check_s3_key(f"{prefix}x", write=True)
        return await self._aws.post_form(prefix, expires=expires, max_size=max_size)

    async def check(self) -> None:
        await self._aws.check()

    async def aclose(self) -> None:
        await self._listing.aclose()

    def _errors(self, key: str | None) -> AbstractContextManager[None]:
        _refuse_after_fork()
        return self._translated(key)

    def _translated(self, key: str | None) -> AbstractContextManager[None]:
        return translated(self._endpoint.url, self._options.bucket, key)


_process: int | None = None


def _refuse_after_fork() -> None:
    """The threads of obstore do not survive a fork; what waits for them in the child never ends."""
    global _process
    if _process is None:
        _process = os.getpid()
    elif _process != os.getpid():
        raise StorageError(
            "This process was forked from one that had used S3, where only signing still works. Read through signed "
            'URLs, or start processes by "spawn" (`multiprocessing.set_start_method("spawn")`).'
        )


class _Source:
    """What is to be put, counted. The error that ends it is kept: it is the caller's, not the store's."""

    def __init__(self, body: AsyncIterable[bytes]) -> None:
        self.size = 0
        self.ended = False
        self.error: BaseException | None = None
        self._chunks = aiter(body)

    async def first_part(self) -> bytes:
        """The whole body if it is no more than a part, else its beginning."""
        part = bytearray()
        while len(part) < _PART_SIZE:
            chunk = await self._next()
            if chunk is None:
                self.ended = True
                break
            part += chunk
        return bytes(part)

    async def from_part(self, part: bytes) -> AsyncIterator[bytes]:
        yield part
        while (chunk := await self._next()) is not None:
            yield chunk

    async def _next(self) -> bytes | None:
        if self.error is not None:
            raise self.error
        try:
            chunk = await anext(self._chunks, None)
        except BaseException as exc:
            self.error = exc
            raise
        self.size += len(chunk or b"")
        return chunk


def _open_bucket(options: S3Options, url: str, region: str, proxy: str | None) -> Bucket:
    """Everything that matters is given: obstore would take what is missing from AWS_ variables."""
    key = options.credentials
    if not isinstance(key, AccessKey):
        raise StorageError(f"{type(key).__name__} cannot be used yet.")
    credential: S3Credential = {
        "access_key_id": key.key_id,
        "secret_access_key": key.secret,
        "token": key.token,
        "expires_at": None,
    }
    return Bucket(
        options.bucket,
        endpoint=url,
        aws_endpoint_url_s3=url,
        region=region,
        virtual_hosted_style_request=False,
        skip_signature=False,
        s3_express=False,
        request_payer=False,
        # Not as options of their own: to those it would add AWS_SESSION_TOKEN.
        credential_provider=lambda: credential,
        client_options=_CLIENT if proxy is None else {**_CLIENT, "proxy_url": proxy},
        retry_config=_RETRIES,
    )


def _get_options(start: int, end: int | None, if_match: str | None) -> GetOptions:
    options: GetOptions = {}
    if end is not None:
        options["range"] = (start, end)
    elif start:
        options["range"] = {"offset": start}
    if if_match is not None:
        options["if_match"] = if_match
    return options
