from __future__ import annotations

import json
from pathlib import Path

import pytest

from tensorbay.wire import BULK_LIMIT, V2
from tests.server.routes.scenes import ODD_NAMES, Scene, local_config, make_files, make_scene
from tests.server.running import Api

FILES = ["images/1.png", "images/10.png", "images/2.png"]
ROOT = "0" * 32


@pytest.fixture
async def scene(api: Api, tmp_path: Path) -> Scene:
    await local_config(api, "b", await make_files(tmp_path / "b", *FILES, "outside/3.png"), "images")
    return await make_scene(api, config="b")


async def test_details_are_sorted_and_readable(scene: Scene) -> None:
    await scene.import_paths(*reversed(FILES))
    items = await scene.details()
    assert [item["remotePath"] for item in items] == sorted(FILES)
    for item in items:
        assert await scene.api.read(item["url"]) == item["remotePath"].encode()
        assert item["label"] == {}
        assert item["size"] == len(item["remotePath"])
    answer = await scene.call("GET", "data/details", params=scene.query(offset=1, limit=1, isInternal="True"))
    assert [item["remotePath"] for item in answer["dataDetails"]] == [FILES[1]]
    assert (answer["offset"], answer["recordSize"], answer["totalCount"]) == (1, 1, 3)
    assert answer["expireAt"] > 0


async def test_the_three_lists_agree(scene: Scene) -> None:
    await scene.import_paths(*FILES)
    paths = [item["remotePath"] for item in (await scene.call("GET", "data", params=scene.query()))["data"]]
    urls = (await scene.call("GET", "data/urls", params=scene.query()))["urls"]
    assert paths == [item["remotePath"] for item in urls] == [item["remotePath"] for item in await scene.details()]
    assert [await scene.api.read(item["url"]) for item in urls] == [path.encode() for path in paths]
    one = await scene.call("GET", "data/urls", params=scene.query(remotePath=FILES[2]))
    assert [item["remotePath"] for item in one["urls"]] == [FILES[2]]
    body = scene.body(remotePaths=[FILES[2], FILES[0]])
    signed = await scene.call("POST", "data/urls", root=V2, json=body)
    assert [await scene.api.read(url) for url in signed["urls"]] == [FILES[2].encode(), FILES[0].encode()]


async def test_labels_and_timestamps_are_kept_as_they_are_written(scene: Scene) -> None:
    label = '{"CLASSIFICATION": {"category":"a b",  "attributes":{"x":1.0,"y":1e3,"z":12345678901234567890}}}'
    content = (
        f'{{"segmentName":"train","draftNumber":{scene.draft},"deleteSource":false,"objects":['
        f'{{"cloudPath":"{FILES[0]}","remotePath":"a","timestamp":1,"label":{label}}},'
        f'{{"cloudPath":"{FILES[0]}","remotePath":"b","timestamp":1.5,"label":{{}}}}]}}'
    )
    await scene.call("PUT", "multi/cloud-callback", content=content)
    response = await scene.api.client.get(
        f"/gatewayv2/tensorbay-open-api/v1/datasets/{scene.dataset_id}/data/details", params=scene.query()
    )
    assert label in response.text
    first, second = response.json()["dataDetails"]
    assert (first["timestamp"], second["timestamp"]) == (1, 1.5)
    assert isinstance(first["timestamp"], int)


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_odd_remote_paths_and_segments(api: Api, tmp_path: Path, name: str) -> None:
    await local_config(api, "b", await make_files(tmp_path / "b", "1.png"))
    scene = await make_scene(api, name, config="b", segment=name)
    objects = [{"cloudPath": "1.png", "remotePath": name}]
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=objects))
    await scene.call(
        "PUT", "multi/data/labels", json=scene.body(objects=[{"remotePath": name, "label": {"BOX2D": []}}])
    )
    (item,) = await scene.details(remotePath=name)
    assert (item["remotePath"], item["label"]) == (name, {"BOX2D": []})
    assert await api.read(item["url"]) == b"1.png"
    (segment,) = (await scene.call("GET", "segments", params={"draftNumber": scene.draft}))["segments"]
    assert segment == {"name": name, "description": ""}
    await scene.call("DELETE", "data", json=scene.body(remotePath=name))
    assert await scene.details() == []
    await scene.call("DELETE", "segments", json=scene.body())
    assert (await scene.call("GET", "segments", params={"draftNumber": scene.draft}))["segments"] == []


@pytest.mark.parametrize("path", ["", "/a", "a/../b", "a\\b", "a\0b", "ä" * 513])
async def test_remote_paths_that_are_refused(scene: Scene, path: str) -> None:
    body = scene.body(objects=[{"cloudPath": FILES[0], "remotePath": path}])
    assert (await scene.refusal("PUT", "multi/cloud-callback", json=body))[:2] == (400, "InvalidParamsValue")
    assert await scene.details() == []


async def test_a_file_below_the_config_path_stays_where_it_is(scene: Scene, tmp_path: Path) -> None:
    await scene.import_paths(FILES[0], "outside/3.png")
    inside, outside = await scene.details()
    assert (inside["remotePath"], outside["remotePath"]) == (FILES[0], "outside/3.png")
    assert await scene.api.read(outside["url"]) == b"outside/3.png"
    if inside["url"].startswith("file:"):
        assert inside["url"].endswith("/b/images/1.png")
        assert f"/b/images/.tensorbay/copies/{scene.dataset_id}/" in outside["url"]
    # The copies are not the bucket's files.
    listed = await scene.api.call("GET", "cloud/b/files", params={"prefix": ""})
    assert listed["cloudFiles"] == [*sorted(FILES), "outside/3.png"]


async def test_an_import_is_all_or_nothing(scene: Scene) -> None:
    body = scene.body(
        objects=[{"cloudPath": path, "remotePath": path} for path in (FILES[0], "images/3.png", FILES[1])]
    )
    status, code, message = await scene.refusal("PUT", "multi/cloud-callback", json=body)
    assert (status, code) == (404, "ResourceNotExist")
    assert "images/3.png" in message
    assert '"images/2.png"' in message
    assert await scene.details() == []


async def test_posted_details_are_taken_at_their_word(scene: Scene) -> None:
    item = {"cloudPath": "images/later.png", "remotePath": "x", "size": 7, "etag": '"e"', "mtime": 1.5}
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=[item]))
    (found,) = await scene.details()
    assert (found["size"], found["etag"], found["mtime"]) == (7, '"e"', 1.5)
    assert await scene.call("GET", "total-size", params={"draftNumber": scene.draft}) == {"totalSize": 7}


@pytest.mark.parametrize("path", ["", "/etc/passwd", "images/../../x", "images//1.png", "images/", "a\0b"])
async def test_keys_that_no_store_takes_are_not_indexed(scene: Scene, path: str) -> None:
    item = {"cloudPath": path, "remotePath": "x"}
    for known in ({}, {"size": 7, "etag": '"e"'}):
        body = scene.body(objects=[{**item, **known}])
        assert (await scene.refusal("PUT", "multi/cloud-callback", json=body))[:2] == (400, "InvalidParamsValue")


async def test_a_large_post_comes_back_in_full_pages(scene: Scene) -> None:
    total = 2500
    label = {"BOX2D": [{"box2d": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}, "category": "ä"}]}
    known = {"cloudPath": FILES[0], "size": 1, "etag": '"e"', "label": label}
    objects = [{**known, "remotePath": f"{index * 7919 % total:05}.png"} for index in range(total)]
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=objects))
    found: list[dict[str, object]] = []
    while len(found) < total:
        page = await scene.details(offset=len(found), limit=1000)
        assert len(page) == min(1000, total - len(found))
        found += page
    assert [item["remotePath"] for item in found] == [f"{index:05}.png" for index in range(total)]
    assert all(item["label"] == label for item in found)


async def test_files_of_another_config(scene: Scene, tmp_path: Path) -> None:
    await local_config(scene.api, "c", await make_files(tmp_path / "c", "4.png"))
    await scene.import_paths("4.png", configName="c")
    await scene.import_paths(FILES[0])
    assert [await scene.api.read(item["url"]) for item in await scene.details()] == [b"4.png", FILES[0].encode()]
    body = scene.body(objects=[], configName="d")
    assert (await scene.refusal("PUT", "multi/cloud-callback", json=body))[:2] == (404, "ResourceNotExist")


async def test_what_cannot_be_written(scene: Scene) -> None:
    objects = [{"cloudPath": FILES[0], "remotePath": "a"}]
    body = scene.body(objects=objects)

    async def refused(**members: object) -> str:
        status, code, _ = await scene.refusal("PUT", "multi/cloud-callback", json={**body, **members})
        assert status < 500
        return code

    assert await refused(segmentName="test") == "ResourceNotExist"
    assert await refused(draftNumber=9) == "ResourceNotExist"
    assert await refused(draftNumber=0) == "InvalidParamsValue"
    assert await refused(draftNumber=10**30) == "InvalidParamsValue"
    assert await refused(deleteSource=True) == "InvalidParamsValue"
    assert await refused(objects=[{**objects[0], "label": [1]}]) == "InvalidParamsValue"
    assert await refused(objects=[{**objects[0], "size": 10**20}]) == "InvalidParamsValue"
    assert await refused(objects=[{**objects[0], "frameId": "f", "sensorName": "s"}]) == "InvalidParamsValue"
    assert await refused(objects=objects * (BULK_LIMIT + 1)) == "InvalidParamsValue"
    assert await refused(objects=[{"remotePath": "a"}]) == "RequestParamsMissing"
    await scene.call("PATCH", f"drafts/{scene.draft}", json={"status": "CLOSED"})
    assert await refused() == "Forbidden"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"nonsense", b"\xff\xfe", b"[" * 100_000, b'{"objects":[{"label":"\xff"}]}']
)
async def test_bodies_that_are_no_message(scene: Scene, content: bytes) -> None:
    for path in ("multi/cloud-callback", "multi/callback", "multi/data/labels", "labels/catalogs", "labels"):
        status, code, _ = await scene.refusal("PUT", path, content=content)
        assert status == 400
        assert code in ("InvalidParamsValue", "RequestParamsMissing")


async def test_unknown_segments_and_paths_name_their_neighbours(scene: Scene) -> None:
    await scene.import_paths(*FILES)
    for path in ("data", "data/urls", "data/details", "labels"):
        status, code, message = await scene.refusal("GET", path, params=scene.query(segmentName="trian"))
        assert (status, code) == (404, "ResourceNotExist")
        assert '"train"' in message
    for method, path, options in (
        ("GET", "data/urls", {"params": scene.query(remotePath="images/3.png")}),
        ("GET", "data/details", {"params": scene.query(remotePath="images/3.png")}),
        ("DELETE", "data", {"json": scene.body(remotePath="images/3.png")}),
    ):
        status, code, message = await scene.refusal(method, path, **options)
        assert (status, code) == (404, "ResourceNotExist")
        assert '"images/2.png"' in message


async def test_a_version_is_given_once(scene: Scene) -> None:
    query = {"segmentName": "train"}
    assert (await scene.refusal("GET", "data", params=query))[1] == "RequestParamsMissing"
    both = {**query, "draftNumber": scene.draft, "commit": "main"}
    assert (await scene.refusal("GET", "data", params=both))[1] == "InvalidParamsValue"
    unknown = {**query, "draftNumber": 9}
    assert (await scene.refusal("GET", "data", params=unknown))[1] == "ResourceNotExist"


async def test_labels_replace_and_are_all_or_nothing(scene: Scene) -> None:
    await scene.import_paths(*FILES)
    box = {"BOX2D": [{"box2d": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}}]}
    cls = {"CLASSIFICATION": {"category": "a"}}
    await scene.call("PUT", "labels", json=scene.body(remotePath=FILES[0], label=box))
    objects = [{"remotePath": FILES[0], "label": cls}, {"remotePath": FILES[1], "label": box}]
    await scene.call("PUT", "multi/data/labels", json=scene.body(objects=objects))
    assert [item["label"] for item in await scene.details()] == [cls, box, {}]
    listed = (await scene.call("GET", "labels", params=scene.query()))["labels"]
    assert [(item["remotePath"], item["label"]) for item in listed] == list(
        zip(sorted(FILES), [cls, box, {}], strict=True)
    )

    objects = [{"remotePath": FILES[0], "label": {}}, {"remotePath": "nothing.png", "label": {}}]
    answer = await scene.refusal("PUT", "multi/data/labels", json=scene.body(objects=objects))
    assert answer[:2] == (404, "ResourceNotExist")
    assert (await scene.details())[0]["label"] == cls
    await scene.call("PUT", "multi/data/labels", json=scene.body(objects=[]))


async def test_posting_again_replaces_file_and_label(scene: Scene) -> None:
    labelled = {"cloudPath": FILES[0], "remotePath": "a", "label": {"CLASSIFICATION": {}}, "timestamp": 1}
    for item in (labelled, {"cloudPath": FILES[1], "remotePath": "a"}):
        await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=[item]))
    (found,) = await scene.details()
    assert await scene.api.read(found["url"]) == FILES[1].encode()
    assert found["label"] == {}
    assert found.get("timestamp") is None


async def test_catalog(scene: Scene) -> None:
    catalog = '{"BOX2D": {"attributes":[{"name":"a b","minimum":0,"maximum":null}]}, "INSTANCE_MASK": {}}'
    await scene.call("PUT", "labels/catalogs", content=f'{{"catalog":{catalog},"draftNumber":{scene.draft}}}')
    found = await scene.call("GET", "labels/catalogs", params={"draftNumber": scene.draft})
    assert found == {"catalog": json.loads(catalog)}
    for wrong in ("{}", "{ }", "[]", "null"):
        content = f'{{"catalog":{wrong},"draftNumber":{scene.draft}}}'
        assert (await scene.refusal("PUT", "labels/catalogs", content=content))[1] == "InvalidParamsValue"


async def test_notes(scene: Scene) -> None:
    async def notes() -> dict[str, object]:
        found: dict[str, object] = await scene.call("GET", "notes", params={"draftNumber": scene.draft})
        return found

    assert await notes() == {"isContinuous": False, "binPointCloudFields": None}
    for change in ({"isContinuous": True}, {"binPointCloudFields": ["X", "Y"]}, {}):
        await scene.call("PATCH", "notes", json={**change, "draftNumber": scene.draft})
    assert await notes() == {"isContinuous": True, "binPointCloudFields": ["X", "Y"]}
    cleared = {"isContinuous": None, "binPointCloudFields": None, "draftNumber": scene.draft}
    await scene.call("PATCH", "notes", json=cleared)
    assert await notes() == {"isContinuous": False, "binPointCloudFields": None}
