"""HTTP as anybody speaks it who holds a URL: no credentials, no redirects. The one place of aiohttp in storage."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import yarl

from tensorbay.exception import StorageUnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
_LIMIT = 64 << 10


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


async def ask(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, proxy: str | None = None, limit: int = _LIMIT
) -> Answer:
    """One request on a connection of its own; of the body no more than `limit` bytes. `url` is taken as it is."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=False) as session,
            session.request(
                method, yarl.URL(url, encoded=True), headers=headers, proxy=proxy, allow_redirects=False
            ) as response,
        ):
            body = bytearray()
            async for chunk in response.content.iter_chunked(limit):
                body += chunk
                if len(body) >= limit:
                    break
            return Answer(response.status, response.headers, bytes(body[:limit]))
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        place = url.partition("?")[0]
        raise StorageUnreachableError(f"{place} does not answer: {str(error) or type(error).__name__}") from None
