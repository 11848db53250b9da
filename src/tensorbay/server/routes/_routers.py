from fastapi import APIRouter

from tensorbay.wire import SEXTANT_V1, SEXTANT_V2, V1, V2

__all__ = ["sextant_router", "sextant_router_v2", "v1_router", "v2_router"]


def v1_router(path: str, tag: str) -> APIRouter:
    return _router(V1, path, tag)


def v2_router(path: str, tag: str) -> APIRouter:
    return _router(V2, path, tag)


def sextant_router(path: str, tag: str) -> APIRouter:
    return _router(SEXTANT_V1, path, tag)


def sextant_router_v2(path: str, tag: str) -> APIRouter:
    return _router(SEXTANT_V2, path, tag)


def _router(root: str, path: str, tag: str) -> APIRouter:
    return APIRouter(prefix=f"/{root.rstrip('/')}{path}", tags=[tag])
