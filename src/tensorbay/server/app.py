from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Response

from tensorbay.exception import ForbiddenError
from tensorbay.server import errors, openapi, routes
from tensorbay.server.limits import BodyLimit
from tensorbay.server.replies import reply
from tensorbay.server.services import Services

if TYPE_CHECKING:
    from typing_extensions import Self

    from tensorbay.server.settings import ServerSettings
    from tensorbay.server.storages import Storages

__all__ = ["Server", "create_app"]

# At import: it is read from a file, and an app may be made in a running loop.
_VERSION = version("tensorbay")


class Server:
    """A server that is open: `app` answers requests in the event loop that opened it, until `aclose`."""

    def __init__(self, services: Services) -> None:
        self.app = create_app(services.settings, services)
        self._services = services

    def __repr__(self) -> str:
        return f"<Server home={str(self._services.settings.home)!r}>"

    @classmethod
    async def open(cls, settings: ServerSettings) -> Self:
        return cls(await Services.open(settings))

    async def files(self, config: str) -> Files:
        """The files of a storage config, for a client in the same process."""
        caller = self._services.local_caller
        if caller is None:
            raise ForbiddenError("Only an embedded server hands out its stores; a served one signs URLs.")
        storages = self._services.storages
        return Files(storages, (await storages.named(caller.team_id, config)).config.id)

    async def aclose(self) -> None:
        await self._services.aclose()


class Files:
    """Reads through the store that the config has at that time: it may be updated while a client has these."""

    def __init__(self, storages: Storages, config_id: str) -> None:
        self._storages = storages
        self._config_id = config_id

    async def get(self, path: str, *, if_match: str | None = None) -> bytes:
        storage = await self._storages.by_id(self._config_id)
        return await storage.store.get(path, if_match=if_match)

    async def stream(self, path: str, *, if_match: str | None = None) -> AsyncGenerator[bytes]:
        storage = await self._storages.by_id(self._config_id)
        async with aclosing(storage.store.stream(path, if_match=if_match)) as content:
            async for chunk in content:
                yield chunk

    async def aclose(self) -> None:
        """The server closes the store."""


def create_app(settings: ServerSettings, services: Services | None = None) -> FastAPI:
    """The application for an ASGI server. Without `services` it opens its own at startup and closes them at the end."""
    app = FastAPI(
        title="TensorBay Open API",
        version=_VERSION,
        lifespan=_lifespan(settings) if services is None else None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.add_middleware(BodyLimit, limit=settings.body_limit)
    errors.install(app)
    app.add_api_route("/healthz", _healthz, methods=["GET"], tags=["operation"])
    routes.include(app)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    return app


def _lifespan(settings: ServerSettings) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = await Services.open(settings)
        app.state.services = services
        try:
            yield
        finally:
            await services.aclose()

    return lifespan


async def _healthz() -> Response:
    """The process answers. It says nothing about the database or the stores: restarting would not mend those."""
    return reply({"status": "ok"})
