"""Clients that take their time, or have no end: nobody holds anything of the service for as long as he likes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anyio.abc import SocketStream

from tensorbay.local_storage import TokenSigner, _connections, _requests
from tensorbay.storage import Grant
from tests.local_storage.running import RunningService, service_command, wait_for
from tests.local_storage.test_uploads import KEY, files, form
from tests.storage.filling import write_all

PATIENCE = 0.3
"""Between two looks at who has to send his request: longer than this process may take from connecting to sending."""


@contextlib.asynccontextmanager
async def connected(service: RunningService) -> AsyncIterator[SocketStream]:
    async with await anyio.connect_tcp("127.0.0.1", int(service.url.rpartition(":")[2])) as stream:
        with anyio.fail_after(60):
            yield stream


async def rest(stream: SocketStream) -> bytes:
    """What comes until the service hangs up, however it does."""
    found = bytearray()
    with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        while True:
            found += await stream.receive()
    return bytes(found)


@pytest.mark.parametrize("head", [b"GET /" + b"a" * (1 << 20), b"GET / HTTP/1.1\r\n" + b"X-Name: value\r\n" * 100_000])
async def test_a_head_has_an_end(service: RunningService, head: bytes) -> None:
    async with connected(service) as stream:
        with contextlib.suppress(anyio.BrokenResourceError):
            await stream.send(head)
        # It hangs up without waiting for more; the refusal is lost where it was still being sent to.
        answer = await rest(stream)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HT"])
async def test_who_asks_nothing_is_not_waited_for(
    service: RunningService, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(_connections, "_LOOK_SECONDS", 0.1)
    async with connected(service) as stream:
        if begun:
            await stream.send(begun)
        assert await rest(stream) == b""


async def test_who_is_refused_and_drips_on_is_not_heard(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "_LOOK_SECONDS", PATIENCE)
    async with connected(service) as stream:
        await stream.send(b"PUT /objects/x HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n")
        assert (await stream.receive()).startswith(b"HTTP/1.1 403 ")
        with contextlib.suppress(anyio.BrokenResourceError):
            while True:  # `connected` would fail after a while
                await stream.send(b"x")
                await anyio.sleep(0.01)


async def test_who_is_served_may_take_his_time(
    client: httpx.AsyncClient, service: RunningService, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "_LOOK_SECONDS", PATIENCE)

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x"
            await anyio.sleep(PATIENCE)

    token = service.token("write", key="slow")
    answer = await client.put("/objects/slow", params={"token": token}, content=slow())
    assert (answer.status_code, answer.json()["size"]) == (200, 5)
    # Nor is a connection that rests between two requests closed.
    await anyio.sleep(4 * PATIENCE)
    assert (await client.get("/healthz")).status_code == 200


async def test_an_upload_that_drips_is_ended(
    client: httpx.AsyncClient, service: RunningService, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_requests, "_STALL_SECONDS", 0.5)

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x"
            await anyio.sleep(0.05)

    answer = await client.put(f"/objects/{KEY}", params={"token": service.token("write", key=KEY)}, content=drip())
    assert (answer.status_code, "The upload was cut short" in answer.json()["message"]) == (400, True)
    assert files(root) == {}


async def hung_up_on(stream: SocketStream, more: bytes) -> None:
    """Sends, and reads nothing, until it cannot any more; `connected` would fail after a while."""
    with contextlib.suppress(anyio.BrokenResourceError):
        while True:
            await stream.send(more)
            await anyio.sleep(0.01)


async def test_a_download_that_nobody_reads_is_ended(
    service: RunningService, root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    monkeypatch.setattr(_connections, "_LOOK_SECONDS", 0.1)
    with (root / "large").open("wb") as file:
        file.truncate(256 << 20)
    token = service.token("read", key="large")
    async with connected(service) as stream:
        await stream.send(f"GET /objects/large?token={token} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await hung_up_on(stream, b"x")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_answers_that_nobody_reads_are_given_up(service: RunningService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many requests in a row; nobody needs a token for that."""
    monkeypatch.setattr(_connections, "_LOOK_SECONDS", 0.1)
    async with connected(service) as stream:
        await hung_up_on(stream, b"GET /objects/x HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)


async def test_a_download_that_is_read_slowly_goes_on(
    service: RunningService, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "_LOOK_SECONDS", 0.1)
    size = 64 << 20  # read in many more looks than an answer may be left unread
    with (root / "large").open("wb") as file:
        file.truncate(size)
    token = service.token("read", key="large")
    found = 0
    async with connected(service) as stream:
        head = f"GET /objects/large?token={token} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        await stream.send(head.encode())
        with contextlib.suppress(anyio.EndOfStream):
            while True:
                # So much at a time that the kernel, which keeps megabytes, asks for more several times in each look.
                found += len(await stream.receive(256 << 10))
                await anyio.sleep(0.01)
    assert found > size


def test_there_are_as_many_connections_as_leave_room_for_files(root: Path, tmp_path: Path) -> None:
    """Those above are hung up on, and who is served does not notice."""
    signer = TokenSigner(b"s" * 32)
    key = tmp_path / "key.pem"
    key.write_text(signer.public_key)
    limited = ["bash", "-c", 'ulimit -n 128; exec "$@"', "bash"]
    with service_command(root, tmp_path, "--public-key", str(key), before=limited) as url:
        grant = Grant(operations=("read",), key="data/1.png", expires=time.time() + 60)
        token = signer.sign(grant, audience=url, team="t")
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.create_connection(address, 10))
            more = [stack.enter_context(socket.create_connection(address, 10)) for _ in range(60)]
            with contextlib.suppress(ConnectionError):
                assert more[-1].recv(1) == b""
            first.sendall(f"GET /objects/data/1.png?token={token} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert first.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        wait_for(f"{url}/healthz")


async def test_what_comes_after_the_file_of_a_form_has_an_end(
    client: httpx.AsyncClient, service: RunningService, root: Path
) -> None:
    content = b"content"
    key = f"sub/.tensorbay/objects/{hashlib.sha1(content).hexdigest()}"
    token = service.token("write", prefix="sub/.tensorbay/objects/")
    parts: dict[str, Any] = {"key": (None, key), "file": ("", content), "more": ("", bytes(1 << 20))}
    answer = await client.post("/objects", params={"token": token}, files=parts)
    assert (answer.status_code, "bytes after its file" in answer.json()["message"]) == (400, True)
    assert files(root) == {}
    assert (await form(client, service, content, key=key)).status_code == 200


async def test_no_more_is_deleted_at_a_time_than_is_listed(client: httpx.AsyncClient, service: RunningService) -> None:
    headers = {"Authorization": f"Bearer {service.token('delete', prefix='')}"}
    answer = await client.post("/delete", content=json.dumps(["data/1.png"] * 1001), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParamsValue")
    assert (await client.post("/delete", content=json.dumps(["x"] * 1000), headers=headers)).status_code == 200


async def test_a_root_that_is_spelled_in_another_way_is_not_told(
    client: httpx.AsyncClient, service_process: RunningService, tmp_path: Path
) -> None:
    root = tmp_path / "back\\slash"
    write_all(root, ["data/1.png"])
    service_process.serve(root)
    params = {"token": service_process.token("list", "read", prefix="")}
    assert (await client.get("/check", params=params)).status_code == 200
    root.rename(tmp_path / "moved")
    for address in ("/check", "/list", "/level", "/objects/data/1.png", "/info/data/1.png"):
        answer = await client.get(address, params=params)
        assert answer.status_code == 404
        assert "'--root' does not exist" in answer.json()["message"]
        assert "back" not in answer.text
