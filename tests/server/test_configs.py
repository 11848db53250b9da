"""Storage configs and the datasets that use them, also when both change at the same moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import pytest

from tensorbay.exception import ForbiddenError, ResourceNotExistError
from tensorbay.server.accounts import Accounts
from tensorbay.server.configs import StorageConfig, StorageConfigs
from tensorbay.server.database import Database
from tensorbay.server.index import Index
from tests.databases import KINDS, fresh_url
from tests.server.index.datasets import make


@dataclass(frozen=True)
class Scene:
    index: Index
    configs: StorageConfigs
    team: str

    async def config(self, name: str = "x") -> StorageConfig:
        return await self.configs.add(
            self.team, name, kind="local", file_path="data", options={"endpoint": "file:///x"}, seal=lambda: None
        )

    async def dataset(self, name: str, config: StorageConfig | None = None) -> str:
        row = await self.index.datasets.create(self.team, name, config_id=None if config is None else config.id)
        return row.id

    async def put(self, dataset: str, config: StorageConfig) -> None:
        draft = await self.index.versions.create_draft(dataset, branch="main", title="draft", author="maria")
        await self.index.contents.create_segment(dataset, draft, "train")
        await self.index.contents.put(dataset, draft, "train", [make("1", config=config.id)])

    async def move(self, config: StorageConfig) -> StorageConfig:
        return await self.configs.update(
            config, file_path="other", options=config.options, seal=lambda: None, moved=["filePath"]
        )


@pytest.fixture(params=KINDS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    database = await Database.open(fresh_url(request.param, tmp_path))
    team = await Accounts(database).ensure_team("team")
    yield Scene(await Index.open(database), StorageConfigs(database), team)
    await database.aclose()


async def test_what_datasets_use_is_neither_deleted_nor_moved(scene: Scene) -> None:
    config, other, unused = [await scene.config(name) for name in "xyz"]
    names = [f"Dogs {number}" for number in range(7)]
    for name in names[:6]:
        await scene.dataset(name, config)
    await scene.put(await scene.dataset(names[6]), config)
    await scene.put(await scene.dataset("Cats"), other)
    assert await scene.configs.users([config.id, other.id, unused.id]) == {config.id: names, other.id: ["Cats"]}
    for attempt in (scene.configs.delete, scene.move):
        with pytest.raises(ForbiddenError, match=r'the datasets "Dogs 0", .*, "Dogs 4" and 2 more'):
            await attempt(config)
        with pytest.raises(ForbiddenError, match='the datasets "Cats"'):
            await attempt(other)
    assert (await scene.move(unused)).file_path == "other"
    assert (await scene.configs.find(scene.team, "x")).file_path == "data"
    # Anything but the place may change.
    options = {"endpoint": "file:///y"}
    changed = await scene.configs.update(config, file_path="data", options=options, seal=lambda: b"sealed")
    assert changed == await scene.configs.find(scene.team, "x")
    with pytest.raises(ForbiddenError, match="changed by somebody else"):
        await scene.configs.update(config, file_path="data", options=options, seal=lambda: None)
    await scene.configs.delete(unused)
    assert await scene.configs.get(unused.id) is None


async def test_a_result_of_a_search_is_no_user_of_its_own(scene: Scene) -> None:
    """Nobody could see it, or delete it."""
    config = await scene.config()
    dataset = await scene.dataset("Dogs", config)
    source = await scene.index.datasets.get(scene.team, dataset)
    await scene.put((await scene.index.datasets.create_result(source, "result")).id, config)
    assert await scene.configs.users([config.id]) == {config.id: ["Dogs"]}
    await scene.index.datasets.delete(scene.team, dataset)
    await scene.configs.delete(config)


async def test_a_config_that_is_gone_is_used_by_nothing_new(scene: Scene) -> None:
    config = await scene.config()
    dataset = await scene.dataset("Dogs")
    await scene.configs.delete(config)
    with pytest.raises(ResourceNotExistError, match=config.id):
        await scene.dataset("Cats", config)
    with pytest.raises(ResourceNotExistError, match=config.id):
        await scene.put(dataset, config)
    assert await scene.index.datasets.find(scene.team, "Cats") is None


@pytest.mark.parametrize("how", ["default", "entries"])
@pytest.mark.parametrize("what", ["delete", "move"])
async def test_who_comes_first_decides(scene: Scene, how: str, what: str) -> None:
    for number in range(20):
        config, dataset = await scene.config(f"config {number}"), await scene.dataset(f"Cats {number}")
        use = scene.dataset(f"Dogs {number}", config) if how == "default" else scene.put(dataset, config)
        change = scene.configs.delete(config) if what == "delete" else scene.move(config)
        refusals: list[type[Exception]] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(attempt, use, refusals)
            tasks.start_soon(attempt, change, refusals)
        now, users = await scene.configs.get(config.id), await scene.configs.users([config.id])
        if what == "delete":
            assert refusals == ([ResourceNotExistError] if now is None else [ForbiddenError])
            assert bool(users) == (now is not None)
        else:
            assert now is not None
            assert users
            assert refusals == ([ForbiddenError] if now.file_path == "data" else [])


async def test_secrets_that_are_encrypted_anew_are_not_those_of_before(scene: Scene) -> None:
    for number in range(20):
        config = await scene.config(f"config {number}")
        config = await scene.configs.update(config, file_path="", options={}, seal=lambda: b"before")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(scene.configs.reseal, lambda sealed: sealed)
            tasks.start_soon(partial(scene.configs.update, config, file_path="", options={}, seal=lambda: b"after"))
        now = await scene.configs.get(config.id)
        assert now is not None
        assert now.secrets == b"after"


async def attempt(call: Awaitable[object], refusals: list[type[Exception]]) -> None:
    try:
        await call
    except (ForbiddenError, ResourceNotExistError) as error:
        refusals.append(type(error))
