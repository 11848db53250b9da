from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tensorbay.wire import V2
from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api

CAMERA = {
    "name": "Camera 1",
    "description": "front",
    "type": "CAMERA",
    "extrinsics": {"translation": {"x": 1.5, "y": 2, "z": 3}, "rotation": {"w": 1, "x": 0, "y": 0, "z": 0.0}},
    "intrinsics": {
        "cameraMatrix": {"fx": 1, "fy": 2, "cx": 3, "cy": 4, "skew": 5},
        "distortionCoefficients": {"k1": 1},
    },
}
LIDAR = {"name": "Lidar", "type": "LIDAR"}


def ulid(number: int) -> str:
    return f"{number:026}"


@pytest.fixture
async def scene(api: Api) -> Scene:
    """A fusion dataset whose segment "train" has two sensors."""
    scene = await make_scene(api, kind=1)
    for sensor in (CAMERA, LIDAR):
        await scene.call("POST", "sensors", json=scene.body(**sensor))
    return scene


async def upload_frames(scene: Scene, frames: dict[int, dict[str, str]], **members: Any) -> None:
    """By number of frame and name of sensor the remote paths; the content of each file is its remote path."""
    contents = {path: path.encode() for sensors in frames.values() for path in sensors.values()}
    known = {item["remotePath"]: item for item in (await scene.upload(**contents))["objects"]}
    objects = [
        {**known[path], "frameId": ulid(number), "sensorName": sensor, **members}
        for number, sensors in frames.items()
        for sensor, path in sensors.items()
    ]
    await scene.call("PUT", "multi/callback", json=scene.body(objects=objects))


async def sensors(scene: Scene, segment: str = "train") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await scene.call("GET", "sensors", params=scene.query(segmentName=segment)))[
        "sensors"
    ]
    return found


async def test_sensors_come_back_as_they_were_posted(scene: Scene) -> None:
    assert await sensors(scene) == [CAMERA, LIDAR]
    await scene.call("POST", "sensors", json=scene.body(**{**LIDAR, "description": "roof", "extrinsics": None}))
    assert await sensors(scene) == [CAMERA, {**LIDAR, "description": "roof"}]
    await scene.call("DELETE", "sensors", json=scene.body(sensorName="Camera 1"))
    assert await sensors(scene) == [{**LIDAR, "description": "roof"}]


async def test_sensors_belong_to_a_version(scene: Scene) -> None:
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "t", "tag": "v1"})
    draft = (await scene.call("POST", "drafts", json={"branchName": "main", "title": "t"}))["draftNumber"]
    await scene.call("DELETE", "sensors", json=scene.body(draftNumber=draft, sensorName="Lidar"))
    query = {"segmentName": "train", "commit": "v1"}
    assert (await scene.call("GET", "sensors", params=query))["sensors"] == [CAMERA, LIDAR]


async def test_sensors_that_are_refused(scene: Scene) -> None:
    async def refused(**members: Any) -> str:
        answer = await scene.refusal("POST", "sensors", json=scene.body(**{**LIDAR, **members}))
        assert answer[0] < 500
        return answer[1]

    for name in ("", "a\\b", "..", "x" * 256, "a\nb"):
        assert await refused(name=name) == "InvalidParamsValue"
    assert await refused(type="SONAR") == "InvalidParamsValue"
    assert await refused(extrinsics=[1]) == "InvalidParamsValue"
    assert await refused(segmentName="trian") == "ResourceNotExist"
    status, code, message = await scene.refusal("DELETE", "sensors", json=scene.body(sensorName="Lidat"))
    assert (status, code) == (404, "ResourceNotExist")
    assert '"Lidar"' in message


async def test_frames_in_order_whatever_the_order_of_posts(scene: Scene) -> None:
    frames = {number: {"Lidar": f"{number}.pcd", "Camera 1": f"{number}.png"} for number in (3, 1, 2)}
    posts = [{number: {sensor: path}} for number, paths in frames.items() for sensor, path in paths.items()]
    for post in posts:
        await upload_frames(scene, post)
    items = await scene.details()
    assert [item["frameId"] for item in items] == [ulid(1), ulid(2), ulid(3)]
    for number, item in enumerate(items, 1):
        assert {data["sensorName"]: data["remotePath"] for data in item["frame"]} == frames[number]
        assert all(data["label"] == {} for data in item["frame"])
        assert [await scene.api.read(data["url"]) for data in item["frame"]] == [
            data["remotePath"].encode() for data in item["frame"]
        ]


async def test_concurrent_posts_of_one_frame_merge(scene: Scene) -> None:
    await asyncio.gather(
        upload_frames(scene, {1: {"Lidar": "a"}}, timestamp=1), upload_frames(scene, {1: {"Camera 1": "b"}})
    )
    await upload_frames(scene, {1: {"Lidar": "c"}}, label={"CLASSIFICATION": {"category": "x"}})
    (item,) = await scene.details()
    assert [(data["sensorName"], data["remotePath"]) for data in item["frame"]] == [("Camera 1", "b"), ("Lidar", "c")]
    assert item["frame"][1]["label"] == {"CLASSIFICATION": {"category": "x"}}
    assert "timestamp" not in item["frame"][1]


async def test_pages_count_frames(scene: Scene) -> None:
    known = {"cloudPath": "x", "size": 1, "etag": '"e"', "remotePath": "same"}
    objects = [
        {**known, "frameId": ulid(number * 7919 % 1500), "sensorName": sensor}
        for number in range(1500)
        for sensor in ("Lidar", "Camera 1")[: 1 + number % 2]
    ]
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=objects))
    found: list[dict[str, Any]] = []
    while len(found) < 1500:
        query = scene.query(offset=len(found), limit=128)
        page = await scene.call("GET", "data/details", params=query)
        expected = min(128, 1500 - len(found))
        assert (page["recordSize"], page["totalCount"], len(page["dataDetails"])) == (expected, 1500, expected)
        urls = (await scene.call("GET", "data/urls", params=query))["urls"]
        assert [item["frameId"] for item in urls] == [item["frameId"] for item in page["dataDetails"]]
        assert [len(item["urls"]) for item in urls] == [len(item["frame"]) for item in page["dataDetails"]]
        found += page["dataDetails"]
    assert [item["frameId"] for item in found] == [ulid(number) for number in range(1500)]
    assert sum(len(item["frame"]) for item in found) == 2250


async def test_data_of_an_undeclared_sensor_is_refused(scene: Scene) -> None:
    body = await scene.upload(a=b"a")
    objects = [{**body["objects"][0], "frameId": ulid(1), "sensorName": name} for name in ("Lidar", "Lidat")]
    status, code, message = await scene.refusal("PUT", "multi/callback", json=scene.body(objects=objects))
    assert (status, code) == (404, "ResourceNotExist")
    assert '"Lidar"' in message
    cloud = [{"cloudPath": "a", "size": 1, "etag": "e", **item} for item in objects]
    assert (await scene.refusal("PUT", "multi/cloud-callback", json=scene.body(objects=cloud)))[0] == 404
    assert await scene.details() == []


async def test_deleting_a_sensor_keeps_its_data(scene: Scene) -> None:
    await upload_frames(scene, {1: {"Lidar": "a"}})
    await scene.call("DELETE", "sensors", json=scene.body(sensorName="Lidar"))
    (item,) = await scene.details()
    assert item["frame"][0]["sensorName"] == "Lidar"


async def test_frames_and_data_are_deleted(scene: Scene) -> None:
    await upload_frames(
        scene, {number: {"Lidar": f"{number}.pcd", "Camera 1": f"{number}.png"} for number in (1, 2, 3)}
    )
    await scene.call("DELETE", "frames", json=scene.body(frameId=ulid(2)))
    assert [item["frameId"] for item in await scene.details()] == [ulid(1), ulid(3)]
    status, code, message = await scene.refusal("DELETE", "frames", json=scene.body(frameId=ulid(2)))
    assert (status, code) == (404, "ResourceNotExist")
    assert ulid(1) in message
    await scene.call("DELETE", "data", json=scene.body(remotePath="3.png"))
    assert [data["sensorName"] for data in (await scene.details())[1]["frame"]] == ["Lidar"]
    assert (await scene.refusal("DELETE", "data", json=scene.body(remotePath="3.png")))[0] == 404


async def test_labels_by_remote_path(scene: Scene) -> None:
    await upload_frames(scene, {1: {"Lidar": "a", "Camera 1": "b"}, 2: {"Lidar": "same", "Camera 1": "same"}})
    label = {"CLASSIFICATION": {"category": "x"}}
    for objects, status in (
        ([{"remotePath": "b", "label": label}], 200),
        ([{"remotePath": "a", "label": label}, {"remotePath": "nobody", "label": label}], 404),
        ([{"remotePath": "same", "label": label}], 400),
        ([], 200),
    ):
        response = await scene.api.client.put(
            f"/gatewayv2/tensorbay-open-api/v1/datasets/{scene.dataset_id}/multi/data/labels",
            json=scene.body(objects=objects),
        )
        assert response.status_code == status
    found = {data["remotePath"]: data["label"] for item in await scene.details() for data in item["frame"]}
    assert found == {"a": {}, "b": label, "same": {}}
    (item,) = await scene.details(remotePath="b")
    assert (item["frameId"], [data["remotePath"] for data in item["frame"]]) == (ulid(1), ["b"])
    labels = (await scene.call("GET", "labels", params=scene.query(limit=1)))["labels"]
    assert labels == [
        {
            "frameId": ulid(1),
            "frame": [
                {"sensorName": "Camera 1", "remotePath": "b", "label": label},
                {"sensorName": "Lidar", "remotePath": "a", "label": {}},
            ],
        }
    ]


async def test_fresh_urls_of_some_data(scene: Scene) -> None:
    await upload_frames(scene, {1: {"Lidar": "a", "Camera 1": "b"}})
    keys = [f"{ulid(1)}/Lidar", f"{ulid(1)}/Camera 1"]
    answer = await scene.call("POST", "data/urls", root=V2, json=scene.body(remotePaths=keys))
    assert [await scene.api.read(url) for url in answer["urls"]] == [b"a", b"b"]


async def test_a_copy_of_a_segment_has_its_sensors_and_frames(scene: Scene) -> None:
    await upload_frames(scene, {1: {"Lidar": "a"}})
    for how, name in (("copy", "copied"), ("move", "moved")):
        body = {
            "strategy": "abort",
            "source": {"segmentName": "train"},
            "segmentName": name,
            "draftNumber": scene.draft,
        }
        await scene.call("POST", f"segments?{how}", json=body)
        assert await sensors(scene, name) == [CAMERA, LIDAR]
        assert [item["frameId"] for item in await scene.details(segmentName=name)] == [ulid(1)]


async def test_normal_and_fusion_do_not_mix(scene: Scene) -> None:
    normal = await make_scene(scene.api, "Normal")
    plain = await normal.upload(a=b"a")
    for path in ("multi/callback", "multi/cloud-callback"):
        item = {**plain["objects"][0], "cloudPath": "a"}
        framed = {**item, "frameId": ulid(1), "sensorName": "Lidar"}
        assert (await scene.refusal("PUT", path, json=scene.body(objects=[item])))[:2] == (400, "InvalidParamsValue")
        refused = normal.body(objects=[framed])
        assert (await normal.refusal("PUT", path, json=refused))[:2] == (400, "InvalidParamsValue")
        for frame_id in ("", "a/b", "x" * 25):
            body = scene.body(objects=[{**framed, "frameId": frame_id}])
            assert (await scene.refusal("PUT", path, json=body))[:2] == (400, "InvalidParamsValue")
    for method, path, members in (
        ("POST", "sensors", LIDAR),
        ("DELETE", "sensors", {"sensorName": "Lidar"}),
        ("DELETE", "frames", {"frameId": ulid(1)}),
    ):
        assert (await normal.refusal(method, path, json=normal.body(**members)))[:2] == (403, "Forbidden")
    assert await sensors(normal) == []
    source = {"segmentName": "train", "id": normal.dataset_id, "draftNumber": normal.draft}
    body = {"strategy": "override", "source": source, "segmentName": "train", "draftNumber": scene.draft}
    assert (await scene.refusal("POST", "segments?copy", json=body))[:2] == (403, "Forbidden")
