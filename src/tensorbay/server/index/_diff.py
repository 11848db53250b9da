"""What differs between two trees. Pages that both have are not read."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from tensorbay.server.index._entry import Entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from tensorbay.server.index._tree import PageRef

    Load = Callable[[Sequence[PageRef]], Awaitable[list[list[Entry]]]]

_READ_AHEAD = 8  # pages of each side

_key = attrgetter("key")


class Difference(msgspec.Struct, frozen=True):
    """An entry that was added (no `before`), removed (no `after`) or changed."""

    key: str
    before: Entry | None
    after: Entry | None


def unshared(base: Sequence[PageRef], head: Sequence[PageRef]) -> tuple[list[PageRef], list[PageRef]]:
    """The pages that only one side has. Those of both hold the same entries, so they tell nothing."""
    shared = {page.hash for page in base} & {page.hash for page in head}
    return [page for page in base if page.hash not in shared], [page for page in head if page.hash not in shared]


async def differences(base: Sequence[PageRef], head: Sequence[PageRef], load: Load) -> AsyncIterator[list[Difference]]:
    """In order of keys, in batches. Memory: a few pages."""
    before, after = (_Side(pages, load) for pages in unshared(base, head))
    while True:
        ends = [last for side in (before, after) if (last := await side.fill()) is not None]
        if not ends:
            return
        bound = min(ends)
        if found := compare(before.take(bound), after.take(bound)):
            yield found


class _Side:
    def __init__(self, pages: Sequence[PageRef], load: Load) -> None:
        self._pages = pages
        self._load = load
        self._next = 0
        self._entries: list[Entry] = []

    async def fill(self) -> str | None:
        """The last key that is in memory; none at the end."""
        if not self._entries:
            pages = self._pages[self._next : self._next + _READ_AHEAD]
            self._next += len(pages)
            self._entries = [entry for page in await self._load(pages) for entry in page] if pages else []
        return self._entries[-1].key if self._entries else None

    def take(self, bound: str) -> list[Entry]:
        cut = bisect_right(self._entries, bound, key=_key)
        taken, self._entries = self._entries[:cut], self._entries[cut:]
        return taken


def compare(before: Sequence[Entry], after: Sequence[Entry]) -> list[Difference]:
    old = {entry.key: entry for entry in before}
    new = {entry.key: entry for entry in after}
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return [Difference(key, old.get(key), new.get(key)) for key in keys]
