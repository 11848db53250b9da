from __future__ import annotations

from functools import cache

from tensorbay._connect import Embedded
from tensorbay.aio._fetch import Fetcher
from tensorbay.aio._transport import Transport
from tensorbay.aio.settings import ClientSettings


class Session:
    """What the clients of one `AsyncGAS` share: the way to the API and the way to the files."""

    def __init__(self, access_key: str, url: str, settings: ClientSettings) -> None:
        self.settings = settings
        self.transport = Transport(access_key, url, settings)
        self.fetcher = Fetcher(settings, allow_files=isinstance(self.transport.endpoint, Embedded))
        # Enough to make the same session in another process; it holds the access key.
        self.connection = (access_key, url, settings)

    async def aclose(self) -> None:
        await self.fetcher.aclose()
        await self.transport.aclose()


@cache
def restore_session(access_key: str, url: str, settings: ClientSettings) -> Session:
    """The session of this process for unpickled data: one for all of them, open until the process ends."""
    return Session(access_key, url, settings)
