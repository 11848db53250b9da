from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from tensorbay.server.dependencies import identify
from tensorbay.wire import SEXTANT_V1, SEXTANT_V2, V1, V2

__all__ = ["sextant_router", "sextant_router_v2", "v1_router", "v2_router"]


class _Route(APIRoute):
    """FastAPI reads the body before it asks for anything else: nobody is read whose access key is unknown."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def identified(request: Request) -> Response:
            await identify(request)
            return await handle(request)

        return identified


def v1_router(path: str, tag: str) -> APIRouter:
    return _router(V1, path, tag)


def v2_router(path: str, tag: str) -> APIRouter:
    return _router(V2, path, tag)


def sextant_router(path: str, tag: str) -> APIRouter:
    return _router(SEXTANT_V1, path, tag)


def sextant_router_v2(path: str, tag: str) -> APIRouter:
    return _router(SEXTANT_V2, path, tag)


def _router(root: str, path: str, tag: str) -> APIRouter:
    return APIRouter(prefix=f"/{root.rstrip('/')}{path}", tags=[tag], route_class=_Route)
