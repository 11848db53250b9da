from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.server.egress import EgressProxy, Network, Team, _proxy
from tests.servers import free_ports

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOCAL = Network(allowed=(ip_network("127.0.0.1"),))
BODY = bytes(range(256)) * (1 << 14)  # 4 MiB


@contextlib.asynccontextmanager
async def running_proxy(network: Network = LOCAL) -> AsyncIterator[Team]:
    """As one team has it."""
    proxy = await EgressProxy.open(network)
    try:
        yield proxy.team("team")
    finally:
        await proxy.aclose()


@contextlib.asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Host and port."""
    async with await asyncio.start_server(handler, host, 0) as server:
        yield f"{host}:{server.sockets[0].getsockname()[1]}"


@contextlib.asynccontextmanager
async def website(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}"


async def raw(proxy: Team, head: str, *, password: bool = True) -> Streams:
    parts = urlsplit(proxy.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    auth = httpx.BasicAuth(parts.username or "", parts.password or "")._auth_header if password else "Basic eDp5"
    writer.write(f"{head}\r\nHost: x\r\nProxy-Authorization: {auth}\r\n\r\n".encode())
    return reader, writer


async def tunnel(proxy: Team, target: str) -> Streams:
    reader, writer = await raw(proxy, f"CONNECT {target} HTTP/1.1")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    return reader, writer


async def status(proxy: Team, head: str, *, password: bool = True) -> int:
    reader, writer = await raw(proxy, head, password=password)
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


async def until(is_so: Callable[[], bool]) -> None:
    """How many turns of the loop that takes is nobody's business."""
    with anyio.fail_after(60):
        while not is_so():
            await anyio.lowlevel.checkpoint()


async def echo(request: web.Request) -> web.Response:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in ("content-type", "te")}
    digest = hashlib.sha1(await request.read()).hexdigest()
    return web.json_response({"headers": headers, "path": request.raw_path, "digest": digest})


async def test_what_the_proxy_takes() -> None:
    (port,) = free_ports(1)
    async with running_proxy() as proxy:
        for head, expected in {
            "CONNECT 127.0.0.2:80 HTTP/1.1": 407,
            "CONNECT [::1]:80 HTTP/1.1": 407,
            "CONNECT [::ffff:127.0.0.2]:80 HTTP/1.1": 407,
            "CONNECT 169.254.169.254:80 HTTP/1.1": 407,
            "GET http://127.0.0.2/ HTTP/1.1": 407,
            "GET http://2130706434/latest/meta-data HTTP/1.1": 407,
            f"CONNECT 127.0.0.1:{port} HTTP/1.1": 502,
            f"GET http://127.0.0.1:{port}/ HTTP/1.1": 502,
            "CONNECT no-such-host.invalid:443 HTTP/1.1": 502,
            "CONNECT 127.0.0.1 HTTP/1.1": 400,
            "CONNECT 127.0.0.1:0 HTTP/1.1": 400,
            "CONNECT 127.0.0.1:99999 HTTP/1.1": 400,
            "GET / HTTP/1.1": 400,
            "GET https://127.0.0.1/ HTTP/1.1": 400,
            "GET http://user@127.0.0.1/ HTTP/1.1": 400,
            "GET file:///etc/passwd HTTP/1.1": 400,
        }.items():
            assert (head, await status(proxy, head)) == (head, expected)


async def test_a_refusal_is_the_same_whether_something_listens_or_not() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("nobody may come here")

    (port,) = free_ports(1)
    async with running_proxy(Network()) as proxy, serving(handler) as target:
        answers = []
        for host in (target, f"127.0.0.1:{port}", "10.1.2.3:80", "169.254.169.254:80"):
            reader, writer = await raw(proxy, f"CONNECT {host} HTTP/1.1")
            answers.append(await reader.read())
            writer.close()
        assert len(set(answers)) == 1


async def test_nobody_else_may_use_it() -> None:
    async with running_proxy() as proxy, website(echo) as url:
        assert await status(proxy, f"GET {url}/ HTTP/1.1", password=False) == 407
        assert await status(proxy, f"GET {url}/ HTTP/1.1") == 200
        assert str(urlsplit(proxy.url).password) not in repr(proxy)
        assert await status(proxy, "GET file:///etc/passwd HTTP/1.1", password=False) == 407
        async with running_proxy() as other:
            assert urlsplit(other.url).password != urlsplit(proxy.url).password


async def test_a_request_arrives_as_it_was_without_what_is_for_the_proxy() -> None:
    async with running_proxy() as proxy, website(echo) as url, httpx.AsyncClient(proxy=proxy.url) as client:
        headers = {"X-Amz-Date": "now", "TE": "trailers"}
        answer = await client.put(f"{url}/b/a%2Fb%20c?x=%2f&y", content=BODY, headers=headers)
        found = answer.json()
        assert found["path"] == "/b/a%2Fb%20c?x=%2f&y"
        assert found["digest"] == hashlib.sha1(BODY).hexdigest()
        assert found["headers"]["X-Amz-Date"] == "now"
        assert found["headers"]["Host"] == url.removeprefix("http://")
        assert found["headers"]["Connection"] == "close"
        assert not any(name.lower().startswith("proxy") for name in found["headers"])
        assert (await client.get(f"{url}?a=b")).json()["path"] == "/?a=b"

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(BODY), 100_000):
                yield BODY[start : start + 100_000]

        answer = await client.put(url, content=pieces())
        assert answer.json()["digest"] == hashlib.sha1(BODY).hexdigest()
        head = await client.head(url)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] != "0"


async def test_a_second_request_on_a_connection_goes_nowhere() -> None:
    seen: list[str] = []

    async def stays_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A server that does not close when it is asked to."""
        while head := await reader.read(1 << 16):
            seen.append(head.decode())
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok")
        writer.close()

    async with running_proxy() as proxy, serving(stays_open) as target:
        reader, writer = await raw(proxy, f"GET http://{target}/1 HTTP/1.1")
        writer.write(f"GET http://{target}/2 HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"connection: close" in answer.lower()
    assert b"keep-alive" not in answer.lower()
    assert len(seen) == 1
    assert "/2" not in seen[0]
    assert "authorization" not in seen[0].lower()


async def test_an_answer_that_comes_before_the_body_was_read() -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return web.Response(status=403, text="no")

    async with running_proxy() as proxy, website(refuse) as url, httpx.AsyncClient(proxy=proxy.url) as client:
        answer = await client.put(url, content=BODY)
        assert (answer.status_code, answer.text) == (403, "no")


@pytest.mark.parametrize("answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n", b""])
async def test_a_server_that_does_not_speak_http(answer: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with running_proxy() as proxy, serving(babble) as target, httpx.AsyncClient(proxy=proxy.url) as client:
        response = await client.get(f"http://{target}/")
        assert (response.status_code, "does not answer as an HTTP server" in response.text) == (502, True)
        # A tunnel takes anything.
        reader, writer = await tunnel(proxy, target)
        writer.write(b"\r\n\r\n")
        assert await reader.read() == answer
        writer.close()


async def test_an_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal")
        writer.close()

    async with running_proxy() as proxy, serving(stop) as target, httpx.AsyncClient(proxy=proxy.url) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            await client.get(f"http://{target}/")


async def test_a_head_that_is_too_long_is_not_kept() -> None:
    async with running_proxy() as proxy:
        reader, writer = await raw(proxy, f"GET http://127.0.0.1/{'x' * 300_000} HTTP/1.1")
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


async def test_many_requests_side_by_side_with_large_bodies() -> None:
    async with running_proxy() as proxy, website(echo) as url, httpx.AsyncClient(proxy=proxy.url) as client:
        answers = await asyncio.gather(*(client.put(f"{url}/{number}", content=BODY) for number in range(32)))
        assert {answer.json()["digest"] for answer in answers} == {hashlib.sha1(BODY).hexdigest()}
        assert [answer.json()["path"] for answer in answers] == [f"/{number}" for number in range(32)]


async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


async def say(stream: Streams) -> bytes:
    stream[1].write(b"x")
    return await stream[0].read(1)


@pytest.mark.parametrize("limit", ["_CONNECTIONS", "_TEAM_CONNECTIONS"])
async def test_who_is_silent_makes_room(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tunnels that are kept for later do not keep others out."""
    monkeypatch.setattr(_proxy, limit, 2)
    monkeypatch.setattr(_proxy, "_SILENT_SECONDS", 0.05)

    async with serving(repeat) as target, running_proxy() as proxy:
        with anyio.fail_after(60):
            silent, busy = await tunnel(proxy, target), await tunnel(proxy, target)
            await anyio.sleep(0.1)
            assert await say(busy) == b"x"
            late = await tunnel(proxy, target)
            assert [await say(stream) for stream in (busy, late)] == [b"x", b"x"]
            with contextlib.suppress(ConnectionError):
                assert await say(silent) == b""
        for _, writer in (silent, busy, late):
            writer.close()


async def test_who_waits_for_an_answer_makes_room_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store may copy for minutes before it says that it has."""
    monkeypatch.setattr(_proxy, "_TEAM_CONNECTIONS", 2)
    monkeypatch.setattr(_proxy, "_SILENT_SECONDS", 0.05)
    asked, answer = anyio.Event(), anyio.Event()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read(1)
        asked.set()
        await answer.wait()
        writer.write(data)
        writer.close()

    async with serving(repeat) as target, serving(copy) as slow, running_proxy() as proxy:
        with anyio.fail_after(60):
            waiting = await tunnel(proxy, slow)
            copied = asyncio.create_task(say(waiting))
            await asked.wait()
            idle = await tunnel(proxy, target)
            await anyio.sleep(0.1)
            late = await tunnel(proxy, target)
            assert await idle[0].read() == b""
            answer.set()
            assert await copied == b"x"
        for _, writer in (waiting, idle, late):
            writer.close()


async def test_a_team_leaves_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though none of its tunnels is silent."""
    monkeypatch.setattr(_proxy, "_CONNECTIONS", 4)
    monkeypatch.setattr(_proxy, "_TEAM_CONNECTIONS", 2)
    proxy = await EgressProxy.open(LOCAL)
    async with serving(repeat) as target:
        greedy = proxy.team("greedy")
        assert greedy is proxy.team("greedy")
        busy = [await tunnel(greedy, target) for _ in range(2)]
        late = [asyncio.create_task(tunnel(greedy, target)) for _ in range(8)]
        with anyio.fail_after(60):
            other = await tunnel(proxy.team("other"), target)
            assert [await say(stream) for stream in (*busy, other)] == [b"x"] * 3
            assert not any(task.done() for task in late)
            for stream in busy:
                stream[1].close()
            for task in late:  # one after the other
                stream = await task
                assert await say(stream) == b"x"
                stream[1].close()
            assert await say(other) == b"x"
        other[1].close()
        await proxy.aclose()


async def test_a_side_that_ends_still_gets_the_rest() -> None:
    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = len(await reader.read(-1))
        writer.write(str(size).encode())
        writer.close()

    async with running_proxy() as proxy, serving(count) as target:
        reader, writer = await tunnel(proxy, target)
        writer.write(BODY)
        writer.write_eof()
        assert await reader.read() == str(len(BODY)).encode()
        writer.close()


async def test_what_is_sent_together_with_the_request_for_a_tunnel() -> None:
    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(5))
        writer.close()

    async with running_proxy() as proxy, serving(repeat) as target:
        reader, writer = await raw(proxy, f"CONNECT {target} HTTP/1.1")
        writer.write(b"early")
        assert (await reader.read()).endswith(b"\r\n\r\nearly")
        writer.close()


async def test_a_peer_that_dies_ends_the_connection_on_the_other_side() -> None:
    gone = anyio.Event()

    async def abort(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(4) == b"die!":
            writer.transport.abort()
            return
        await reader.read()
        writer.close()
        gone.set()

    async with running_proxy() as proxy, serving(abort) as target:
        reader, writer = await tunnel(proxy, target)
        writer.write(b"die!")
        with anyio.fail_after(60), contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()

        _, writer = await tunnel(proxy, target)
        writer.write(b"live")
        await writer.drain()
        writer.transport.abort()
        with anyio.fail_after(60):
            await gone.wait()


async def test_a_client_that_goes_away_is_not_waited_for() -> None:
    asked, gone = anyio.Event(), anyio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1 << 16):
            asked.set()
        writer.close()
        gone.set()

    async with running_proxy() as proxy, serving(silent) as target:
        async with httpx.AsyncClient(proxy=proxy.url) as client, anyio.create_task_group() as group:
            group.start_soon(client.get, f"http://{target}/")
            await asked.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(60):
            await gone.wait()


async def test_closing_ends_what_is_open_and_leaves_nothing() -> None:
    ended = anyio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    before = len(asyncio.all_tasks())
    async with serving(hold) as target:
        proxy = await EgressProxy.open(LOCAL)
        port = urlsplit(proxy.team("team").url).port
        waiting = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = await tunnel(proxy.team("team"), target)  # which is accepted after the one that waits
        with anyio.fail_after(60):
            await proxy.aclose()
            assert await reader.read() == b""
            assert await waiting[0].read() == b""
            await ended.wait()
        for one in (writer, waiting[1]):
            one.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
    await until(lambda: len(asyncio.all_tasks()) == before)
    found = weakref.ref(proxy)
    del proxy
    gc.collect()
    assert found() is None
