from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.routes.scenes import Scene, local_config, make_files, make_scene
from tests.server.running import Api


@pytest.fixture
async def scene(api: Api) -> Scene:
    """Segments "train" with a and b, and "test" with b and c; label and content of each is its segment and path."""
    scene = await make_scene(api)
    await scene.call("POST", "segments", json={"name": "test", "draftNumber": scene.draft})
    for segment, paths in (("train", "ab"), ("test", "bc")):
        body = await scene.upload(**{path: f"{segment}/{path}".encode() for path in paths})
        for item in body["objects"]:
            item["label"] = {"CLASSIFICATION": {"category": f"{segment}/{item['remotePath']}"}}
            item["timestamp"] = 1.5
        await scene.call("PUT", "multi/callback", json={**body, "segmentName": segment})
    return scene


def body(scene: Scene, sources: str, targets: str | None, strategy: str = "abort", **source: Any) -> dict[str, Any]:
    names = {} if targets is None else {"remotePaths": [*targets]}
    given = {"segmentName": "train", "remotePaths": [*sources], **source}
    return {"strategy": strategy, "source": given, "segmentName": "test", "draftNumber": scene.draft, **names}


async def contents(scene: Scene, segment: str) -> dict[str, str]:
    """Where each data comes from, by its label; its file says the same."""
    found = {}
    for item in await scene.details(segmentName=segment):
        origin = item["label"]["CLASSIFICATION"]["category"]
        assert await scene.api.read(item["url"]) == origin.encode()
        assert item["timestamp"] == 1.5
        found[item["remotePath"]] = origin
    return found


TRAIN = {"a": "train/a", "b": "train/b"}
TEST = {"b": "test/b", "c": "test/c"}


@pytest.mark.parametrize("how", ["multipleCopy", "multipleMove"])
@pytest.mark.parametrize(
    ("targets", "strategy", "expected"),
    [
        ("xy", "abort", {**TEST, "x": "train/a", "y": "train/b"}),
        ("cb", "override", {"c": "train/a", "b": "train/b"}),
        (None, "override", {**TEST, "a": "train/a", "b": "train/b"}),
        (None, "skip", {**TEST, "a": "train/a"}),
    ],
)
async def test_strategies(scene: Scene, how: str, targets: str | None, strategy: str, expected: dict[str, str]) -> None:
    await scene.call("POST", f"data?{how}", json=body(scene, "ab", targets, strategy))
    assert await contents(scene, "test") == expected
    assert await contents(scene, "train") == ({} if how == "multipleMove" else TRAIN)


@pytest.mark.parametrize("how", ["multipleCopy", "multipleMove"])
async def test_abort_changes_nothing(scene: Scene, how: str) -> None:
    for _ in range(2):
        answer = await scene.refusal("POST", f"data?{how}", json=body(scene, "ab", None))
        assert answer[:2] == (500, "InternalServerError")
    assert (await contents(scene, "train"), await contents(scene, "test")) == (TRAIN, TEST)


async def test_places_are_changed_within_a_segment(scene: Scene) -> None:
    await scene.call("POST", "data?multipleMove", json=body(scene, "ab", "ba", "override", segmentName="train") | HERE)
    assert await contents(scene, "train") == {"a": "train/b", "b": "train/a"}
    await scene.call("POST", "data?multipleMove", json=body(scene, "ab", "bc", "override", segmentName="train") | HERE)
    assert await contents(scene, "train") == {"b": "train/b", "c": "train/a"}
    for how in ("multipleMove", "multipleCopy"):
        await scene.call("POST", f"data?{how}", json=body(scene, "b", "b", segmentName="train") | HERE)
    assert await contents(scene, "train") == {"b": "train/b", "c": "train/a"}


HERE = {"segmentName": "train"}


async def test_from_another_version_and_dataset(scene: Scene) -> None:
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "t", "tag": "v1"})
    number = (await scene.call("POST", "drafts", json={"branchName": "main", "title": "t"}))["draftNumber"]
    for path in "ab":
        await scene.call("DELETE", "data", json=scene.body(draftNumber=number, remotePath=path))
    back = body(scene, "a", "A", id=scene.dataset_id, commit="v1") | {"draftNumber": number}
    await scene.call("POST", "data?multipleCopy", json=back)
    scene.draft = number
    assert await contents(scene, "test") == {**TEST, "A": "train/a"}
    other = await make_scene(scene.api, "Cats", segment="test")
    await other.call("POST", "data?multipleCopy", json=body(other, "ab", None, id=scene.dataset_id, commit="v1"))
    assert await contents(other, "test") == TRAIN


async def test_what_is_refused(scene: Scene) -> None:
    for changes, code in (
        (body(scene, "x", "y"), "ResourceNotExist"),
        (body(scene, "a", "y", segmentName="trian"), "ResourceNotExist"),
        (body(scene, "a", "y") | {"segmentName": "tset"}, "ResourceNotExist"),
        (body(scene, "ab", "y"), "InvalidParamsValue"),
        (body(scene, "ab", "yy"), "InvalidParamsValue"),
        (body(scene, "a", "/"), "InvalidParamsValue"),
        (body(scene, "a", "y", "replace"), "InvalidParamsValue"),
        (body(scene, "a" * 1001, None), "InvalidParamsValue"),
        ({"strategy": "abort"}, "RequestParamsMissing"),
    ):
        for how in ("multipleCopy", "multipleMove"):
            assert (await scene.refusal("POST", f"data?{how}", json=changes))[1] == code
    assert (await scene.refusal("POST", "data?multipleMove", json=body(scene, "aa", "xy")))[1] == "InvalidParamsValue"
    assert (await scene.refusal("POST", "data", json=body(scene, "a", "y")))[1] == "RequestParamsMissing"
    assert (await contents(scene, "train"), await contents(scene, "test")) == (TRAIN, TEST)
    fusion = await make_scene(scene.api, "Fusion", kind=1)
    assert (await fusion.refusal("POST", "data?multipleCopy", json=body(fusion, "a", "y")))[1] == "Forbidden"


async def test_a_config_is_used_by_what_was_copied_from_it(api: Api, tmp_path: Path) -> None:
    await local_config(api, "bucket", await make_files(tmp_path / "bucket", "a"))
    dogs = await make_scene(api, "Dogs", config="bucket")
    await dogs.import_paths("a")
    cats = await make_scene(api, "Cats", segment="test")
    await cats.call("POST", "data?multipleCopy", json=body(cats, "a", None, id=dogs.dataset_id, draftNumber=dogs.draft))
    await api.call("DELETE", f"datasets/{dogs.dataset_id}")
    status, code, message = await api.refusal("DELETE", "storage-configs/bucket")
    assert (status, code) == (403, "Forbidden")
    assert 'used by the datasets "Cats"' in message
