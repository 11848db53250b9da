"""The Open API, one module per noun."""

from fastapi import FastAPI

from tensorbay.server.routes import (
    benchmarks,
    branches,
    cloud,
    commits,
    credentials,
    data,
    datasets,
    diffs,
    drafts,
    imports,
    jobs,
    labels,
    masks,
    notes,
    objects,
    search_results,
    segments,
    sensors,
    storage_checks,
    storage_configs,
    storage_service,
    tags,
    transfers,
    uploads,
    users,
    verifications,
)

__all__ = ["include"]

_V1 = (
    users,
    storage_configs,
    cloud,
    datasets,
    segments,
    sensors,
    data,
    transfers,
    labels,
    masks,
    uploads,
    imports,
    notes,
    drafts,
    commits,
    branches,
    tags,
    diffs,
    jobs,
    search_results,
    benchmarks,
)
_V2 = (
    benchmarks,
    credentials,
    storage_checks,
    storage_configs,
    storage_service,
    cloud,
    data,
    jobs,
    uploads,
    verifications,
)


def include(app: FastAPI) -> None:
    # Not `include_router`, which builds the routes anew for each application, at its first request and on the loop.
    for module in _V1:
        app.router.routes.extend(module.router.routes)
    for module in _V2:
        app.router.routes.extend(module.router_v2.routes)
    app.router.routes.extend(objects.router.routes)
