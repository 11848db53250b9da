"""Uploads: by PUT and by the form of 1.x, verified, limited, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pytest

from tests.local_storage.running import RunningService

CONTENT = b"some content " * 1000
SHA1 = hashlib.sha1(CONTENT).hexdigest()
PREFIX = "sub/.tensorbay/objects/"
KEY = PREFIX + SHA1


async def until_written(root: Path, count: int) -> None:
    """Until so many files are being written."""
    with anyio.fail_after(60):
        while len(list((root / ".tensorbay/uploads").glob("*"))) != count:  # noqa: ASYNC110  (by another thread)
            await anyio.sleep(0.01)


def files(root: Path) -> dict[str, bytes]:
    """What lies below `.tensorbay` folders, temporary files too."""
    found = [path for path in root.rglob("*") if path.is_file() and ".tensorbay" in path.parts]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


async def put(client: httpx.AsyncClient, service: RunningService, key: str, content: Any, **scope: Any) -> Any:
    token = service.token("write", key=key, **scope)
    return await client.put(f"/objects/{key}", params={"token": token}, content=content)


async def form(
    client: httpx.AsyncClient, service: RunningService, content: bytes, *, filename: str = SHA1, **fields: str
) -> httpx.Response:
    """As clients of 1.x send it: the fields, `key`, and last the file under its checksum."""
    parts: dict[str, Any] = {name: (None, value) for name, value in {**fields, "key": fields.get("key", KEY)}.items()}
    token = service.token("write", prefix=PREFIX)
    return await client.post("/objects", params={"token": token}, files={**parts, "file": (filename, content)})


async def test_both_ways_write_the_file(client: httpx.AsyncClient, service: RunningService, root: Path) -> None:
    answer = await put(client, service, KEY, CONTENT)
    assert (answer.status_code, answer.json()["size"], answer.json()["path"]) == (200, len(CONTENT), KEY)
    assert files(root) == {KEY: CONTENT}
    (root / KEY).unlink()
    for filename in (SHA1, "", "other"):
        answer = await form(client, service, CONTENT, filename=filename, policy="opaque")
        assert (answer.status_code, answer.json()) == (200, {})
        assert files(root) == {KEY: CONTENT}
    empty = PREFIX + hashlib.sha1(b"").hexdigest()
    assert (await form(client, service, b"", key=empty)).status_code == 200
    assert files(root) == {KEY: CONTENT, empty: b""}


async def test_what_is_not_its_checksum_leaves_nothing(
    client: httpx.AsyncClient, service: RunningService, root: Path
) -> None:
    for answer in (await put(client, service, KEY, CONTENT[:-1]), await form(client, service, CONTENT[:-1])):
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParamsValue")
        assert "SHA-1" in answer.json()["message"]
    assert files(root) == {}


@pytest.mark.parametrize(
    "key", ["data/1.png", f"{PREFIX}x", f"{KEY}\n", f"{PREFIX}../{SHA1}", f".tensorbay/objects/{SHA1}", PREFIX]
)
async def test_a_form_writes_uploads_only(
    client: httpx.AsyncClient, service: RunningService, root: Path, key: str
) -> None:
    answer = await form(client, service, CONTENT, key=key)
    assert answer.status_code in (400, 403)
    assert files(root) == {}
    assert (root / "data/1.png").read_bytes() == b"data/1.png"


@pytest.mark.parametrize("name", ["x", f"{SHA1}/x", f"{SHA1}\n", SHA1.upper(), f"x/.tensorbay/objects/{SHA1}"])
async def test_among_uploads_is_nothing_without_checksum(
    client: httpx.AsyncClient, service: RunningService, root: Path, name: str
) -> None:
    """Though the token of forms is for all of them, and a folder in place of a file would keep that one out."""
    params = {"token": service.token("write", prefix=PREFIX)}
    copy = {"source": "data/1.png", "target": PREFIX + name, "sourceToken": service.token("read", key="data/1.png")}
    answers = [
        await client.put(f"/objects/{PREFIX}{quote(name)}", params=params, content=CONTENT),
        await client.post("/copy", params=params, json=copy),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "AccessDenied")] * 2
    assert files(root) == {}


async def test_forms_that_are_none(client: httpx.AsyncClient, service: RunningService, root: Path) -> None:
    token = service.token("write", prefix=PREFIX)
    head = {"Content-Type": "multipart/form-data; boundary=b"}
    part = f'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n{KEY}\r\n'.encode()
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n' + CONTENT + b"\r\n--b--\r\n"
    bodies = {
        b"": head,
        b"x": {"Content-Type": "text/plain"},
        part + file: {"Content-Type": "multipart/form-data"},
        file: head,
        part + b"--b--\r\n": head,
        part + file[:-12]: head,
        file + part: head,
        b"nonsense" + part + file: head,
        part.replace(b"key", b"k" * 70_000) + file: head,
    }
    for body, headers in bodies.items():
        answer = await client.post("/objects", params={"token": token}, content=body, headers=headers)
        assert answer.status_code == 400, body[:99]
        assert answer.json().keys() == {"code", "message"}
    # The whole file is there, and the end of the form is not.
    answer = await client.post("/objects", params={"token": token}, content=part + file[:-4], headers=head)
    assert (answer.status_code, "The form was cut short" in answer.json()["message"]) == (400, True)
    assert files(root) == {}
    answer = await client.post("/objects", params={"token": token}, content=part + file, headers=head)
    assert answer.status_code == 200


async def test_uploads_are_limited_in_size(
    client: httpx.AsyncClient, service_process: RunningService, root: Path
) -> None:
    service_process.serve(root, max_upload=len(CONTENT) - 1)

    async def unannounced() -> AsyncIterator[bytes]:
        yield CONTENT

    answers = [
        await put(client, service_process, KEY, CONTENT),
        await put(client, service_process, KEY, bytes(30_000_000)),
        await put(client, service_process, KEY, unannounced()),
        await form(client, service_process, CONTENT),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(413, "EntityTooLarge")] * 4
    assert files(root) == {}


async def test_a_refusal_reaches_a_client_that_is_still_sending(service: RunningService) -> None:
    """As a client that looks for an answer only when it has sent everything."""
    token = service.token("read", key=KEY)
    stream = await anyio.connect_tcp("127.0.0.1", int(service.url.rpartition(":")[2]))
    async with stream:
        body = bytes(30_000_000)
        head = f"PUT /objects/{KEY}?token={token} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        await stream.send(head.encode())
        await stream.send(body)
        assert (await stream.receive()).startswith(b"HTTP/1.1 403 ")


async def test_the_quota_counts_what_is_there(
    client: httpx.AsyncClient, service_process: RunningService, root: Path
) -> None:
    service = service_process
    bodies = [bytes([number]) * 1000 for number in range(4)]
    keys = [PREFIX + hashlib.sha1(body).hexdigest() for body in bodies]
    (root / "sub").mkdir()
    (root / "sub/own").write_bytes(bytes(5000))  # the owner's files do not count
    service.serve(root, quota=2500)

    async def status(number: int) -> int:
        return int((await put(client, service, keys[number], bodies[number])).status_code)

    # Repeated and at the same time, as clients of 1.x do: they count once.
    found: list[int] = []

    async def again() -> None:
        found.append(await status(0))

    for _ in range(3):
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(again)
    assert found == [200] * 6
    assert [await status(1), await status(2)] == [200, 413]
    answer = await form(client, service, bodies[2], key=keys[2])
    assert (answer.status_code, answer.json()["code"]) == (413, "QuotaExceeded")
    assert (await put(client, service, "data/3.png", bytes(5000))).status_code == 200
    service.serve(root, quota=2500)  # a new process counts anew
    assert await status(2) == 413
    token = service.token("delete", key=keys[0])
    assert (await client.post("/delete", params={"token": token}, json=[keys[0]])).status_code == 200
    assert [await status(2), await status(3)] == [200, 413]
    copy = {"source": keys[2], "target": "sub/.tensorbay/copies/x", "sourceToken": service.token("read", key=keys[2])}
    token = service.token("write", key=copy["target"])
    assert (await client.post("/copy", params={"token": token}, json=copy)).status_code == 413
    assert set(files(root)) == {keys[1], keys[2]}


async def test_a_full_service_takes_again_what_it_has(
    client: httpx.AsyncClient, service_process: RunningService, root: Path
) -> None:
    """As clients of 1.x send it, several at a time."""
    bodies = [bytes([number]) * 1000 for number in range(4)]
    keys = [PREFIX + hashlib.sha1(body).hexdigest() for body in bodies]
    service_process.serve(root, quota=4000)
    for key, body in zip(keys, bodies, strict=True):
        assert (await put(client, service_process, key, body)).status_code == 200
    statuses: list[int] = []
    begun = [anyio.Event() for _ in keys]

    async def again(number: int) -> None:
        async def content() -> AsyncIterator[bytes]:
            yield bodies[number]
            begun[number].set()
            for event in begun:
                await event.wait()

        statuses.append((await put(client, service_process, keys[number], content())).status_code)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(again, number)
    assert statuses == [200] * 4
    assert (await put(client, service_process, f"{PREFIX}{'0' * 40}", b"x")).status_code == 413


async def test_the_quota_holds_when_what_is_replaced_goes_away(
    client: httpx.AsyncClient, service_process: RunningService, root: Path
) -> None:
    key = "sub/.tensorbay/copies/x"
    service_process.serve(root, quota=1000)
    assert (await put(client, service_process, key, bytes(900))).status_code == 200

    async def longer() -> AsyncIterator[bytes]:
        yield bytes(1)
        token = service_process.token("delete", key=key)
        assert (await client.post("/delete", params={"token": token}, json=[key])).status_code == 200
        yield bytes(1800)

    answer = await put(client, service_process, key, longer())
    assert (answer.status_code, answer.json()["code"]) == (413, "QuotaExceeded")
    assert files(root) == {}
    assert (await put(client, service_process, key, bytes(1000))).status_code == 200


async def test_space_stays_free(client: httpx.AsyncClient, service_process: RunningService, root: Path) -> None:
    service_process.serve(root, reserve=1 << 60)
    answer = await put(client, service_process, KEY, CONTENT)
    assert (answer.status_code, answer.json()["code"]) == (413, "DiskFull")
    assert files(root) == {}


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_client_that_hangs_up_leaves_nothing(
    client: httpx.AsyncClient, service: RunningService, root: Path, chunked: bool
) -> None:
    content = CONTENT * 100  # so much that a part of it is on the disk before the rest comes
    key = PREFIX + hashlib.sha1(content).hexdigest()
    token = service.token("write", key=key)
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(content)}"
    body = f"{len(content):x}\r\n".encode() + content if chunked else content[:-1]
    stream = await anyio.connect_tcp("127.0.0.1", int(service.url.rpartition(":")[2]))
    async with stream:
        head = f"PUT /objects/{key}?token={token} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n"
        await stream.send(head.encode() + body)
        await until_written(root, 1)
    await until_written(root, 0)
    assert (await put(client, service, key, content)).status_code == 200
    assert files(root) == {key: content}


async def test_many_writers_of_one_key_succeed(client: httpx.AsyncClient, service: RunningService, root: Path) -> None:
    statuses: list[int] = []

    async def write() -> None:
        statuses.append((await form(client, service, CONTENT)).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(write)
    assert statuses == [200] * 12
    assert files(root) == {KEY: CONTENT}
