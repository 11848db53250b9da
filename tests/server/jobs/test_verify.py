from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from tensorbay.server.jobs import _verify
from tensorbay.server.lookup import look_up
from tensorbay.storage import FolderStore, Store
from tensorbay.wire import V2
from tests.server.routes.scenes import local_config, make_files, make_scene
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

    job = (await scene.call("POST", "verify", root=V2, json={"commit": "main"}))["jobId"]
    with anyio.fail_after(10):
        while (row := await scene.call("GET", f"jobs/{job}", params={"jobType": "verify"}))["status"] != "SUCCESS":
            assert row["status"] in ("QUEUING", "PROCESSING"), row
            await anyio.sleep(0.02)
    assert row["result"]["unchanged"] == 1
