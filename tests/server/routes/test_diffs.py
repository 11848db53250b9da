from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api

LABEL = {"CLASSIFICATION": {"category": "x"}}


async def put(scene: Scene, segment: str = "train", **files: str) -> None:
    """Remote paths and the content of each."""
    objects = [
        {"cloudPath": content, "size": 1, "etag": content, "remotePath": path} for path, content in files.items()
    ]
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=objects, segmentName=segment))


async def commit(scene: Scene, tag: str) -> None:
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "t", "tag": tag})
    scene.draft = (await scene.call("POST", "drafts", json={"branchName": "main", "title": "t"}))["draftNumber"]


async def segments(scene: Scene, basehead: str, **page: int) -> dict[str, tuple[str, str, list[int]]]:
    found = await scene.call("GET", f"diffs/{quote(basehead, safe='')}/segments", params=page)
    assert found["recordSize"] == len(found["segments"])
    return {
        item["name"]: (item["action"], item["sensor"]["action"], [*item["data"]["stats"].values()])
        for item in found["segments"]
    }


async def data(scene: Scene, basehead: str, segment: str = "train", **page: int) -> dict[str, tuple[str, str, str]]:
    path = f"diffs/{quote(basehead, safe='')}/segments/{quote(segment, safe='')}/data"
    found = await scene.call("GET", path, params=page)
    return {
        item["remotePath"]: (item["action"], item["file"]["action"], item["label"]["action"]) for item in found["data"]
    }


@pytest.fixture
async def scene(api: Api) -> Scene:
    """The tag "v1/a" with the segments "train" (a, b, c, d), "gone" and "same", and an open draft."""
    scene = await make_scene(api)
    for name in ("gone", "same"):
        await scene.call("POST", "segments", json={"name": name, "draftNumber": scene.draft})
        await put(scene, name, x="1")
    await put(scene, a="1", b="1", c="1", d="1")
    await commit(scene, "v1/a")
    return scene


async def test_the_first_commit_is_all_additions(scene: Scene) -> None:
    expected = {
        "gone": ("add", "", [1, 1, 0, 0]),
        "same": ("add", "", [1, 1, 0, 0]),
        "train": ("add", "", [4, 4, 0, 0]),
    }
    assert await segments(scene, "commit-v1/a") == expected
    assert await segments(scene, "commit-v1/a", offset=1, limit=1) == {"same": ("add", "", [1, 1, 0, 0])}
    assert await data(scene, "commit-main") == dict.fromkeys("abcd", ("add", "add", ""))
    assert await data(scene, "commit-v1/a", offset=1, limit=2) == dict.fromkeys("bc", ("add", "add", ""))


async def test_a_draft_against_its_parent(scene: Scene) -> None:
    assert await segments(scene, f"draft-{scene.draft}") == {}
    await put(scene, a="2", e="1")
    await scene.call("DELETE", "data", json=scene.body(remotePath="b"))
    labels = scene.body(objects=[{"remotePath": path, "label": LABEL} for path in "ce"])
    await scene.call("PUT", "multi/data/labels", json=labels)
    await scene.call("DELETE", "segments", json=scene.body(segmentName="gone"))
    await scene.call("POST", "segments", json={"name": "a/b", "draftNumber": scene.draft})
    await put(scene, "a/b", y="1")
    expected_segments = {
        "a/b": ("add", "", [1, 1, 0, 0]),
        "gone": ("delete", "", [1, 0, 1, 0]),
        "train": ("modify", "", [4, 1, 1, 2]),
    }
    expected_data = {
        "a": ("modify", "modify", ""),
        "b": ("delete", "delete", ""),
        "c": ("modify", "", "add"),
        "e": ("add", "add", "add"),
    }
    assert await segments(scene, f"draft-{scene.draft}") == expected_segments
    assert await data(scene, f"draft-{scene.draft}") == expected_data
    assert await data(scene, f"draft-{scene.draft}", "a/b") == {"y": ("add", "add", "")}
    assert await data(scene, f"draft-{scene.draft}", "gone") == {"x": ("delete", "delete", "")}
    assert await data(scene, f"draft-{scene.draft}", "same") == {}
    await commit(scene, "v2")
    assert await segments(scene, "commit-v2") == expected_segments
    assert await data(scene, "commit-v2") == expected_data


async def test_sensors_differ(api: Api) -> None:
    scene = await make_scene(api, kind=1)
    await commit(scene, "v1")
    await scene.call("POST", "sensors", json=scene.body(name="s", type="LIDAR"))
    assert await segments(scene, f"draft-{scene.draft}") == {"train": ("modify", "modify", [0, 0, 0, 0])}
    answer = await scene.refusal("GET", f"diffs/draft-{scene.draft}/segments/train/data")
    assert answer[:2] == (403, "Forbidden")


@pytest.mark.parametrize("basehead", ["draft-", "draft-x", "draft-٣", "commit-", "main", "a...b"])
async def test_what_is_no_basehead(scene: Scene, basehead: str) -> None:
    assert (await scene.refusal("GET", f"diffs/{basehead}/segments"))[:2] == (400, "InvalidParamsValue")


async def test_what_is_not_there(scene: Scene) -> None:
    for basehead in ("draft-9", "draft-9999999999", "commit-v9"):
        assert (await scene.refusal("GET", f"diffs/{basehead}/segments"))[:2] == (404, "ResourceNotExist")
    status, _, message = await scene.refusal("GET", f"diffs/draft-{scene.draft}/segments/trian/data")
    assert status == 404
    assert '"train"' in message
    root: Any = await scene.call("GET", f"diffs/commit-{'0' * 32}/segments")
    assert (root["segments"], root["totalCount"]) == ([], 0)
