from __future__ import annotations

from functools import cache

from typing_extensions import Self

from tensorbay._connect import Embedded
from tensorbay.aio._fetch import Fetcher
from tensorbay.aio._transport import Transport
from tensorbay.aio.settings import ClientSettings


class Session:
    """What the clients of one `AsyncGAS` or `AsyncSextant` share: the way to the API and the way to the files."""

    def __init__(self, access_key: str, url: str, settings: ClientSettings) -> None:
        self.settings = settings
        self.transport = Transport(access_key, url, settings)
        self.fetcher = Fetcher(settings, allow_files=isinstance(self.transport.endpoint, Embedded))
        # Enough to make the same session in another process; it holds the access key.
        self.connection = (access_key, url, settings)

    @classmethod
    def of(cls, access_key: str, url: str, settings: ClientSettings | None) -> Self:
        """With what is not given from the environment."""
        settings = settings or ClientSettings()
        return cls(access_key or settings.access_key.get_secret_value(), url or settings.url, settings)

    async def aclose(self) -> None:
        await self.fetcher.aclose()
        await self.transport.aclose()


@cache
def restore_session(access_key: str, url: str, settings: ClientSettings) -> Session:
    """The session of this process for unpickled data: one for all of them, open until the process ends."""
    return Session(access_key, url, settings)
