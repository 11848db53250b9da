"""The service over HTTP. Who has a token for it may do what the token says; nobody else anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from tensorbay.local_storage._answers import HANDLERS
from tensorbay.local_storage._routes import ROUTES
from tensorbay.local_storage._service import Service

if TYPE_CHECKING:
    from tensorbay.local_storage._settings import ServiceSettings

__all__ = ["create_app"]

# Who has a URL may read with it, also in a page of any origin: there are no cookies that could act for somebody else.
_PAGES: dict[str, Any] = {
    "allow_origins": ["*"],
    "allow_methods": ["GET", "HEAD"],
    "allow_headers": ["If-Match", "Range"],
    "expose_headers": ["Content-Range", "ETag"],
}


def create_app(settings: ServiceSettings) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.service = await Service.open(settings)
        yield

    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(CORSMiddleware, **_PAGES)],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app
