"""What a store says of many objects at once."""

from __future__ import annotations

from bisect import bisect_right
from os.path import commonprefix
from typing import TYPE_CHECKING

from tensorbay._util.concurrency import map_concurrently
from tensorbay.exception import (
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage import ObjectInfo, is_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tensorbay.storage import Store

__all__ = ["look_up"]

# Of the thousand keys of a page, how many have to be wanted: for fewer it is cheaper to ask for each.
_DENSE = 16
_PAGE = 1000

_ANSWERS = (ObjectNotFoundError, StorageAccessError, StorageNotFoundError)


async def look_up(store: Store, keys: Iterable[str], *, limit: int) -> dict[str, ObjectInfo | StorageError]:
    """Each object, or why the store does not tell: it is not there, or it may not be seen.

    Where the keys lie close together the store is asked for listings, else for each object, `limit` at a time. An
    error that is about no object, such as a store that does not answer, is raised.
    """
    wanted = sorted(set(keys))
    found: dict[str, ObjectInfo | StorageError] = dict(await _listed(store, wanted))

    async def ask(key: str) -> ObjectInfo | StorageError:
        try:
            return await store.head(key)
        except _ANSWERS as error:
            return error

    # Not only what lies alone: a listing leaves out what is below a linked folder.
    left = [key for key in wanted if key not in found]
    found.update(zip(left, await map_concurrently(ask, left, limit=limit), strict=True))
    return found


async def _listed(store: Store, wanted: Sequence[str]) -> dict[str, ObjectInfo]:
    """Those of the sorted keys that pages of a listing brought, as long as one brings enough of them."""
    public = [key for key in wanted if not is_private(key)]  # which are never listed
    found: dict[str, ObjectInfo] = {}
    if len(public) < _DENSE:
        return found
    prefix = commonprefix([public[0], public[-1]])  # noqa: RUF071  (of keys, which are no paths of this machine)
    folder = prefix[: prefix.rfind("/") + 1]
    after = public[0]  # a listing begins behind a key
    rest = set(public[1:])
    while len(rest) >= _DENSE:
        try:
            page = await store.list_page(folder, after=after, limit=_PAGE)
        except StorageUnreachableError:
            raise
        except StorageError:
            break  # who may not list may be allowed to look, and a key that ends listings is not asked for
        here = {info.path: info for info in page if info.path in rest}
        found |= here
        if len(page) < _PAGE or len(here) < _DENSE:
            break
        after = page[-1].path
        rest = set(public[bisect_right(public, after) :])
    return found
