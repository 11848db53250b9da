"""The Open API, one module per noun."""

from fastapi import FastAPI

from tensorbay.server.routes import (
    branches,
    cloud,
    commits,
    data,
    datasets,
    drafts,
    imports,
    labels,
    notes,
    objects,
    segments,
    storage_configs,
    tags,
    uploads,
    users,
)
from tensorbay.wire import V1, V2

__all__ = ["include"]

_V1 = (
    users,
    storage_configs,
    cloud,
    datasets,
    segments,
    data,
    labels,
    uploads,
    imports,
    notes,
    drafts,
    commits,
    branches,
    tags,
)
_V2 = (cloud, data, uploads)


def include(app: FastAPI) -> None:
    for module in _V1:
        app.include_router(module.router, prefix=f"/{V1.rstrip('/')}")
    for module in _V2:
        app.include_router(module.router_v2, prefix=f"/{V2.rstrip('/')}")
    app.include_router(objects.router)
