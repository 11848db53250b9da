from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from tensorbay.exception import StorageUnreachableError
from tensorbay.server.jobs import _verify
from tensorbay.server.lookup import look_up
from tensorbay.storage import FolderOptions, FolderStore, ObjectInfo, Store
from tensorbay.wire import V2
from tests.server.routes.scenes import Scene, local_config, make_files, make_scene
from tests.server.running import Api


async def test_a_store_is_not_closed_while_it_is_looked_at(
    embedded: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its config is updated while a verification is under way."""
    closed: list[Store] = []

    async def aclose(store: FolderStore) -> None:
        closed.append(store)

    async def slow(store: Store, *arguments: Any, **options: Any) -> Any:
        await embedded.call("PATCH", "storage-configs/b", root=V2, json={"filePath": "data"})
        assert store not in closed
        return await look_up(store, *arguments, **options)

    await local_config(embedded, "b", await make_files(tmp_path / "b", "data/1"), "data")
    scene = await make_scene(embedded, config="b")
    await scene.import_paths("data/1")
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "first"})
    monkeypatch.setattr(FolderStore, "aclose", aclose)
    monkeypatch.setattr(_verify, "look_up", slow)

    row = await verified(scene)
    assert row["result"]["unchanged"] == 1


async def verified(scene: Scene) -> dict[str, Any]:
    """The job at its end."""
    job = (await scene.call("POST", "verify", root=V2, json={"commit": "main"}))["jobId"]
    with anyio.fail_after(60):
        while True:
            row: dict[str, Any] = await scene.call("GET", f"jobs/{job}", params={"jobType": "verify"})
            if row["status"] not in ("QUEUING", "PROCESSING"):
                return row
            await anyio.sleep(0.02)


async def test_whether_a_version_is_kept_is_not_guessed(
    embedded: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a store that does not answer any more nothing is told: the job goes on when it does."""
    await local_config(embedded, "b", await make_files(tmp_path / "b", "data/1"), "data")
    scene = await make_scene(embedded, config="b")
    info = await FolderStore(FolderOptions(root=tmp_path / "b")).head("data/1")
    posted = {"cloudPath": "data/1", "remotePath": "1", "size": info.size, "etag": '"other"', "version": "v1"}
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=[posted]))
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "first"})

    (drift,) = (await verified(scene))["result"]["drifts"]
    assert drift["problem"] == "changed"
    assert "version" not in drift  # folders keep none

    head = FolderStore.head

    async def broken(store: FolderStore, path: str, *, version: str | None = None) -> ObjectInfo:
        if version is not None:
            raise StorageUnreachableError("the network is gone")
        return await head(store, path)

    monkeypatch.setattr(FolderStore, "head", broken)
    row = await verified(scene)
    assert row["status"] == "FAILED"
    assert "the network is gone" in str(row)
