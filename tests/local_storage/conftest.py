from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.local_storage.running import RunningService
from tests.storage.filling import write_all


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    write_all(folder, ["data/1.png", "data/2.png", "other/1.png"])
    write_all(tmp_path, ["secret"])
    return folder


@pytest.fixture
def service(service_process: RunningService, root: Path) -> RunningService:
    service_process.serve(root)
    return service_process


@pytest.fixture
async def client(service: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """That knows nothing of us."""
    async with httpx.AsyncClient(base_url=service.url) as found:
        yield found
