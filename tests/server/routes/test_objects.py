from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import httpx
import pytest

from tensorbay.local_storage.serving import Span
from tensorbay.server import ServerSettings, create_key
from tensorbay.server.routes import objects
from tensorbay.server.storage import Storage
from tensorbay.storage import FolderOptions, FolderStore
from tensorbay.wire import V2
from tests.server.routes.scenes import local_config, make_files, make_scene
from tests.server.running import Api, running_server, served_api
from tests.storage.opened import is_closed, keep_opened

CONTENT = b"0123456789"


@pytest.fixture
async def url(served: Api, tmp_path: Path) -> str:
    folder = await make_files(tmp_path / "b", "0123456789")
    await local_config(served, "b", folder)
    found = await served.call("GET", "cloud/b/files/urls", params={"filePath": "0123456789"})
    return str(found["url"])


@pytest.mark.parametrize(
    ("header", "status", "content", "content_range"),
    [
        (None, 200, CONTENT, None),
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-30", 206, CONTENT, "bytes 0-9/10"),
        ("bytes=5-100", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=4-2", 200, CONTENT, None),
        ("bytes=0-1,3-4", 200, CONTENT, None),
        ("lines=1-2", 200, CONTENT, None),
        ("bytes=-", 200, CONTENT, None),
    ],
)
async def test_ranges(
    url: str, header: str | None, status: int, content: bytes | None, content_range: str | None
) -> None:
    async with httpx.AsyncClient() as client:
        response = await client.get(url, headers={} if header is None else {"Range": header})
        assert response.status_code == status
        assert response.headers.get("Content-Range") == content_range
        assert content is None or response.content == content
        assert response.headers["X-Content-Type-Options"] == "nosniff" if content else True
        head = await client.head(url)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "10", b"")
    assert head.headers["ETag"]


async def test_a_head_reads_nothing_of_the_file(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stream(*_: object, **__: object) -> None:
        raise AssertionError("the file was opened")

    monkeypatch.setattr(FolderStore, "stream", stream)
    async with httpx.AsyncClient() as client:
        whole = await client.head(url)
        part = await client.head(url, headers={"Range": "bytes=2-4"})
    assert (whole.status_code, whole.headers["Content-Length"]) == (200, "10")
    assert (part.status_code, part.headers["Content-Length"]) == (206, "3")
    assert part.headers["Content-Range"] == "bytes 2-4/10"


async def test_a_file_that_is_not_the_one_meant(url: str) -> None:
    async with httpx.AsyncClient() as client:
        etag = (await client.head(url)).headers["ETag"]
        for condition in (etag, "*", f'"other", {etag}'):
            assert (await client.get(url, headers={"If-Match": condition})).content == CONTENT
        refused = await client.get(url, headers={"If-Match": '"other"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "InvalidParamsValue")
    assert etag.strip('"') in refused.json()["message"]


async def test_bytes_of_another_file_do_not_go_under_its_etag(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the file and reading it."""
    stream, new = FolderStore.stream, tmp_path / "new"
    new.write_bytes(b"abcdefghij")

    async def replaced(self: FolderStore, path: str, **options: Any) -> AsyncIterator[bytes]:
        await anyio.Path(new).replace(tmp_path / "b" / path)
        async for chunk in stream(self, path, **options):
            yield chunk

    monkeypatch.setattr(FolderStore, "stream", replaced)
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(url)


async def test_who_goes_on_with_another_file_gets_it_whole(url: str) -> None:
    async with httpx.AsyncClient() as client:
        etag = (await client.head(url)).headers["ETag"]
        for condition, content in ((etag, CONTENT[2:]), ('"other"', CONTENT)):
            headers = {"Range": "bytes=2-", "If-Range": condition}
            assert (await client.get(url, headers=headers)).content == content


async def test_a_url_opens_one_file_for_one_method(url: str) -> None:
    changed = [
        url.replace("0123456789", "other"),
        re.sub(r"expires=(\d)", r"expires=9\1", url),
        re.sub(r"signature=.", "signature=-", url),
        re.sub(r"signature=.*", "signature=", url),
    ]
    async with httpx.AsyncClient() as client:
        answers = [await client.get(other) for other in changed] + [await client.put(url, content=b"x")]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "AccessDenied")] * 5
        unsigned = await client.get(url.partition("?")[0])
    assert unsigned.status_code == 400


async def test_an_expired_url_is_403(home: Path, tmp_path: Path) -> None:
    folder = await make_files(tmp_path / "b", "1.png")
    settings = ServerSettings(home=home, allow_folders=(tmp_path,), url_lifetime=0.001)
    key = await create_key(ServerSettings(home=home), "maria")
    with running_server(settings) as base:
        async with served_api(base, key) as api:
            await local_config(api, "b", folder)
            found = await api.call("GET", "cloud/b/files/urls", params={"filePath": "1.png"})
            response = await api.client.get(found["url"])
    assert (response.status_code, response.json()["code"]) == (403, "AccessDenied")


async def test_a_file_that_is_gone_is_404(served: Api, url: str, tmp_path: Path) -> None:
    (tmp_path / "b" / "0123456789").rename(tmp_path / "b" / "neighbour")
    async with httpx.AsyncClient() as client:
        response = await client.get(url)
    assert (response.status_code, response.json()["code"]) == (404, "ResourceNotExist")
    assert "neighbour" not in response.text


async def test_an_upload_has_to_have_its_checksum(served: Api, home: Path) -> None:
    scene = await make_scene(served)
    checksum = hashlib.sha1(b"right").hexdigest()
    answer = await scene.call("POST", "uploads", root=V2, json=scene.body(checksums=[checksum]))
    (url,) = answer["urls"]
    async with httpx.AsyncClient() as client:
        response = await client.put(url, content=b"wrong")
        assert (response.status_code, response.json()["code"]) == (400, "InvalidParamsValue")
        assert [path for path in (home / "objects").rglob("*") if path.is_file()] == []
        assert (await client.put(url, content=b"right")).status_code == 200
        assert (await client.put(url, content=b"right")).status_code == 200
        assert (await client.get(url)).status_code == 403
    (file,) = [path for path in (home / "objects").rglob("*") if path.is_file()]
    assert (file.name, file.read_bytes()) == (checksum, b"right")


async def test_the_public_url_is_the_base(home: Path, tmp_path: Path) -> None:
    folder = await make_files(tmp_path / "b", "1.png")
    settings = ServerSettings(home=home, allow_folders=(tmp_path,), public_url="https://proxy/gas")
    key = await create_key(ServerSettings(home=home), "maria")
    with running_server(settings) as base:
        async with served_api(base, key) as api:
            await local_config(api, "b", folder)
            found = await api.call("GET", "cloud/b/files/urls", params={"filePath": "1.png"})
    assert found["url"].startswith("https://proxy/gas/objects/")


async def test_a_file_of_which_a_range_is_read_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(FolderOptions(root=tmp_path))
    info = await store.put("key", bytes(3 << 20))
    storage = cast("Storage", SimpleNamespace(store=store))
    opened = keep_opened(monkeypatch)
    chunks = [chunk async for chunk in objects._stream(storage, info, Span(0, 1, is_partial=True), version=None)]
    assert [is_closed(file) for file in opened] == [True]
    assert chunks == [b"\0"]
