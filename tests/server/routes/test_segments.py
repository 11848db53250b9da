from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.routes.scenes import Scene, local_config, make_files, make_scene
from tests.server.running import Api


@pytest.fixture
async def scene(api: Api, tmp_path: Path) -> Scene:
    """Segments "train" with 1.png and "test" with 2.png."""
    await local_config(api, "b", await make_files(tmp_path / "b", "1.png", "2.png"))
    scene = await make_scene(api, config="b")
    await scene.import_paths("1.png")
    await scene.call("POST", "segments", json={"name": "test", "draftNumber": scene.draft})
    await scene.import_paths("2.png", segmentName="test")
    return scene


async def paths(scene: Scene, segment: str, **version: Any) -> list[str]:
    query = {"segmentName": segment, **(version or {"draftNumber": scene.draft})}
    return [item["remotePath"] for item in (await scene.call("GET", "data", params=query))["data"]]


def body(scene: Scene, source: str, target: str, strategy: str = "abort", **members: Any) -> dict[str, Any]:
    return {
        "strategy": strategy,
        "source": {"segmentName": source, **members},
        "segmentName": target,
        "draftNumber": scene.draft,
    }


async def names(scene: Scene) -> list[str]:
    found = await scene.call("GET", "segments", params={"draftNumber": scene.draft})
    return [segment["name"] for segment in found["segments"]]


async def test_create_and_delete(scene: Scene) -> None:
    again = {"name": "train", "draftNumber": scene.draft}
    assert (await scene.refusal("POST", "segments", json=again))[:2] == (409, "NameConflict")
    assert (await scene.refusal("POST", "segments", json={"name": "x"}))[:2] == (400, "RequestParamsMissing")
    assert (await scene.refusal("POST", "segments", content=b"{"))[:2] == (400, "InvalidParamsValue")
    for name in ("", "a\nb", "x" * 256):
        refused = {"name": name, "draftNumber": scene.draft}
        assert (await scene.refusal("POST", "segments", json=refused))[:2] == (400, "InvalidParamsValue")
    unknown = {"segmentName": "tset", "draftNumber": scene.draft}
    status, code, message = await scene.refusal("DELETE", "segments", json=unknown)
    assert (status, code) == (404, "ResourceNotExist")
    assert '"test"' in message
    await scene.call("DELETE", "segments", json={**unknown, "segmentName": "test"})
    assert await names(scene) == ["train"]


async def test_pages_are_full(scene: Scene) -> None:
    query = {"draftNumber": scene.draft, "offset": 1, "limit": 1}
    found = await scene.call("GET", "segments", params=query)
    assert found == {
        "segments": [{"name": "train", "description": ""}],
        "offset": 1,
        "recordSize": 1,
        "totalCount": 2,
    }


@pytest.mark.parametrize("how", ["copy", "move"])
@pytest.mark.parametrize(("strategy", "expected"), [("override", "1.png"), ("skip", "2.png")])
async def test_a_target_that_exists(scene: Scene, how: str, strategy: str, expected: str) -> None:
    await scene.call("POST", f"segments?{how}", json=body(scene, "train", "test", strategy))
    assert await paths(scene, "test") == [expected]
    assert await names(scene) == (["test"] if how == "move" else ["test", "train"])


@pytest.mark.parametrize("how", ["copy", "move"])
async def test_abort_changes_nothing(scene: Scene, how: str) -> None:
    for _ in range(2):  # clients of 1.x repeat a POST that answers 500
        answer = await scene.refusal("POST", f"segments?{how}", json=body(scene, "train", "test"))
        assert answer[:2] == (500, "InternalServerError")
    assert (await paths(scene, "train"), await paths(scene, "test")) == (["1.png"], ["2.png"])
    await scene.call("POST", f"segments?{how}", json=body(scene, "train", "new"))
    assert await paths(scene, "new") == ["1.png"]


async def test_a_copy_of_another_dataset(scene: Scene) -> None:
    commit = {"draftNumber": scene.draft, "title": "t", "tag": "v1"}
    await scene.call("POST", "commits", json=commit)
    other = await make_scene(scene.api, "Cats")
    given = {"id": scene.dataset_id, "commit": "v1"}
    await other.call("POST", "segments?copy", json=body(other, "test", "copied", **given))
    query = {"segmentName": "copied", "draftNumber": other.draft}
    (item,) = (await other.call("GET", "data/details", params=query))["dataDetails"]
    assert await other.api.read(item["url"]) == b"2.png"

    for members, code in (
        ({"id": "unknown", "commit": "v1"}, "ResourceNotExist"),
        ({"id": scene.dataset_id}, "RequestParamsMissing"),
        ({"id": scene.dataset_id, "commit": "v2"}, "ResourceNotExist"),
    ):
        refused = body(other, "test", "again", **members)
        assert (await other.refusal("POST", "segments?copy", json=refused))[1] == code


async def test_what_is_refused(scene: Scene) -> None:
    for how in ("copy", "move"):
        unknown = body(scene, "trian", "new")
        assert (await scene.refusal("POST", f"segments?{how}", json=unknown))[:2] == (404, "ResourceNotExist")
        wrong = body(scene, "train", "new", "replace")
        assert (await scene.refusal("POST", f"segments?{how}", json=wrong))[:2] == (400, "InvalidParamsValue")
