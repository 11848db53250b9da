"""What must not work, sent as raw bytes where an HTTP library would make it harmless."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from urllib.parse import quote

import anyio
import httpx
import pytest

from tests.local_storage.running import RunningService
from tests.storage.filling import write_all


async def raw(service: RunningService, request_line: str, *, token: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body; nothing is normalised on the way."""
    head = (
        f"{request_line} HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    stream = await anyio.connect_tcp("127.0.0.1", int(service.url.rpartition(":")[2]))
    async with stream:
        await stream.send(head.encode("latin-1") + body)
        answer = b"".join([chunk async for chunk in stream])
    return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]


SECRET = b"nobody may read this"
PATHS = [
    *("../secret", "data/../../secret", "..%2fsecret", "%2e%2e/secret", "%2e%2e%2fsecret", ".%2e/secret"),
    *("%252e%252e%252fsecret", "..%252fsecret", "%252e%252e/secret", "..%c0%afsecret", "%c0%ae%c0%ae/secret"),
    *("..%5csecret", "..\\secret", "data/..%5c..%5csecret", "....//secret", "..;/secret", "data/.../../secret"),
    *("/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "%2Fetc/passwd", "./data/1.png", "data/./1.png", "data//1.png"),
    *("data/1.png%00", "data/1.png%00.jpg", "%00", "..%00/secret", "data/1.png/", "data/1.png/..", ".", "..", "%2e"),
    *(
        "C:/secret",
        "C:%5csecret",
        "file:///etc/passwd",
        "http://127.0.0.1/",
        "~/secret",
        "$HOME/secret",
        "%uff0e%uff0e/s",
    ),
    *("link/secret", "file link", "chain/secret", "dotted/secret", "device", "pipe", "socket", "proc/self/environ"),
    *(".tensorbay/uploads/x", ".TensorBay/uploads/x", ".tensorbay/UPLOADS/x", ".tensorbay%20/x", ".tensorbay./x"),
    *(quote(".tensor\u200cbay/x"), quote(".\uff34ensorBay/x"), "%ff%fe", "data/1.png%zz", "x" * 300, "a/" * 600 + "b"),
]


@pytest.fixture
async def traps(client: httpx.AsyncClient, root: Path, tmp_path: Path) -> None:
    await client.get("/healthz")  # from now on the upload below is one on its way
    _plant(root, tmp_path)


def _plant(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(SECRET)
    (root / "link").symlink_to(tmp_path)
    (root / "file link").symlink_to(tmp_path / "secret")
    (root / "chain").symlink_to("link")
    (root / "dotted").symlink_to("../")
    (root / "device").symlink_to("/dev/zero")
    (root / "proc").symlink_to("/proc")
    os.mkfifo(root / "pipe")
    write_all(root, [".tensorbay/uploads/x", ".TensorBay/x"])
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(os.path.relpath(root / "socket"))


def tree(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.mark.usefixtures("traps")
async def test_nothing_outside_can_be_reached(service: RunningService, tmp_path: Path) -> None:
    """Though the token allows everything."""
    token = service.token("read", "write", "list", "delete", prefix="")
    before = tree(tmp_path)
    for path in PATHS:
        for prefix in ("/objects/", "/info/"):
            status, body = await raw(service, _spelled(f"GET {prefix}{path}"), token=token)
            assert (path, status) == (path, status if 400 <= status < 500 else "refused"), body
            assert SECRET not in body
            assert str(tmp_path).encode() not in body
    assert tree(tmp_path) == before


@pytest.mark.usefixtures("traps")
async def test_nothing_outside_can_be_written(service: RunningService, root: Path, tmp_path: Path) -> None:
    token = service.token("read", "write", "list", "delete", prefix="")
    outside = {path for path in tree(tmp_path) if not path.startswith(str(root))}
    for path in PATHS:
        await raw(service, _spelled(f"PUT /objects/{path}"), token=token, body=b"planted")
        key = json.dumps([path]).encode()
        await raw(service, "POST /delete", token=token, body=key)
        copy = {"source": "data/1.png", "target": path, "sourceToken": token}
        await raw(service, "POST /copy", token=token, body=json.dumps(copy).encode())
        copy = {"source": path, "target": "copied", "sourceToken": token}
        await raw(service, "POST /copy", token=token, body=json.dumps(copy).encode())
        if (root / "copied").exists():
            assert (root / "copied").read_bytes() in (b"planted", b"data/1.png")
    assert {path for path in tree(tmp_path) if not path.startswith(str(root))} == outside
    assert (tmp_path / "secret").read_bytes() == SECRET
    assert (root / ".tensorbay/uploads/x").exists()
    assert (root / ".TensorBay/x").exists()


@pytest.mark.usefixtures("traps")
@pytest.mark.parametrize("prefix", ["../", "link/", "/", "//", "data/../", ".tensorbay/", ".TensorBay/", "\0", "proc/"])
async def test_nothing_outside_is_listed(client: httpx.AsyncClient, service: RunningService, prefix: str) -> None:
    token = service.token("list", prefix="")
    for address in ("/list", "/level"):
        answer = await client.get(address, params={"prefix": prefix, "token": token})
        if answer.status_code == 200:
            assert answer.json() in ([], [[], []])
        else:
            assert answer.json().keys() == {"code", "message"}
            assert answer.status_code in (400, 403)


ALIASES = [
    *(".TensorBay", ".tensorbay.", ".tensorbay ", ".tensorbay. .", ".ten\u017forbay", ".\uff34ensorBay"),
    *(f".tensor{unseen}bay" for unseen in "\u00ad\u034f\u115f\u180b\u200c\u3164\ufe0f\ufeff\uffa0\U000e0100"),
]


@pytest.mark.parametrize("name", ALIASES)
async def test_what_some_file_system_takes_for_our_folder_is_no_name(
    client: httpx.AsyncClient, service: RunningService, root: Path, name: str
) -> None:
    params = {"token": service.token("write", "list", prefix="")}
    answers = [
        await client.put(f"/objects/{quote(f'data/{name}/x')}", params=params, content=b"x"),
        await client.put(f"/objects/{quote(name)}", params=params, content=b"x"),
        await client.get("/list", params={**params, "prefix": f"{name}/"}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")
        assert "some file systems take it for '.tensorbay'" in answer.json()["message"]
    assert not (root / "data" / name).exists()


async def test_a_token_opens_one_file_for_one_thing(client: httpx.AsyncClient, service: RunningService) -> None:
    token = service.token("read", key="data/1.png")
    assert (await client.get("/objects/data/1.png", params={"token": token})).content == b"data/1.png"
    copy = {"source": "data/1.png", "target": "data/1.png", "sourceToken": token}
    refused = [
        await client.get("/objects/data/2.png", params={"token": token}),
        await client.get("/objects/data/1.png"),
        await client.get("/objects/data/1.png", params={"token": token + "x"}),
        await client.put("/objects/data/1.png", params={"token": token}, content=b"x"),
        await client.get("/list", params={"token": token, "prefix": "data/1.png"}),
        await client.get("/level", params={"token": token}),
        await client.get("/info/data/2.png", params={"token": token}),
        await client.get("/check", params={"token": token}),
        await client.post("/delete", params={"token": token}, json=["data/1.png"]),
        await client.post("/copy", params={"token": token}, json=copy),
        await client.post("/objects", params={"token": token}, files={"key": (None, "x"), "file": b"x"}),
        await client.post(
            "/copy",
            params={"token": service.token("write", key="x")},
            json={**copy, "source": "data/2.png", "target": "x"},
        ),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied"), answer.request.url
        assert token not in answer.text
    expired = service.token("read", key="data/1.png", seconds=-60)
    answer = await client.get("/objects/data/1.png", params={"token": expired})
    assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")
    assert "expired" in answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/objects", 405),
        ("PATCH", "/objects/a", 405),
        ("GET", "/nope", 404),
        ("TRACE", "/", 404),
    ],
)
async def test_other_addresses_are_refused_in_json(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json().keys()) == (status, {"code", "message"})


async def test_health_needs_no_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}


def _spelled(line: str) -> str:
    """A space or a character outside ASCII would not be a request line at all."""
    method, _, path = line.partition(" ")
    return f"{method} {path.replace(' ', '%20')}"
