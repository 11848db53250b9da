from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tensorbay.server.database import Database
from tensorbay.server.index import Index, _merge, _sort
from tests.databases import KINDS, fresh_url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    return fresh_url(request.param, tmp_path)


@pytest.fixture
async def database(url: URL) -> AsyncIterator[Database]:
    database = await Database.open(url)
    yield database
    await database.aclose()


@pytest.fixture
async def index(database: Database) -> Index:
    return await Index.open(database)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of about 8 entries and sorting in groups of 16, so that little data goes all the ways."""
    weight = 8 * _merge.ENTRY_WEIGHT
    monkeypatch.setattr(_merge, "PAGE_WEIGHT", weight)
    monkeypatch.setattr(_merge, "MAX_WEIGHT", weight * 3 // 2)
    monkeypatch.setattr(_merge, "MIN_WEIGHT", weight // 4)
    monkeypatch.setattr(_merge, "SPILL_WEIGHT", weight * 5 // 2)
    monkeypatch.setattr(_sort, "GROUP_ENTRIES", 16)
    monkeypatch.setattr(_sort, "BLOCK_ENTRIES", 8)
    monkeypatch.setattr(_sort, "CHUNK_ENTRIES", 4)
