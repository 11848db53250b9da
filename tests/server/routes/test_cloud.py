from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from tensorbay.storage import FolderStore
from tensorbay.wire import V1, V2
from tests.server.routes.scenes import ODD_NAMES, local_config, make_files, make_scene
from tests.server.running import Api

FILES = ["images/1.png", "images/10.png", "images/2.png", "labels/1.json", "readme.txt"]


async def test_markers_lead_through_the_listing(api: Api, tmp_path: Path) -> None:
    await local_config(api, "b", await make_files(tmp_path / "b", *FILES, ".tensorbay/copies/hidden"))

    found: list[str] = []
    marker = ""
    pages = 0
    while True:
        page = await api.call("GET", "cloud/b/files", params={"prefix": "", "limit": 2, "marker": marker})
        found += page["cloudFiles"]
        pages += 1
        if not page["truncated"]:
            break
        marker = page["nextMarker"]
    assert (found, pages) == (sorted(FILES), 3)

    page = await api.call("GET", "cloud/b/files", params={"prefix": "images/1", "limit": 128})
    assert (page["cloudFiles"], page["truncated"]) == (["images/1.png", "images/10.png"], False)
    assert (await api.call("GET", "cloud/b/files", params={"prefix": "nothing"}))["cloudFiles"] == []


async def test_details(api: Api, tmp_path: Path) -> None:
    await local_config(api, "b", await make_files(tmp_path / "b", *FILES))
    query = {"config": "b", "prefix": "images/", "limit": 2}

    first = await api.call("GET", "cloud/files", root=V2, params={**query, "sign": 1})
    assert [file["path"] for file in first["files"]] == ["images/1.png", "images/10.png"]
    assert first["files"][0]["size"] == len(b"images/1.png")
    assert first["files"][0]["etag"]
    assert await api.read(first["files"][1]["url"]) == b"images/10.png"
    assert first["expireAt"] > 0

    last = await api.call("GET", "cloud/files", root=V2, params={**query, "after": first["next"]})
    assert [file["path"] for file in last["files"]] == ["images/2.png"]
    assert "url" not in last["files"][0]
    assert last.get("next") is None
    beyond = await api.call("GET", "cloud/files", root=V2, params={**query, "after": "images/9"})
    assert beyond["files"] == []


async def test_a_prefix_without_files_says_what_there_is(api: Api, tmp_path: Path) -> None:
    await local_config(api, "b", await make_files(tmp_path / "b", *FILES))

    async def message(prefix: str) -> str:
        params = {"config": "b", "prefix": prefix}
        status, code, text = await api.refusal("GET", "cloud/files", root=V2, params=params)
        assert (status, code) == (404, "ResourceNotExist")
        return text

    assert '"images/x"' in await message("images/x")
    assert '"images/10.png"' in await message("images/x")
    for prefix in ("image/", "nowhere/at/all/x"):
        text = await message(prefix)
        assert prefix in text
        assert '"images/", "labels/", "readme.txt"' in text


async def test_what_would_take_long_to_say_is_not_said(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where millions of files lie side by side."""

    async def list_level(*_: object, **__: object) -> None:
        await anyio.sleep_forever()

    await local_config(api, "b", await make_files(tmp_path / "b", *FILES))
    monkeypatch.setattr(FolderStore, "list_level", list_level)
    monkeypatch.setattr("tensorbay.server.storage._HINT_SECONDS", 0.01)
    params = {"config": "b", "prefix": "image/"}
    status, _, text = await api.refusal("GET", "cloud/files", root=V2, params=params)
    assert (status, text) == (404, 'No file in storage config "b" begins with "image/".')
    scene = await make_scene(api, config="b")
    body = scene.body(objects=[{"cloudPath": "gone", "remotePath": "gone"}])
    status, _, text = await scene.refusal("PUT", "multi/cloud-callback", json=body)
    assert (status, text) == (404, 'The file in storage config "b": gone does not exist.')


async def test_an_empty_storage_is_an_empty_list(api: Api, tmp_path: Path) -> None:
    await local_config(api, "b", await make_files(tmp_path / "b", ".tensorbay/hidden"))
    assert (await api.call("GET", "cloud/files", root=V2, params={"config": "b", "prefix": ""}))["files"] == []
    status, _, text = await api.refusal("GET", "cloud/files", root=V2, params={"config": "b", "prefix": "x"})
    assert status == 404
    assert "nothing at the top" in text


async def test_urls_of_odd_names_keep_their_order(api: Api, tmp_path: Path) -> None:
    paths = [f"{index}/{name}" for index, name in enumerate(ODD_NAMES) if len(name) < 255]
    await local_config(api, "b", await make_files(tmp_path / "b", *paths))

    listed = await api.call("GET", "cloud/b/files", params={"prefix": ""})
    assert listed["cloudFiles"] == sorted(paths)
    backwards = paths[::-1]
    signed = await api.call("POST", "cloud/urls", root=V2, json={"config": "b", "paths": backwards})
    assert [await api.read(url) for url in signed["urls"]] == [path.encode() for path in backwards]


async def test_one_url(api: Api, tmp_path: Path) -> None:
    await local_config(api, "b", await make_files(tmp_path / "b", *FILES))
    url = (await api.call("GET", "cloud/b/files/urls", params={"filePath": "labels/1.json"}))["url"]
    assert await api.read(url) == b"labels/1.json"


@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "way out", "/secret", "images/"])
async def test_paths_that_lead_out_are_refused(api: Api, tmp_path: Path, path: str) -> None:
    folder = await make_files(tmp_path / "b", *FILES)
    await make_files(tmp_path, "secret")
    await anyio.Path(folder / "way out").symlink_to(tmp_path / "secret")
    await local_config(api, "b", folder)
    response = await api.client.get(f"/{V1}cloud/b/files/urls", params={"filePath": path})
    if response.status_code == 200:
        # A server that serves the files itself signs without a look, and looks when it is asked for the file.
        response = await api.client.get(response.json()["url"])
    assert 400 <= response.status_code < 500
    assert response.json()["code"]
