"""Where the bytes of listed data come from: the store itself, else signed URLs, asked for in batches and renewed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import time
from typing import Any

from tensorbay._connect import Files
from tensorbay._util.per_loop import PerLoop
from tensorbay.aio._session import Session, restore_session
from tensorbay.aio.settings import ClientSettings
from tensorbay.exception import ResourceNotExistError, StorageAccessError, StorageError
from tensorbay.wire import PAGE_LIMIT, V2, DataUrlsBody, SignBody, SignedUrls, decode

Sign = Callable[[Sequence[str]], Awaitable[SignedUrls]]

# A URL is not handed out in its last minute: the fetch has to begin before it ends.
_MARGIN = 60.0

# What a mask's URL is trusted for: the server does not say when it ends.
_MASK_SECONDS = 120.0

# Entries of about half a kilobyte.
_REMEMBERED = 4 * PAGE_LIMIT


class _LeaderLost(Exception):  # noqa: N818
    """The task that was signing for others was cancelled."""


class Signer:
    """Signs one path for each caller, and many in one request for callers that ask at the same time."""

    def __init__(self, sign: Sign) -> None:
        self._sign = sign
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._waiting: list[tuple[str, asyncio.Future[str]]] = []

    def remember(self, path: str, url: str, expire_at: float) -> None:
        self._known[path] = (url, expire_at)
        self._known.move_to_end(path)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, path: str) -> None:
        self._known.pop(path, None)

    async def url(self, path: str) -> str:
        while True:
            url, expire_at = self._known.get(path, ("", 0.0))
            if expire_at - time() > _MARGIN:
                return url
            future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self._waiting.append((path, future))
            if len(self._waiting) == 1:
                await self._lead()
            try:
                return await future
            except _LeaderLost:
                continue

    async def _lead(self) -> None:
        batch: list[tuple[str, asyncio.Future[str]]] = []
        try:
            await asyncio.sleep(0)  # whoever else is ready to ask joins this batch
            batch, self._waiting = self._waiting, batch
            for start in range(0, len(batch), PAGE_LIMIT):
                chunk = batch[start : start + PAGE_LIMIT]
                signed = await self._sign([path for path, _ in chunk])
                for (path, future), url in zip(chunk, signed.urls, strict=True):
                    self.remember(path, url or "", signed.expire_at)
                    if not future.done():
                        future.set_result(url or "")
        except BaseException as error:
            if not batch:
                batch, self._waiting = self._waiting, batch
            for _, future in batch:
                if not future.done():
                    future.set_exception(error if isinstance(error, Exception) else _LeaderLost())
                    future.exception()  # a caller that is gone leaves no "never retrieved" warning
            if not isinstance(error, Exception):
                raise


@dataclass(frozen=True, slots=True)
class CloudAddress:
    """Files of a storage config."""

    config: str

    async def files(self, session: Session) -> Files | None:
        return await session.transport.files(self.config)

    async def sign(self, session: Session, paths: Sequence[str]) -> SignedUrls:
        body = SignBody(config=self.config, paths=list(paths)).to_json()
        response = await session.transport.request("POST", "cloud/urls", root=V2, json=body)
        return decode(response.content, SignedUrls)


@dataclass(frozen=True, slots=True)
class SegmentAddress:
    """Data of a segment in one version of a dataset."""

    dataset_id: str
    segment: str
    draft_number: int | None
    commit: str | None

    async def files(self, session: Session) -> Files | None:
        """None: a segment may hold files of several storage configs; their URLs say where each is."""
        return None

    async def sign(self, session: Session, paths: Sequence[str]) -> SignedUrls:
        body = DataUrlsBody(
            segment_name=self.segment,
            draft_number=self.draft_number,
            commit=self.commit,
            remote_paths=list(paths),
        ).to_json()
        path = f"datasets/{self.dataset_id}/data/urls"
        response = await session.transport.request("POST", path, root=V2, json=body)
        return decode(response.content, SignedUrls)


@dataclass(frozen=True, slots=True)
class MaskAddress:
    """Masks of one type in a segment; their keys are made by `mask_key`."""

    segment: SegmentAddress
    mask_type: str

    async def files(self, session: Session) -> Files | None:
        return None

    async def sign(self, session: Session, paths: Sequence[str]) -> SignedUrls:
        urls: list[str | None] = [await self._url(session, *path.split("\0")) for path in paths]
        return SignedUrls(urls, time() + _MASK_SECONDS)

    async def _url(self, session: Session, remote_path: str, frame_id: str = "", sensor_name: str = "") -> str:
        segment = self.segment
        query = {"segmentName": segment.segment, "maskType": self.mask_type.upper(), "remotePath": remote_path}
        version = {"draftNumber": segment.draft_number, "commit": segment.commit}
        path = f"datasets/{segment.dataset_id}/masks/urls"
        body = (await session.transport.request("GET", path, params={**query, **version})).json()
        for item in body["urls"]:
            if not frame_id:
                return str(item["url"])
            for datum in item["urls"] if item["frameId"] == frame_id else ():
                if datum["sensorName"] == sensor_name:
                    return str(datum["url"])
        raise ResourceNotExistError(resource=f"{self.mask_type} of data", identification=remote_path)


def mask_key(remote_path: str, *frame_and_sensor: str) -> str:
    return "\0".join((remote_path, *frame_and_sensor))


Address = CloudAddress | SegmentAddress | MaskAddress


class _Way:
    """How the files of a listing are reached: straight from the store, or by URL where `files` is None."""

    def __init__(self, files: Files | None) -> None:
        self.files = files

    async def aclose(self) -> None:
        """The store is the server's."""


class RemoteReader:
    """An `AsyncReader` over the store itself or over signed URLs; a pickle of it carries the access key."""

    def __init__(self, session: Session, address: Address) -> None:
        self._session = session
        self._address = address
        self.signer = Signer(self._sign)
        self._way = PerLoop(self._find_way)

    async def prepare(self, data: Any) -> None:
        await self.prepare_key(data.path)

    async def prepare_key(self, key: str) -> None:
        if (await self._way.get()).files is None:
            await self.signer.url(key)

    async def read(self, data: Any) -> bytes:
        return await self.read_key(data.path, data)

    async def read_key(self, key: str, data: Any) -> bytes:
        etag = self._demanded(data)
        if (files := (await self._way.get()).files) is not None:
            return await files.get(key, if_match=etag)
        url = await self.signer.url(key)
        try:
            return await self._session.fetcher.read(url, if_match=etag)
        except StorageAccessError:
            # Expired early: the credentials that signed it may have ended before the URL itself.
            self.signer.forget(key)
            return await self._session.fetcher.read(await self.signer.url(key), if_match=etag)

    def stream(self, data: Any) -> AsyncGenerator[bytes]:
        return self.stream_key(data.path, data)

    async def stream_key(self, key: str, data: Any) -> AsyncGenerator[bytes]:
        etag = self._demanded(data)
        if (files := (await self._way.get()).files) is not None:
            async with aclosing(files.stream(key, if_match=etag)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        chunks = self._session.fetcher.stream(await self.signer.url(key), if_match=etag)
        try:
            first = await anext(chunks, b"")
        except StorageAccessError:
            self.signer.forget(key)
            chunks = self._session.fetcher.stream(await self.signer.url(key), if_match=etag)
            first = await anext(chunks, b"")
        async with aclosing(chunks):
            yield first
            async for chunk in chunks:
                yield chunk

    async def get_url(self, data: Any) -> str:
        return await self.signer.url(data.path)

    def _demanded(self, data: Any) -> str | None:
        """The etag that the file must have, where reads are verified."""
        # Masks have none: their objects are named by their content.
        if not self._session.settings.verify_reads or not hasattr(data, "etag"):
            return None
        if not data.etag:
            raise StorageError(
                f'"{data.path}" was listed without an etag, so nothing tells whether it is still the same file: '
                "it can be read without `verify_reads` only."
            )
        return str(data.etag)

    async def _sign(self, paths: Sequence[str]) -> SignedUrls:
        return await self._address.sign(self._session, paths)

    async def _find_way(self) -> _Way:
        return _Way(await self._address.files(self._session))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_reader, (*self._session.connection, self._address)


def _restore_reader(access_key: str, url: str, settings: ClientSettings, address: Address) -> RemoteReader:
    return RemoteReader(restore_session(access_key, url, settings), address)


@dataclass(frozen=True, slots=True)
class KeyedReader:
    """Of one file that its listing knows by another key than its path."""

    reader: RemoteReader
    key: str

    async def prepare(self, data: Any) -> None:
        await self.reader.prepare_key(self.key)

    async def read(self, data: Any) -> bytes:
        return await self.reader.read_key(self.key, data)

    def stream(self, data: Any) -> AsyncGenerator[bytes]:
        return self.reader.stream_key(self.key, data)

    async def get_url(self, data: Any) -> str:
        return await self.reader.signer.url(self.key)
