"""Listing of a bucket in code-point order of its keys.

The common way is obstore's, a thousand keys per request. It is left, for one page, where obstore cannot tell the
truth: it fails on keys with control characters or empty components, and drops the last "/" of a key, so that a
folder marker "a/" looks like an empty file "a".

S3 lists keys in code-point order. Servers that keep keys in a tree of folders (SeaweedFS) list that tree instead:
"a/x" before "a-b", though "-" is smaller than "/". Until a subfolder comes both orders are the same. With the first
one, the server is asked which it has; a tree is then listed level by level and put in order here.
"""

from __future__ import annotations

from contextlib import aclosing
from itertools import pairwise
from typing import TYPE_CHECKING

from obstore.exceptions import InvalidPathError

from tensorbay.exception import StorageError
from tensorbay.storage._key import check_prefix
from tensorbay.storage._listing import LAST, describe, folder_of, is_expressible, just_before
from tensorbay.storage._store import PAGE_LIMIT, Level, ObjectInfo, is_private

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from obstore import ObjectMeta
    from obstore.store import S3Store as Bucket

    from tensorbay.storage._aws import AwsBucket

_WALKS_KEPT = 8
_POSITIONS_KEPT = 64


class S3Listing:
    def __init__(self, bucket: Bucket, aws: AwsBucket) -> None:
        self._bucket = bucket
        self._aws = aws
        self._is_tree: bool | None = None
        # By prefix and the last key given: walks through a tree that wait to be asked for their next page, and
        # listings that have not come to a subfolder yet.
        self._walks: dict[tuple[str, str], AsyncGenerator[ObjectInfo, None]] = {}
        self._before_subfolders: dict[tuple[str, str], None] = {}

    async def page(self, prefix: str, after: str, limit: int) -> list[ObjectInfo]:
        check_prefix(prefix)
        check_prefix(after)
        if not after.startswith(prefix):
            if after > prefix:
                return []
            after = ""
        position = (prefix, after)
        if position in self._walks or await self._is_in_tree(position):
            return await self._page_of_tree(prefix, after, limit)
        page = await self._page_in_server_order(prefix, after, limit)
        if page is None:
            return await self._page_of_tree(prefix, after, limit)
        if page and self._is_tree is not False:
            self._before_subfolders[prefix, page[-1].path] = None
            if len(self._before_subfolders) > _POSITIONS_KEPT:
                del self._before_subfolders[next(iter(self._before_subfolders))]
        return page

    async def level(self, prefix: str, limit: int) -> Level:
        check_prefix(prefix)
        folders: list[str] = []
        files: list[str] = []
        token: str | None = None
        while True:
            page = await self._aws.list_page(prefix, delimiter="/", token=token)
            folders += (folder for folder in page.folders if not is_private(folder))
            files += (info.path for info in page.objects if _is_file(info))
            token = page.token
            if token is None or (len(folders) >= limit and len(files) >= limit):
                return Level(sorted(folders)[:limit], sorted(files)[:limit])

    async def aclose(self) -> None:
        while self._walks:
            await self._walks.popitem()[1].aclose()
        await self._aws.aclose()

    async def _is_in_tree(self, position: tuple[str, str]) -> bool:
        """Whether a tree has keys before this position that are greater: those in "a/" if it is "a-b".

        Or if it is "a": SeaweedFS then goes on after all of "a/".
        """
        _, after = position
        if not after or self._is_tree is False:
            return False
        if self._before_subfolders.pop(position, position) is None:
            return False
        for end in range(1, len(after) + 1):
            if after[end - 1] != "/" and after[end : end + 1] < "/":
                below = f"{after[:end]}/"
                objects, _ = await self._request(below, "")
                path = next((info.path for info in objects if info.path.startswith(below)), None)
                if path is not None and await self._lists_tree(folder_of(after[:end]), path):
                    return True
        return False

    async def _page_in_server_order(self, prefix: str, after: str, limit: int) -> list[ObjectInfo] | None:
        """None when that is not the order of keys."""
        found: list[ObjectInfo] = []
        folder = folder_of(prefix)
        while True:
            objects, ended = await self._request(prefix, after)
            paths = (info.path for info in objects if info.path.startswith(prefix))
            deeper = next((path for path in paths if "/" in path[len(folder) :]), None)
            if deeper is not None and await self._lists_tree(folder, deeper):
                return None
            for info in objects:
                path = info.path
                if not path.startswith(prefix):
                    if path > prefix:
                        return found
                    continue
                if path <= after:
                    if self._is_tree is False:
                        raise StorageError(f"The store lists {path!r} after {after!r}: not in the order of keys.")
                    self._is_tree = True
                    return None
                after = path
                if _is_file(info):
                    found.append(info)
                    if len(found) == limit:
                        return found
            if ended:
                return found
            after = max(after, objects[-1].path)

    async def _request(self, prefix: str, after: str) -> tuple[list[ObjectInfo], bool]:
        """One request's worth of objects, as the server orders them, and whether they are the last.

        They may start before `prefix` and go on after it.
        """
        folder = folder_of(prefix)[:-1]
        start = after or just_before(prefix, folder)
        if is_expressible(folder) and is_expressible(start):
            stream = self._bucket.list(folder or None, offset=start or None, chunk_size=PAGE_LIMIT)
            try:
                chunk: Sequence[ObjectMeta] = await anext(stream, [])
            except InvalidPathError:
                chunk = []
            else:
                objects = [describe(meta) for meta in chunk]
                if all(info.size for info in objects) and all(a.path < b.path for a, b in pairwise(objects)):
                    return objects, len(objects) < PAGE_LIMIT
        page = await self._aws.list_page(prefix, after=after)
        return page.objects, page.token is None

    async def _lists_tree(self, folder: str, path: str) -> bool:
        """Whether the server sorts the folder in `path` by its name without "/".

        "name." and more is smaller than all keys in the folder "name/", so a listing after it must not miss `path`;
        but it is greater than "name", and all that can lie between them.
        """
        if self._is_tree is None:
            name, _, _ = path[len(folder) :].partition("/")
            objects, _ = await self._request(folder, f"{folder}{name}.{LAST}")
            self._is_tree = not objects or objects[0].path > path
        return self._is_tree

    async def _page_of_tree(self, prefix: str, after: str, limit: int) -> list[ObjectInfo]:
        walk = self._walks.pop((prefix, after), None)
        # A loop that ends closes those that were begun on it: their listings would seem to end there.
        if walk is None or getattr(walk, "ag_frame", None) is None:
            walk = self._walk(prefix, after)
        found: list[ObjectInfo] = []
        async for info in walk:
            found.append(info)
            if len(found) == limit:
                self._walks[prefix, info.path] = walk
                break
        if len(self._walks) > _WALKS_KEPT:
            await self._walks.pop(next(iter(self._walks))).aclose()
        return found

    async def _walk(self, prefix: str, after: str) -> AsyncGenerator[ObjectInfo, None]:
        """Keys in order. A folder waits until no sibling can come that is smaller: after "a/" may follow "a-b"."""
        waiting: list[str] = []
        async with aclosing(self._children(prefix)) as children:
            async for child in children:
                path = child if isinstance(child, str) else child.path
                while waiting and waiting[-1] < path:
                    async with aclosing(self._walk(waiting.pop(), after)) as below:
                        async for info in below:
                            yield info
                if isinstance(child, str):
                    if not is_private(child) and (child > after or after.startswith(child)):
                        waiting.append(child)
                elif path > after and _is_file(child):
                    yield child
        while waiting:
            async with aclosing(self._walk(waiting.pop(), after)) as below:
                async for info in below:
                    yield info

    async def _children(self, prefix: str) -> AsyncGenerator[ObjectInfo | str, None]:
        """One level of the tree, sorted by names without "/"."""
        token: str | None = None
        while True:
            page = await self._aws.list_page(prefix, delimiter="/", token=token)
            children: list[ObjectInfo | str] = [*page.objects, *page.folders]
            for child in sorted(children, key=_bare_name):
                yield child
            token = page.token
            if token is None:
                return


def _is_file(info: ObjectInfo) -> bool:
    is_marker = info.path.endswith("/") and info.size == 0
    return not is_marker and not is_private(info.path)


def _bare_name(child: ObjectInfo | str) -> str:
    return child.removesuffix("/") if isinstance(child, str) else child.path
