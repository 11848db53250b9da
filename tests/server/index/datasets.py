"""A dataset to work on, and entries to put into it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from tensorbay.server.database import Database, storage_config, team, upsert_rows
from tensorbay.server.index import Entry, Index, Ref

CONFIG = "c" * 32
"""The storage config that entries lie in."""


async def add_config(database: Database) -> None:
    row = {"id": CONFIG, "team_id": "team", "name": "config", "kind": "local", "file_path": "", "options": "{}"}

    def transaction(connection: Connection) -> None:
        upsert_rows(connection, team, {"id": "team", "name": "team"})
        upsert_rows(connection, storage_config, {**row, "is_managed": False, "created": 0.0})

    await database.write(transaction)


def make(key: str, generation: int = 0, *, label: object = None, config: str = CONFIG) -> Entry:
    return Entry(
        key=key,
        label=raw({"CLASSIFICATION": {"category": f"{key}/{generation}"}} if label is None else label),
        timestamp=generation,
        config=config,
        path=f"bucket/{key}",
        size=generation + 1,
        etag=f"etag-{generation}",
        mtime=1.5,
        version=None,
    )


def raw(document: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(document).encode())


@dataclass(frozen=True)
class Work:
    """A dataset, and short ways to change and read it."""

    index: Index
    dataset: str

    async def draft(self, branch: str = "main") -> int:
        return await self.index.versions.create_draft(self.dataset, branch=branch, title="draft", author="maria")

    async def commit(self, draft: int, **options: str) -> str:
        row = await self.index.versions.commit(self.dataset, draft, title="commit", committer="maria", **options)
        return row.commit_id

    async def segment(self, draft: int, name: str, entries: Iterable[Entry] = ()) -> None:
        await self.index.contents.create_segment(self.dataset, draft, name)
        await self.index.contents.put(self.dataset, draft, name, list(entries))

    async def entries(self, ref: Ref, segment: str, step: int = 50) -> list[Entry]:
        """All of them, page by page, each page as long as it must be."""
        found: list[Entry] = []
        while True:
            page = await self.index.contents.list(self.dataset, ref, segment, offset=len(found), limit=step)
            assert len(page.items) == min(step, page.total - len(found))
            found += page.items
            if len(found) >= page.total:
                return found

    async def content(self, ref: Ref, step: int = 50) -> dict[str, dict[str, Entry]]:
        names = [row.name for row in (await self.index.contents.list_segments(self.dataset, ref, limit=1000)).items]
        return {name: {entry.key: entry for entry in await self.entries(ref, name, step)} for name in names}


async def work_on(index: Index, name: str = "DATASET") -> Work:
    await add_config(index._database)
    return Work(index, (await index.datasets.create("team", name)).id)
