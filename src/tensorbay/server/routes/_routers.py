from fastapi import APIRouter

from tensorbay.wire import V1, V2

__all__ = ["v1_router", "v2_router"]


def v1_router(path: str, tag: str) -> APIRouter:
    return APIRouter(prefix=f"/{V1.rstrip('/')}{path}", tags=[tag])


def v2_router(path: str, tag: str) -> APIRouter:
    return APIRouter(prefix=f"/{V2.rstrip('/')}{path}", tags=[tag])
