from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from time import time
from typing import Any

import anyio
import pytest

from tensorbay import AsyncGAS
from tensorbay.aio._fetch import Fetcher
from tensorbay.aio._readers import Signer
from tensorbay.server import ServerSettings, create_key
from tensorbay.wire import SignedUrls
from tests.server.running import running_server
from tests.storage.opened import is_closed, keep_opened


class Signing:
    """Signs, and remembers what was asked in which request."""

    def __init__(self, *, lifetime: float = 3600) -> None:
        self.requests: list[list[str]] = []
        self.lifetime = lifetime
        self.gate: anyio.Event | None = None
        self.error: Exception | None = None

    async def __call__(self, paths: Sequence[str]) -> SignedUrls:
        self.requests.append(list(paths))
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return SignedUrls([f"http://store/{path}?signed" for path in paths], time() + self.lifetime)


async def ask(signer: Signer, paths: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}

    async def one(path: str) -> None:
        found[path] = await signer.url(path)

    async with anyio.create_task_group() as group:
        for path in paths:
            group.start_soon(one, path)
    return found


async def test_callers_at_the_same_time_share_a_request() -> None:
    sign = Signing()
    paths = [f"{number}" for number in range(1500)]
    found = await ask(Signer(sign), paths)
    assert found == {path: f"http://store/{path}?signed" for path in paths}
    assert [len(request) for request in sign.requests] == [1000, 500]


async def test_a_url_is_asked_for_once_while_it_lives() -> None:
    sign = Signing()
    signer = Signer(sign)
    assert await signer.url("a") == await signer.url("a")
    assert sign.requests == [["a"]]
    signer.forget("a")
    await signer.url("a")
    assert len(sign.requests) == 2


async def test_a_url_in_its_last_minute_is_renewed() -> None:
    sign = Signing()
    signer = Signer(sign)
    signer.remember("a", "http://store/a?old", time() + 30)
    assert await signer.url("a") == "http://store/a?signed"


async def test_what_a_listing_brought_is_not_asked_for() -> None:
    sign = Signing()
    signer = Signer(sign)
    signer.remember("a", "http://store/a?listed", time() + 3600)
    assert await signer.url("a") == "http://store/a?listed"
    assert sign.requests == []


async def test_a_refusal_reaches_every_caller() -> None:
    sign = Signing()
    sign.error = PermissionError("no")
    signer = Signer(sign)
    refused = 0

    async def one(path: str) -> None:
        nonlocal refused
        with pytest.raises(PermissionError, match="no"):
            await signer.url(path)
        refused += 1

    async with anyio.create_task_group() as group:
        for path in "abc":
            group.start_soon(one, path)
    assert refused == 3
    sign.error = None
    assert await signer.url("a") == "http://store/a?signed"


async def test_the_others_go_on_when_the_caller_that_signs_is_cancelled() -> None:
    sign = Signing()
    sign.gate = anyio.Event()
    signer = Signer(sign)
    found: list[str] = []

    async def leader(scope: anyio.CancelScope) -> None:
        with scope:
            await signer.url("leader")

    async def follower() -> None:
        found.append(await signer.url("follower"))

    async with anyio.create_task_group() as group:
        scope = anyio.CancelScope()
        group.start_soon(leader, scope)
        group.start_soon(follower)
        await anyio.wait_all_tasks_blocked()
        scope.cancel()
        sign.gate.set()
    assert found == ["http://store/follower?signed"]


async def test_a_file_that_is_left_early_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = anyio.Path(tmp_path / "bucket")
    await folder.mkdir()
    await (folder / "a").write_bytes(bytes(3 << 20))
    async with AsyncGAS(url=(tmp_path / "home").as_uri()) as gas:
        await gas.create_local_storage_config("bucket", "", folder.as_uri())
        cloud = await gas.get_cloud_client("bucket")
        (data,) = [found async for found in cloud.list_auth_data()]
        opened = keep_opened(monkeypatch)
        async with data.aopen() as file:
            assert await file.read(1) == b"\0"
        assert [is_closed(file) for file in opened] == [True]


async def test_a_download_that_is_left_early_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, home = anyio.Path(tmp_path / "bucket"), tmp_path / "home"
    await folder.mkdir()
    await (folder / "a").write_bytes(bytes(3 << 20))
    key = await create_key(ServerSettings(home=home), "maria")
    streams: list[Any] = []
    stream = Fetcher.stream

    def keep(self: Fetcher, url: str, **options: Any) -> AsyncGenerator[bytes]:
        streams.append(opened := stream(self, url, **options))
        return opened

    monkeypatch.setattr(Fetcher, "stream", keep)
    with running_server(ServerSettings(home=home, allow_folders=(tmp_path,))) as url:
        async with AsyncGAS(key, url) as gas:
            await gas.create_local_storage_config("bucket", "", folder.as_uri())
            cloud = await gas.get_cloud_client("bucket")
            (data,) = [found async for found in cloud.list_auth_data()]
            async with data.aopen() as file:
                assert await file.read(1) == b"\0"
            assert [found.ag_frame for found in streams] == [None]
