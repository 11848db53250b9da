from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api

INFO = [{"instanceId": 1, "attributes": {"a b": [1, True, "ä"]}}]
BOX = {"box2d": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4.5}, "category": "x_MASK"}


def posted(content: bytes, **members: Any) -> dict[str, Any]:
    return {"checksum": hashlib.sha1(content).hexdigest(), "fileSize": len(content), **members}


@pytest.fixture
async def scene(api: Api) -> Scene:
    """Data "dir/1.jpg", "2.jpg", "3" and, not registered, the masks "one" and "two"."""
    scene = await make_scene(api)
    body = await scene.upload(**{"dir/1.jpg": b"1", "2.jpg": b"2", "3": b"3"})
    await scene.upload(one=b"one", two=b"two")
    await scene.call("PUT", "multi/callback", json=body)
    return scene


async def put(scene: Scene, path: str, label: dict[str, Any]) -> None:
    await scene.call("PUT", "multi/data/labels", json=scene.body(objects=[{"remotePath": path, "label": label}]))


async def label_of(scene: Scene, path: str, **query: Any) -> dict[str, Any]:
    (item,) = await scene.details(remotePath=path, **query)
    label: dict[str, Any] = item["label"]
    return label


async def test_masks_come_back_with_path_and_url(scene: Scene) -> None:
    label = {"INSTANCE_MASK": posted(b"one", info=INFO), "BOX2D": [BOX], "SEMANTIC_MASK": posted(b"two")}
    await put(scene, "dir/1.jpg", label)
    found = await label_of(scene, "dir/1.jpg")
    assert found["BOX2D"] == [BOX]
    instance, semantic = found["INSTANCE_MASK"], found["SEMANTIC_MASK"]
    assert await scene.api.read(instance.pop("url")) == b"one"
    assert await scene.api.read(semantic.pop("url")) == b"two"
    assert instance == {"remotePath": "dir/1.png", "info": INFO}
    assert semantic == {"remotePath": "dir/1.png"}
    assert set(found) == set(label)


async def test_a_panoptic_mask_always_has_info(scene: Scene) -> None:
    await put(scene, "3", {"PANOPTIC_MASK": posted(b"one")})
    mask = (await label_of(scene, "3"))["PANOPTIC_MASK"]
    assert (mask["remotePath"], mask["info"]) == ("3.png", [])


async def test_masks_with_the_callback(scene: Scene) -> None:
    body = await scene.upload(new=b"new")
    body["objects"][0]["label"] = {"SEMANTIC_MASK": posted(b"one")}
    await scene.call("PUT", "multi/callback", json=body)
    assert await scene.api.read((await label_of(scene, "new"))["SEMANTIC_MASK"]["url"]) == b"one"


async def test_urls_are_aligned_with_the_data(scene: Scene) -> None:
    await put(scene, "2.jpg", {"SEMANTIC_MASK": posted(b"one")})
    query = scene.query(maskType="SEMANTIC_MASK")
    found = await scene.call("GET", "masks/urls", params=query)
    first, second, third = found["urls"]
    assert (first["remotePath"], second, third, found["totalCount"]) == ("2.png", None, None, 3)
    assert await scene.api.read(first["url"]) == b"one"
    by_path = await scene.call("GET", "masks/urls", params={**query, "remotePath": "2.jpg"})
    assert [mask["remotePath"] for mask in by_path["urls"]] == ["2.png"]
    assert (await scene.call("GET", "masks/urls", params={**query, "remotePath": "3"}))["urls"] == []
    other = await scene.call("GET", "masks/urls", params={**query, "maskType": "INSTANCE_MASK"})
    assert other["urls"] == [None, None, None]
    assert (await scene.refusal("GET", "masks/urls", params={**query, "maskType": "BOX2D"}))[0] == 400
    assert (await scene.refusal("GET", "masks/urls", params={**query, "remotePath": "nobody"}))[0] == 404


async def test_a_mask_given_back_stays(scene: Scene) -> None:
    await put(scene, "2.jpg", {"INSTANCE_MASK": posted(b"one", info=INFO)})
    again = (await label_of(scene, "2.jpg"))["INSTANCE_MASK"]
    info = [{"instanceId": 2, "attributes": {}}]
    await put(scene, "2.jpg", {"INSTANCE_MASK": {**again, "info": info}, "BOX2D": [BOX]})
    mask = (await label_of(scene, "2.jpg"))["INSTANCE_MASK"]
    assert await scene.api.read(mask["url"]) == b"one"
    assert mask["info"] == info
    for path in ("3", "nobody"):
        body = scene.body(objects=[{"remotePath": path, "label": {"INSTANCE_MASK": again}}])
        assert (await scene.refusal("PUT", "multi/data/labels", json=body))[:2] == (404, "ResourceNotExist")


async def test_masks_that_are_refused(scene: Scene) -> None:
    for mask, code in (
        (posted(b"never uploaded"), "ResourceNotExist"),
        (posted(b"one") | {"fileSize": 4}, "InvalidParamsValue"),
        ({"checksum": "../x", "fileSize": 1}, "InvalidParamsValue"),
        ({"config": "managed", "path": "x", "size": 1}, "InvalidParamsValue"),
        ({}, "InvalidParamsValue"),
        (None, "InvalidParamsValue"),
    ):
        for key in ("SEMANTIC_MASK", "\\u0053EMANTIC_MASK", "SEMANTIC\\u005fMASK"):
            text = scene.api.client.build_request("PUT", "/", json=scene.body(objects=[]) | {"mask": mask}).content
            mask_text = text[text.index(b'"mask":') + 7 : -1]
            objects = b'[{"remotePath":"3","label":{"' + key.encode() + b'":' + mask_text + b"}}]"
            content = text.replace(b'"objects":[]', b'"objects":' + objects)
            assert (await scene.refusal("PUT", "multi/data/labels", content=content))[1] == code
    assert await label_of(scene, "3") == {}


async def test_masks_go_with_copies_and_commits(scene: Scene) -> None:
    await put(scene, "2.jpg", {"SEMANTIC_MASK": posted(b"one")})
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "t", "tag": "v1"})
    other = await make_scene(scene.api, "Cats")
    source = {"segmentName": "train", "id": scene.dataset_id, "commit": "v1"}
    body = {"strategy": "override", "source": source, "segmentName": "train", "draftNumber": other.draft}
    await other.call("POST", "segments?copy", json=body)
    assert await scene.api.read((await label_of(other, "2.jpg"))["SEMANTIC_MASK"]["url"]) == b"one"
    assert (await other.call("GET", "total-size", params={"draftNumber": other.draft}))["totalSize"] == 3


async def test_masks_of_frames(api: Api) -> None:
    scene = await make_scene(api, kind=1)
    await scene.upload(one=b"one")
    (item,) = (await scene.upload(**{"x.jpg": b"x"}))["objects"]
    objects = []
    for name in ("A", "B"):
        await scene.call("POST", "sensors", json=scene.body(name=name, type="CAMERA"))
        label = {"SEMANTIC_MASK": posted(b"one")} if name == "A" else {}
        objects.append({**item, "frameId": "0" * 26, "sensorName": name, "label": label})
    await scene.call("PUT", "multi/callback", json=scene.body(objects=objects))
    (frame,) = await scene.details()
    assert await api.read(frame["frame"][0]["label"]["SEMANTIC_MASK"]["url"]) == b"one"
    assert frame["frame"][1]["label"] == {}
    (found,) = (await scene.call("GET", "masks/urls", params=scene.query(maskType="SEMANTIC_MASK")))["urls"]
    assert [(mask["sensorName"], mask["remotePath"]) for mask in found["urls"]] == [("A", "x.png")]
