from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.server.index._entries import Entries
from tensorbay.server.index._entry import frames_of
from tensorbay.server.index._names import not_found
from tensorbay.server.index._pages import EMPTY_TREE
from tensorbay.server.index._values import DraftRef, Listing

if TYPE_CHECKING:
    from collections.abc import Collection

    from tensorbay.server.index._entry import Entry
    from tensorbay.server.index._values import Ref

_READ_PAGES = 8


class Frames(Entries):
    """Entries of fusion segments, seen as frames."""

    async def list_frames(
        self, dataset_id: str, ref: Ref, segment: str, *, offset: int = 0, limit: int = 128
    ) -> Listing[list[Entry]]:
        """By frame id, in code-point order."""
        tree = await self._tree(dataset_id, ref, segment)
        spans = tree.frame_spans(offset, limit)
        pages = await self._pages.read([span.page for span in spans])
        parts = [frames_of(page)[span.start : span.stop] for span, page in zip(spans, pages, strict=True)]
        return Listing([frame for part in parts for frame in part], tree.frames)

    async def get_frame(self, dataset_id: str, ref: Ref, segment: str, frame_id: str) -> list[Entry]:
        """Empty where there is no such frame."""
        page = (await self._tree(dataset_id, ref, segment)).page_of_frame(frame_id)
        if page is None:
            return []
        (entries,) = await self._pages.read([page])
        return [entry for entry in entries if entry.frame_id == frame_id]

    async def delete_frame(self, dataset_id: str, number: int, segment: str, frame_id: str) -> None:
        ref = DraftRef(number)
        entries = await self.get_frame(dataset_id, ref, segment, frame_id)
        if not entries:
            keys = await self.nearby(dataset_id, ref, segment, f"{frame_id}/")
            raise not_found("frame", frame_id, [key.partition("/")[0] for key in keys])
        await self.delete(dataset_id, number, segment, [entry.key for entry in entries])

    async def find_remote(
        self, dataset_id: str, ref: Ref, segment: str, paths: Collection[str]
    ) -> dict[str, list[Entry]]:
        """The entries that have one of the remote paths. Reads the whole segment: its keys say nothing of them."""
        tree = await self._tree(dataset_id, ref, segment) if paths else EMPTY_TREE
        found: dict[str, list[Entry]] = {path: [] for path in paths}
        for start in range(0, len(tree.pages), _READ_PAGES):
            for page in await self._pages.load(tree.pages[start : start + _READ_PAGES]):
                for entry in page:
                    if entry.remote_path in found:
                        found[entry.remote_path].append(entry)
        return found
