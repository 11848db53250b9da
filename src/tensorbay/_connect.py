"""The composition root: what `(access_key, url)` stands for. Client and server meet here and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio.to_thread

from tensorbay._util.access_key import PREFIXES

__all__ = ["App", "Embedded", "Files", "Network", "connect"]

_MAKE_KEY = "`gas server create-key NAME --home DIR` makes one on the server's machine."


class Files(Protocol):
    """The files of one storage config, straight from the store."""

    async def get(self, path: str, *, if_match: str | None = None) -> bytes: ...

    def stream(self, path: str, *, if_match: str | None = None) -> AsyncGenerator[bytes]: ...

    async def aclose(self) -> None: ...


class App(Protocol):
    """A server that runs in this process."""

    app: Any  # ASGI application

    async def files(self, config: str) -> Files: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Network:
    """A server that is reached over HTTP; `base_url` ends with a slash."""

    base_url: str
    access_key: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """Index and managed files in a local folder; the server's code runs in this process, without a socket."""

    home: Path

    @property
    def base_url(self) -> str:
        return "http://embedded/"

    async def open(self) -> App:
        # A client of a remote server never pays for the server's imports; they take long enough to stall a loop.
        server = await anyio.to_thread.run_sync(_import_server)
        app: App = await server.Server.open(server.ServerSettings.load(home=self.home, embedded=True))
        return app


def connect(access_key: str, url: str, home: Path) -> Network | Embedded:
    """No URL: the embedded `home`; `file:///folder`: that folder; `http(s)://`: a server, which needs a key."""
    if not url and not access_key:
        return Embedded(home.expanduser().absolute())
    parts = urlsplit(url)
    if parts.scheme == "file" and (parts.query or parts.fragment):
        raise TypeError(f"Invalid url {url!r}: write `?` as %3F and `#` as %23, as Path.as_uri() does")
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path:
        return Embedded(Path(url2pathname(parts.path)))
    if not url:
        raise TypeError(
            "An access key needs the URL of its server: GAS(access_key, url), or TENSORBAY_URL in the environment. "
            "The hosted service is gone; run your own with `gas serve`, or use GAS() without a key."
        )
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise TypeError(f"Invalid url {url!r}: expected http://host, https://host or file:///folder")
    if not access_key:
        raise TypeError(f"{url} needs an access key: GAS(access_key, url), or TENSORBAY_ACCESS_KEY. {_MAKE_KEY}")
    if not access_key.startswith(PREFIXES):
        raise TypeError(f"Wrong accesskey format! A key starts with 'Accesskey-'. {_MAKE_KEY}")
    return Network(f"{url.rstrip('/')}/", access_key)


def _import_server() -> Any:
    from tensorbay import server

    return server
