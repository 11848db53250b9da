"""What the service does, apart from HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync

from tensorbay.local_storage._keys import check_upload_key
from tensorbay.local_storage._space import Space
from tensorbay.local_storage._tokens import Claims, TokenVerifier
from tensorbay.local_storage.serving import verified
from tensorbay.storage import FolderOptions, FolderStore

if TYPE_CHECKING:
    from tensorbay.local_storage._settings import ServiceSettings
    from tensorbay.storage import ObjectInfo

__all__ = ["Service"]

_BLOCK = 1 << 20

logger = logging.getLogger("tensorbay.local_storage")


class Service:
    def __init__(self, settings: ServiceSettings, store: FolderStore, space: Space, real_root: Path) -> None:
        self.settings = settings
        roots = {str(settings.root), str(real_root)}
        # Messages quote paths, which spells some characters in another way.
        self._hidden = sorted(roots | {repr(root)[1:-1] for root in roots}, key=len, reverse=True)
        self.store = store
        self.space = space
        self._verifier = TokenVerifier(settings.public_key, audiences=settings.endpoints, teams=settings.teams)

    @classmethod
    async def open(cls, settings: ServiceSettings) -> Service:
        """Removes what uploads left behind whose processes were killed."""
        store = FolderStore(FolderOptions(root=settings.root))
        await store.check()
        if removed := await store.remove_abandoned():
            logger.info("removed %d uploads that were never finished", removed)
        return cls(settings, store, await Space.measure(settings, store), await run_sync(settings.root.resolve))

    def without_root(self, words: str) -> str:
        """Where the folder lies on this machine is nobody's business."""
        for path in self._hidden:
            words = words.replace(path, "--root")
        return words

    def claims(self, token: str) -> Claims:
        return self._verifier.verify(token)

    async def write(self, key: str, chunks: AsyncIterator[bytes], *, announced: int | None = None) -> ObjectInfo:
        """The whole object, or nothing of it; `announced` bytes will come, if that is known."""
        check_upload_key(key)
        async with AsyncExitStack() as stack:
            booking = await stack.enter_async_context(self.space.upload(key))
            await booking.announce(announced or 0)

            async def body() -> AsyncIterator[bytes]:
                async for block in _blocks(verified(chunks, key)):
                    await booking.take(len(block))
                    yield block
                # From here to the end of the rename nobody else replaces the object.
                booking.replace(await stack.enter_async_context(self.space.replacing(key)))

            return await self.store.put(key, body())

    async def copy(self, source: str, target: str, *, if_match: str | None) -> ObjectInfo:
        async with aclosing(await self.store.open(source, if_match=if_match)) as file:
            return await self.write(target, file.chunks(unchanged=True), announced=file.info.size)

    async def delete(self, keys: Sequence[str]) -> None:
        if self.settings.quota is None:
            await self.store.delete(keys)
            return
        for key in keys:
            async with self.space.replacing(key) as size:
                await self.store.delete([key])
                self.space.used -= size


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in larger pieces: each costs a hop to a thread."""
    held = bytearray()
    async for chunk in chunks:
        if not held and len(chunk) >= _BLOCK:
            yield chunk
            continue
        held += chunk
        if len(held) >= _BLOCK:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
