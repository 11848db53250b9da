from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tensorbay.server import ServerSettings, create_key
from tests.server.running import Api, embedded_api, running_server, served_api


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Not in `tmp_path`, which tests open as a storage: a server refuses folders around its home.
    return tmp_path_factory.mktemp("server") / "home"


@pytest.fixture
async def embedded(home: Path) -> AsyncIterator[Api]:
    async with embedded_api(home) as api:
        yield api


@pytest.fixture
def server_url(home: Path, tmp_path: Path) -> Iterator[str]:
    """A served server that may open folders below `tmp_path`, and buckets on this machine."""
    with running_server(ServerSettings(home=home, allow_folders=(tmp_path,), allow_private_endpoints=True)) as url:
        yield url


@pytest.fixture
async def served(server_url: str, home: Path) -> AsyncIterator[Api]:
    """Over TCP."""
    async with served_api(server_url, await create_key(ServerSettings(home=home), "maria")) as api:
        yield api


@pytest.fixture(params=["embedded", "served"])
def api(request: pytest.FixtureRequest) -> Api:
    """The same server in this process and over TCP: whatever uses this runs twice."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Api)
    return found
