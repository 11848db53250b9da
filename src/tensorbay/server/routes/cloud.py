from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Response

from tensorbay.exception import ResourceNotExistError
from tensorbay.server.dependencies import BaseUrl, CurrentCaller, CurrentServices
from tensorbay.server.entries import check_count
from tensorbay.server.replies import reply, reply_bulk
from tensorbay.server.routes._routers import v1_router, v2_router
from tensorbay.server.storage import Storage
from tensorbay.storage import ObjectInfo
from tensorbay.wire import PAGE_LIMIT, CloudFile, CloudFiles, SignBody, SignedUrls

router = v1_router("/cloud", "cloud files")
router_v2 = v2_router("/cloud", "cloud files")

Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT)]


# Before the listing: its path begins the same way, and names of configs may contain a slash.
@router.get("/{config}/files/urls")
@router.get("/{config:path}/files/urls", include_in_schema=False)
async def get_url(
    services: CurrentServices,
    caller: CurrentCaller,
    base_url: BaseUrl,
    config: str,
    path: Annotated[str, Query(alias="filePath")],
) -> Response:
    """A signed download URL. Settled here: it is given without a look whether the file exists."""
    storage = await services.storages.named(caller.team_id, config)
    storage.check_keys([path])
    return reply({"url": (await storage.sign([path], base_url=base_url)).urls[0]})


@router.get("/{config}/files")
@router.get("/{config:path}/files", include_in_schema=False)
async def list_files(
    services: CurrentServices,
    caller: CurrentCaller,
    config: str,
    prefix: str = "",
    marker: str = "",
    limit: Limit = 128,
) -> Response:
    """Keys that begin with `prefix`, at any depth, in ascending code-point order, from `marker` on.

    Settled here: files only, no folder placeholders; a prefix that matches nothing is an empty list.
    """
    storage = await services.storages.named(caller.team_id, config)
    files, following = await _list(storage, prefix, marker, limit)
    return reply(
        {
            "cloudFiles": [file.path for file in files],
            "truncated": following is not None,
            "nextMarker": following or "",
        }
    )


@router_v2.get("/files")
async def list_details(
    services: CurrentServices,
    caller: CurrentCaller,
    base_url: BaseUrl,
    config: str,
    prefix: str = "",
    after: str = "",
    limit: Limit = PAGE_LIMIT,
    sign: bool = False,
) -> Response:
    """Like the listing of v1, with size, etag, mtime and version of each file, and a URL with `sign=1`.

    A prefix that matches nothing is `ResourceNotExist`; the message says what lies where the prefix begins.
    """
    storage = await services.storages.named(caller.team_id, config)
    files, following = await _list(storage, prefix, after, limit)
    if not files and prefix and not after and following is None:
        raise await _nothing_at(storage, prefix)
    if not sign:
        return await reply_bulk(len(files), lambda: _page(files, following, [None] * len(files), None))
    signed = await storage.sign([file.path for file in files], base_url=base_url)
    return await reply_bulk(len(files), lambda: _page(files, following, signed.urls, signed.expire_at))


@router_v2.post("/urls")
async def sign_urls(services: CurrentServices, caller: CurrentCaller, base_url: BaseUrl, body: SignBody) -> Response:
    """Signed download URLs for up to 1,000 files, in the order asked for; none is looked up."""
    check_count(len(body.paths), PAGE_LIMIT)
    storage = await services.storages.named(caller.team_id, body.config)
    storage.check_keys(body.paths)
    signed = await storage.sign(body.paths, base_url=base_url)
    return reply(SignedUrls([*signed.urls], signed.expire_at))


async def _list(storage: Storage, prefix: str, after: str, limit: int) -> tuple[list[ObjectInfo], str | None]:
    """A page, and the key to go on after."""
    page = await storage.store.list_page(prefix, after=after, limit=limit)
    following = page[-1].path if len(page) >= limit else None
    # Consoles of some stores make empty objects to show a folder that has nothing in it yet.
    return [file for file in page if not file.path.endswith("/")], following


def _page(
    files: list[ObjectInfo], following: str | None, urls: Sequence[str | None], expire_at: float | None
) -> CloudFiles:
    return CloudFiles(
        [
            CloudFile(file.path, file.size, file.etag, file.mtime, file.version, url)
            for file, url in zip(files, urls, strict=True)
        ],
        following,
        expire_at,
    )


async def _nothing_at(storage: Storage, prefix: str) -> ResourceNotExistError:
    """Goes up until there is something to show."""
    parent = prefix
    while True:
        parent = parent.rstrip("/").rpartition("/")[0]
        parent = f"{parent}/" if parent else ""
        level = await storage.beside(parent)
        if level is None or level.folders or level.files or not parent:
            break
    text = f'No file in storage config "{storage.config.name}" begins with "{prefix}".'
    if level is None:
        return ResourceNotExistError(text)
    names = ", ".join(f'"{name}"' for name in [*level.folders, *level.files][:10])
    where = f'"{parent}"' if parent else "the top"
    there = f"At {where} there is {names}." if names else f"There is nothing at {where} at all."
    return ResourceNotExistError(f"{text} {there}")
