"""What all kinds of buckets share: bytes in and out, through obstore."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import obstore
from anyio.to_thread import run_sync
from obstore.exceptions import InvalidPathError

from tensorbay._util.concurrency import map_concurrently
from tensorbay.exception import ObjectChangedError, ObjectNotFoundError, StorageError
from tensorbay.storage._endpoint import check_bucket
from tensorbay.storage._errors import FOREIGN, RANGE_NOT_SATISFIABLE, Place, status_of, translated
from tensorbay.storage._key import check_s3_key
from tensorbay.storage._listing import FlatListing, describe
from tensorbay.storage._parts import PART_SIZE, upload
from tensorbay.storage._store import PAGE_LIMIT, Level, ObjectInfo, SignedUrls, check_etag

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence
    from contextlib import AbstractContextManager

    from obstore import GetOptions
    from obstore.store import AzureStore, ClientConfig, GCSStore, RetryConfig, S3Store

_CHUNK_SIZE = 1 << 20
_PARTS_IN_FLIGHT = 4
_DELETES_IN_FLIGHT = 16
MAX_EXPIRES = 7 * 24 * 3600

# Throttling (503, 429), other 5xx and broken connections are tried again, for about six seconds in all; refusals
# (other 4xx) are not. So a dead endpoint is known as dead soon.
RETRIES: RetryConfig = {
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


def client_config(proxy: str | None) -> ClientConfig:
    """No host goes past the proxy: obstore follows the redirects of a store, to wherever they lead."""
    return _CLIENT if proxy is None else {**_CLIENT, "proxy_url": proxy}


class BucketStore:
    """Keys travel as they are. What obstore or the store's API would change on the way is refused by name."""

    _bucket: S3Store | AzureStore | GCSStore
    _copies_by_etag = False  # where the store can be asked to, the source need not be looked at again

    def __init__(self, place: Place) -> None:
        check_bucket(place.bucket, noun=place.noun)
        self._place = place

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._place.bucket!r} at {self._place.endpoint}>"

    async def head(self, path: str, *, version: str | None = None) -> ObjectInfo:
        check_s3_key(path)
        with self._errors(path):
            if version is None:
                return describe(await self._bucket.head_async(path))
            options: GetOptions = {"head": True, "version": version}
            return describe((await self._bucket.get_async(path, options=options)).meta)

    async def get(
        self,
        path: str,
        *,
        start: int = 0,
        end: int | None = None,
        if_match: str | None = None,
        version: str | None = None,
    ) -> bytes:
        check_s3_key(path)
        if end is not None and end <= start:
            check_etag(await self.head(path, version=version), if_match)
            return b""
        with self._errors(path):
            try:
                result = await self._bucket.get_async(path, options=_get_options(start, end, if_match, version))
                return bytes(await result.bytes_async())
            except FOREIGN as exc:
                if status_of(exc) == RANGE_NOT_SATISFIABLE:
                    return b""
                raise

    async def stream(
        self, path: str, *, start: int = 0, if_match: str | None = None, version: str | None = None
    ) -> AsyncGenerator[bytes]:
        check_s3_key(path)
        with self._errors(path):
            try:
                result = await self._bucket.get_async(path, options=_get_options(start, None, if_match, version))
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

        async def put(body: bytes | AsyncIterator[bytes], size: int) -> ObjectInfo:
            with self._errors(path):
                result = await self._bucket.put_async(
                    path, body, chunk_size=PART_SIZE, max_concurrency=_PARTS_IN_FLIGHT
                )
            return ObjectInfo(path, size, result["e_tag"] or "", None, result["version"])

        return await upload(body, put)

    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> ObjectInfo:
        check_s3_key(source)
        check_s3_key(target, write=True)
        original = await self.head(source)
        check_etag(original, if_match)
        # obstore names the target whatever is missing, so the error is told about the source.
        with self._errors(source):
            await self._copy(original, target)
        info = await self.head(target)
        if not self._copies_by_etag and (await self.head(source)).etag != original.etag:
            if await self.head(target) == info:  # what we have made, and not yet somebody else's
                await self.delete([target])
            raise ObjectChangedError(f"{source!r} was written to while it was copied. Copy it again.")
        if info.size != original.size:
            raise ObjectChangedError(
                f"The copy {target!r} has {info.size} bytes, {source!r} had {original.size}: it was written to "
                "meanwhile. Copy it again."
            )
        return info

    async def _copy(self, source: ObjectInfo, target: str) -> None:
        await self._bucket.copy_async(source.path, target)

    async def delete(self, paths: Sequence[str]) -> None:
        for path in paths:
            check_s3_key(path)
        if paths:
            await self._delete(list(paths))

    async def _delete(self, paths: list[str]) -> None:
        """One by one: in bulk, the first that does not exist would stop the rest."""

        async def delete(path: str) -> None:
            with suppress(ObjectNotFoundError), self._errors(path):
                await self._bucket.delete_async(path)

        await map_concurrently(delete, paths, limit=_DELETES_IN_FLIGHT)

    async def sign(
        self,
        paths: Sequence[str],
        *,
        method: str = "GET",
        expires: float = 3600,
        versions: Sequence[str | None] | None = None,
    ) -> SignedUrls:
        """For at most seven days, by the rules of S3 and Google."""
        if not 0 < expires <= MAX_EXPIRES:
            raise StorageError(f"URLs are signed for up to {MAX_EXPIRES} seconds, not for {expires}.")
        for path in paths:
            check_s3_key(path, write=method not in ("GET", "HEAD"))
        given: list[str | None] = [None] * len(paths) if versions is None else list(versions)
        if len(given) != len(paths):
            raise StorageError(f"{len(paths)} keys cannot have {len(given)} versions: give one per key, or None.")
        with self._translated(None):
            return await self._sign(list(paths), given, method, expires)

    async def _sign(self, paths: list[str], versions: list[str | None], method: str, expires: float) -> SignedUrls:
        # The blocking call in a thread, because unlike the asynchronous one it works in a forked process too.
        expire_at = int(time.time()) + expires
        urls = await run_sync(self._sign_in_thread, paths, method, timedelta(seconds=expires))
        return SignedUrls(urls, expire_at=expire_at)

    def _sign_in_thread(self, paths: list[str], method: Any, expires: timedelta) -> list[str]:
        return list(obstore.sign(self._bucket, method, paths, expires))

    def _errors(self, key: str | None) -> AbstractContextManager[None]:
        _refuse_after_fork()
        return self._translated(key)

    def _translated(self, key: str | None) -> AbstractContextManager[None]:
        return translated(self._place._replace(key=key))


class FlatStore(BucketStore):
    """A kind whose listings are in the order of keys, if not in that of code points."""

    _bucket: AzureStore | GCSStore
    _may_sort_utf16 = False

    async def list_page(self, prefix: str, *, after: str = "", limit: int = PAGE_LIMIT) -> list[ObjectInfo]:
        with self._errors(None):
            return await self._listing().page(prefix, after, limit)

    async def list_level(self, prefix: str, *, limit: int = 20) -> Level:
        with self._errors(None):
            return await self._listing().level(prefix, limit)

    async def check(self, folder: str = "") -> None:
        """List one key: it needs the address, the credentials, the bucket and the permission."""
        with self._errors(None):
            try:
                await anext(aiter(self._bucket.list(folder or None, chunk_size=1)), None)
            except InvalidPathError:
                return  # there are keys; one of them is odd

    async def aclose(self) -> None:
        """What is open is closed when it is let go of."""

    def _listing(self) -> FlatListing:
        return FlatListing(self._bucket, self.head, may_sort_utf16=self._may_sort_utf16)


_process: int | None = None


def _refuse_after_fork() -> None:
    """The threads of obstore do not survive a fork; what waits for them in the child never ends."""
    global _process
    if _process is None:
        _process = os.getpid()
    elif _process != os.getpid():
        raise StorageError(
            "This process was forked from one that had used a bucket, where only signing still works. Read through "
            'signed URLs, or start processes by "spawn" (`multiprocessing.set_start_method("spawn")`).'
        )


def check_signable(paths: list[str]) -> None:
    """Refuse what obstore would sign wrongly for Azure and Google: it takes names as if they were parts of a URL."""
    for path in paths:
        if not re.fullmatch(r"[\w./~-]+", path, re.ASCII):
            raise StorageError(
                f"The key {path!r} cannot be signed by the identity of a machine: only letters, digits and ./~-_ can. "
                "Give a key of the account, or rename the object."
            )


def _get_options(start: int, end: int | None, if_match: str | None, version: str | None) -> GetOptions:
    options: GetOptions = {}
    if end is not None:
        options["range"] = (start, end)
    elif start:
        options["range"] = {"offset": start}
    if if_match is not None:
        options["if_match"] = if_match
    if version is not None:
        options["version"] = version
    return options
