from __future__ import annotations

import httpx
import pytest

from tests.local_storage.running import RunningService

CONTENT = b"data/1.png"


@pytest.mark.parametrize(
    ("header", "status", "content", "content_range"),
    [
        (None, 200, CONTENT, None),
        ("bytes=0-0", 206, b"d", "bytes 0-0/10"),
        ("bytes=2-4", 206, b"ta/", "bytes 2-4/10"),
        ("bytes=7-", 206, b"png", "bytes 7-9/10"),
        ("bytes=-3", 206, b"png", "bytes 7-9/10"),
        ("bytes=5-100", 206, b"1.png", "bytes 5-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=4-2", 200, CONTENT, None),
        ("bytes=0-1,3-4", 200, CONTENT, None),
        ("lines=1-2", 200, CONTENT, None),
    ],
)
async def test_ranges(
    client: httpx.AsyncClient,
    service: RunningService,
    header: str | None,
    status: int,
    content: bytes | None,
    content_range: str | None,
) -> None:
    params = {"token": service.token("read", key="data/1.png")}
    headers = {} if header is None else {"Range": header}
    answer = await client.get("/objects/data/1.png", params=params, headers=headers)
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, content_range)
    assert content is None or answer.content == content
    head = await client.head("/objects/data/1.png", params=params)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "10", b"")
    assert (head.headers["Content-Type"], head.headers["Accept-Ranges"]) == ("image/png", "bytes")
    assert head.headers["X-Content-Type-Options"] == "nosniff"


async def test_if_match(client: httpx.AsyncClient, service: RunningService) -> None:
    params = {"token": service.token("read", key="data/1.png")}
    etag = (await client.head("/objects/data/1.png", params=params)).headers["ETag"]
    for match, status in ((etag, 200), ("*", 200), (f'"other", {etag}', 200), ('"other"', 412)):
        answer = await client.get("/objects/data/1.png", params=params, headers={"If-Match": match})
        assert answer.status_code == status
    assert answer.json()["code"] == "ObjectChanged"


async def test_who_goes_on_with_another_file_gets_it_whole(client: httpx.AsyncClient, service: RunningService) -> None:
    params = {"token": service.token("read", key="data/1.png")}
    etag = (await client.head("/objects/data/1.png", params=params)).headers["ETag"]
    for condition, status, content in ((etag, 206, CONTENT[2:]), ('"other"', 200, CONTENT)):
        headers = {"Range": "bytes=2-", "If-Range": condition}
        answer = await client.get("/objects/data/1.png", params=params, headers=headers)
        assert (answer.status_code, answer.content) == (status, content)


async def test_refusals_do_not_tell_where_the_folder_lies(
    client: httpx.AsyncClient, service: RunningService, tmp_path: object
) -> None:
    for key in ("gone", "data", "data/1.png/below"):
        answer = await client.get(f"/objects/{key}", params={"token": service.token("read", key=key)})
        assert (answer.status_code, answer.json()["code"]) == (404, "ResourceNotExist")
        assert str(tmp_path) not in answer.text


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "", "9" * 30, "0000000011001", "\u0661"])
async def test_limits_of_pages(client: httpx.AsyncClient, service: RunningService, limit: str) -> None:
    params = {"token": service.token("list", prefix=""), "limit": limit}
    for address in ("/list", "/level"):
        answer = await client.get(address, params=params)
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParamsValue")


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"source": 1}', b"\xff", b'["\xff"]', b"[" * 5000])
async def test_bodies_that_are_none(client: httpx.AsyncClient, service: RunningService, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {service.token('write', 'delete', prefix='')}"}
    for address in ("/copy", "/delete"):
        answer = await client.post(address, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParamsValue")
