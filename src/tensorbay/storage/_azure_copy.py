"""Copies of blobs: of one version of the source, and told how they ended. obstore can neither say nor hear that."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import anyio

from tensorbay.exception import StorageError
from tensorbay.storage._errors import refusal
from tensorbay.storage._http import Http

if TYPE_CHECKING:
    from tensorbay.storage._azure_keys import Access
    from tensorbay.storage._errors import Place
    from tensorbay.storage._http import Answer
    from tensorbay.storage._store import ObjectInfo

_SECONDS = 3600.0
_POLL_SECONDS = (0.2, 5.0)
_CLEAR_SECONDS = 5


class Copier:
    def __init__(self, place: Place, access: Access, *, proxy: str | None) -> None:
        self._place = place
        self._access = access
        self._http = Http(proxy=proxy, tries=7)  # many copies at a time may be too many for a moment

    async def copy(self, source: ObjectInfo, target: str) -> None:
        """Azure may copy later than it answers: until then the target is there, and empty."""
        wanted = {"x-ms-copy-source": self._access.source(source.path), "x-ms-source-if-match": source.etag}
        answer = await self._ask("PUT", target, key=source.path, headers=wanted)
        copy_id = answer.headers.get("x-ms-copy-id", "")
        try:
            with anyio.move_on_after(_SECONDS) as scope:
                answer = await self._ended(answer, target)
            if scope.cancelled_caught:
                raise StorageError(f"Azure did not finish the copy {target!r} within {_SECONDS:.0f} seconds.")
            if (status := _status(answer)) != "success":
                words = answer.headers.get("x-ms-copy-status-description", "no reason given")
                raise StorageError(f"Azure did not copy {source.path!r} to {target!r}: {words} ({status})")
        except BaseException:
            with anyio.move_on_after(_CLEAR_SECONDS, shield=True), contextlib.suppress(StorageError):
                await self._clear(target, copy_id)
            raise

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _ended(self, answer: Answer, target: str) -> Answer:
        pause, longest = _POLL_SECONDS
        while _status(answer) == "pending":
            await anyio.sleep(pause)
            pause = min(2 * pause, longest)
            answer = await self._ask("HEAD", target)
        return answer

    async def _clear(self, target: str, copy_id: str) -> None:
        """End the copy, and remove the empty blob that is left of it."""
        with contextlib.suppress(StorageError):  # when there is nothing to end
            query = {"comp": "copy", "copyid": copy_id}
            await self._ask("PUT", target, query=query, headers={"x-ms-copy-action": "abort"})
        left = (await self._ask("HEAD", target)).headers
        if left.get("x-ms-copy-id") == copy_id and left.get("x-ms-copy-status") in ("aborted", "failed"):
            await self._ask("DELETE", target, headers={"If-Match": left["etag"]})

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Errors are about `key`, if that is not `path`."""
        url, given = await self._access.request(method, path, query or {}, headers or {})
        answer = await self._http.request(method, url, headers=given)
        if answer.status >= 300:
            text = answer.body.decode(errors="replace")
            raise refusal(answer.status, text, self._place._replace(key=key or path))
        return answer


def _status(answer: Answer) -> str:
    return answer.headers.get("x-ms-copy-status", "success")
