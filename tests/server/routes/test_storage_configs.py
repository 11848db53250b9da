from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import anyio
import pytest

from tests.server.routes.scenes import ODD_NAMES, local_config, make_files, make_scene
from tests.server.running import Api
from tests.servers import free_ports


async def test_managed_storage_is_there_from_the_start(api: Api) -> None:
    assert await api.call("GET", "storage-configs") == {
        "configs": [{"name": "managed", "type": "local", "filePath": "", "isGravitiStorage": True}],
        "offset": 0,
        "recordSize": 1,
        "totalCount": 1,
    }


async def test_create_list_delete(api: Api, tmp_path: Path) -> None:
    await make_files(tmp_path / "b", "images/1.png")
    await local_config(api, "pictures", tmp_path / "b", "/images/")

    found = await api.call("GET", "storage-configs", params={"name": "pictures"})
    assert found["configs"] == [{"name": "pictures", "type": "local", "filePath": "images", "isGravitiStorage": False}]
    assert found["totalCount"] == 1
    everything = await api.call("GET", "storage-configs", params={"offset": 1, "limit": 1})
    assert ([config["name"] for config in everything["configs"]], everything["totalCount"]) == (["pictures"], 2)

    await api.call("DELETE", "storage-configs/pictures")
    assert (await api.call("GET", "storage-configs", params={"name": "pictures"}))["configs"] == []


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_odd_names(api: Api, tmp_path: Path, name: str) -> None:
    await local_config(api, name, await make_files(tmp_path / "b", "1.png"))

    (found,) = (await api.call("GET", "storage-configs", params={"name": name}))["configs"]
    assert found["name"] == name
    files = await api.call("GET", f"cloud/{quote(name, safe='')}/files", params={"prefix": ""})
    assert files["cloudFiles"] == ["1.png"]
    url = await api.call("GET", f"cloud/{quote(name, safe='')}/files/urls", params={"filePath": "1.png"})
    assert await api.read(url["url"]) == b"1.png"

    await api.call("DELETE", f"storage-configs/{quote(name, safe='')}")
    assert (await api.call("GET", "storage-configs", params={"name": name}))["configs"] == []


@pytest.mark.parametrize("name", ["", "..", "a\nb", "a\0b", "x" * 256, "\ud800"])
async def test_names_that_are_refused(embedded: Api, tmp_path: Path, name: str) -> None:
    content = '{"name": %s, "filePath": "", "endpoint": "%s"}' % (_json(name), tmp_path.as_uri())  # noqa: UP031
    headers = {"Content-Type": "application/json"}
    status, code, message = await embedded.refusal("POST", "storage-configs/local", content=content, headers=headers)
    assert (status, code) == (400, "InvalidParamsValue")
    assert "name" in message


def _json(text: str) -> str:
    return '"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"'


async def test_a_name_is_given_once(api: Api, tmp_path: Path) -> None:
    await local_config(api, "pictures", tmp_path)
    for name in ("pictures", "managed"):
        body = {"name": name, "filePath": "", "endpoint": tmp_path.as_uri()}
        status, code, message = await api.refusal("POST", "storage-configs/local", json=body)
        assert (status, code) == (409, "NameConflict")
        assert name in message


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("ftp://192.168.0.1:9000", "http://host:port"),
        ("http://", "no valid host name"),
        ("http://maria:secret@host:9000", "user name or password"),
        ("http://host:9000/?a", "goes on after the path"),
        ("file://elsewhere/folder", "file:///folder"),
        ("file:///folder?a", "percent-encoded"),
        ("file:///no/such/folder", "does not exist"),
    ],
)
async def test_endpoints_that_are_no_folder(embedded: Api, endpoint: str, reason: str) -> None:
    body = {"name": "pictures", "filePath": "", "endpoint": endpoint}
    status, code, message = await embedded.refusal("POST", "storage-configs/local", json=body)
    assert (status, code) == (400, "InvalidParamsValue")
    assert reason in message


async def test_a_storage_service_need_not_be_reachable(api: Api) -> None:
    [port] = free_ports(1)
    for name, endpoint in (("far", "http://192.168.0.1:9000"), ("near", f"http://127.0.0.1:{port}")):
        await api.call("POST", "storage-configs/local", json={"name": name, "filePath": "", "endpoint": endpoint})
        (found,) = (await api.call("GET", "storage-configs", params={"name": name}))["configs"]
        assert found["type"] == "local"
    status, code, message = await api.refusal("GET", "cloud/near/files", params={"prefix": ""})
    assert (status, code) == (500, "InternalServerError")
    assert f"http://127.0.0.1:{port} does not answer" in message


@pytest.mark.parametrize("path", ["../up", "a//b", "a/./b", "a\nb"])
async def test_file_paths_that_are_no_folder(embedded: Api, tmp_path: Path, path: str) -> None:
    body = {"name": "pictures", "filePath": path, "endpoint": tmp_path.as_uri()}
    assert (await embedded.refusal("POST", "storage-configs/local", json=body))[1] == "InvalidParamsValue"


async def test_a_served_server_opens_allowed_folders_only(served: Api, tmp_path: Path) -> None:
    await anyio.Path(tmp_path / "way out").symlink_to(tmp_path.parent)
    for folder in (tmp_path.parent, tmp_path / "..", tmp_path / "way out"):
        body = {"name": "pictures", "filePath": "", "endpoint": f"file://{quote(str(folder))}"}
        status, code, message = await served.refusal("POST", "storage-configs/local", json=body)
        assert (status, code) == (403, "Forbidden")
        assert "allow_folders" in message


async def test_a_config_in_use_is_not_deleted(api: Api, tmp_path: Path) -> None:
    await local_config(api, "pictures", await make_files(tmp_path / "b", "1.png"))
    await local_config(api, "others", await make_files(tmp_path / "c", "2.png"))
    scene = await make_scene(api, "Dogs", config="pictures")
    await scene.import_paths("2.png", configName="others")

    for name in ("pictures", "others"):
        status, code, message = await api.refusal("DELETE", f"storage-configs/{name}")
        assert (status, code) == (403, "Forbidden")
        assert '"Dogs"' in message
    assert (await api.refusal("DELETE", "storage-configs/managed"))[1] == "Forbidden"

    await api.call("DELETE", f"datasets/{scene.dataset_id}")
    await api.call("DELETE", "storage-configs/pictures")


async def test_unknown_config_names_its_neighbours(api: Api, tmp_path: Path) -> None:
    await local_config(api, "pictures", tmp_path)
    for method, path in (("DELETE", "storage-configs/picture"), ("GET", "cloud/picture/files")):
        status, code, message = await api.refusal(method, path)
        assert (status, code) == (404, "ResourceNotExist")
        assert "picture" in message
        assert '"pictures"' in message
