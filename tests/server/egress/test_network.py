from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import anyio
import pytest
from anyio.to_thread import run_sync

from tensorbay.server.egress import Network, Refused, Unreachable
from tests.servers import free_ports


class Answers:
    """A name server that gives one list of addresses after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.left = list(answers)

    async def __call__(self, host: str, port: int) -> list[str]:
        return self.left.pop(0)


@contextlib.asynccontextmanager
async def listening(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[tuple[int, list[str]]]:
    """A port, and who was connected to it."""
    found: list[str] = []

    def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.append(writer.get_extra_info("sockname")[0])
        writer.close()

    async with await asyncio.start_server(accept, host, port) as server:
        yield server.sockets[0].getsockname()[1], found


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1", "0"),
        *("::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:0:0:1", "0.0.0.0", "::"),
        *("169.254.169.254", "2852039166", "0xa9fea9fe", "10.0.0.1", "fe80::1"),
    ],
)
async def test_hosts_that_are_refused_however_they_are_written(host: str) -> None:
    with pytest.raises(Refused):
        await Network().connect(host, 80)


async def test_one_bad_address_among_good_ones_is_enough() -> None:
    for answer in (["8.8.8.8", "10.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["2606:4700::1111", "::ffff:127.0.0.1"]):
        with pytest.raises(Refused):
            await Network(resolve=Answers(answer)).connect("name.example", 80)


async def test_a_connection_goes_to_the_address_that_was_checked() -> None:
    allowed = (ip_network("127.0.0.1"),)
    async with listening() as (port, ours), listening("127.0.0.2", port) as (_, others):
        answers = Answers(["127.0.0.1"], ["127.0.0.2"])
        network = Network(allowed=allowed, resolve=answers)
        _, writer = await network.connect("rebinding.example", port)
        writer.close()
        assert writer.get_extra_info("peername")[0] == "127.0.0.1"
        assert answers.left == [["127.0.0.2"]]
        with pytest.raises(Refused):
            await network.connect("rebinding.example", port)
        with anyio.fail_after(60):
            while not ours:  # a connection is made before it is accepted
                await anyio.lowlevel.checkpoint()
    assert (ours, others) == (["127.0.0.1"], [])


async def test_the_next_address_is_tried() -> None:
    async with listening("127.0.0.2") as (port, _):
        network = Network(allow_private=True, resolve=Answers(["127.0.0.3", "127.0.0.2"]))
        _, writer = await network.connect("name.example", port)
        assert writer.get_extra_info("peername")[0] == "127.0.0.2"
        writer.close()


async def test_not_all_of_many_addresses_are_tried() -> None:
    async with listening("127.0.0.9") as (port, found):
        network = Network(allow_private=True, resolve=Answers([f"127.0.0.{number}" for number in range(2, 10)]))
        with pytest.raises(Unreachable, match=r"Nothing listens at many\.example"):
            await network.connect("many.example", port)
    assert found == []


async def test_slow_lookups_keep_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, resolve = threading.Event(), socket.getaddrinfo
    asked: list[str] = []

    def slow(host: str, *rest: Any, **more: Any) -> Any:
        if host.endswith("slow.example"):
            asked.append(host)
            answer.wait()
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return resolve(host, *rest, **more)

    async def look_up(host: str) -> None:
        with pytest.raises(Unreachable, match="try again"):
            await one.addresses(host, 80)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    network = Network(allow_private=True)
    one, another = network.apart(), network.apart()
    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(look_up, f"{number}.slow.example")
        try:
            with anyio.fail_after(60):
                assert "127.0.0.1" in await another.addresses("localhost", 80)
                # Nor are the threads taken that everything else in the process uses.
                await asyncio.get_running_loop().getaddrinfo("localhost", 80)
                await run_sync(lambda: None)
            assert 0 < len(asked) <= 16
        finally:
            answer.set()
    assert len(asked) == 100


async def test_why_a_host_is_not_reached() -> None:
    network = Network(allow_private=True)
    (port,) = free_ports(1)
    for host, words in {
        "127.0.0.1": f"Nothing listens at 127.0.0.1:{port}: the connection was refused.",
        "no-such-host.invalid": "The name no-such-host.invalid is unknown",
        "a..b": "a..b",
        "x" * 300: "x" * 300,
    }.items():
        with pytest.raises(Unreachable, match=words):
            await network.connect(host, port)


async def test_which_address_it_was_is_in_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Refused) as caught:
        await Network(resolve=Answers(["10.1.2.3"])).addresses("db.corp.example", 80)
    assert "10.1.2.3" not in str(caught.value)
    (record,) = caplog.records
    assert (record.levelno, record.name) == (logging.WARNING, "tensorbay.server")
    assert record.getMessage() == "egress refused: 'db.corp.example' is 10.1.2.3, a private address"
