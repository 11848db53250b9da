from __future__ import annotations

import asyncio
import io
import os
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from tensorbay.client._portal import portal
from tensorbay.client._read_ahead import FileReader, Source
from tensorbay.client._window import Limits
from tests.client.sample_core._store import BlobReader
from tests.client.sample_core.values import Blob

LIMITS = Limits(file_bytes=1000)


def listing(count: int, *, size: int | None = 3, **sizes: int) -> tuple[BlobReader, list[Blob]]:
    core = BlobReader()
    source = Source(core, limits=LIMITS)
    blobs = [Blob(f"{number:03}", sizes.get(f"at{number}", size)) for number in range(count)]
    for position, blob in enumerate(blobs):
        blob._reader = FileReader(source, position)
        source.add(position, blob)
    return core, blobs


def contents(blobs: list[Blob]) -> list[str]:
    seen = []
    for blob in blobs:
        with blob.open() as file:
            seen.append(file.read().decode())
    return seen


async def pass_by() -> None:
    await anyio.lowlevel.checkpoint()


def test_a_loop_reads_every_file_once_and_ahead() -> None:
    core, blobs = listing(300)
    assert contents(blobs) == [blob.path for blob in blobs]
    assert sorted(core.reads) == [blob.path for blob in blobs]
    assert 1 < core.most_running <= 64


def test_a_second_loop_reads_again() -> None:
    core, blobs = listing(50)
    assert contents(blobs) == contents(blobs)
    assert len(core.reads) == 100


def test_random_access_reads_only_what_is_opened() -> None:
    core, blobs = listing(100)
    order = [(37 * number) % 100 for number in range(50)]
    assert contents([blobs[number] for number in order]) == [f"{number:03}" for number in order]
    assert core.reads == [f"{number:03}" for number in order]


def test_what_is_fetched_ahead_needs_no_hop() -> None:
    _, blobs = listing(10)
    contents(blobs[:2])
    while any(outcome for outcome in blobs[0]._reader._source._outcomes.values() if not isinstance(outcome, bytes)):
        portal.run(pass_by)

    async def open_on_the_loop() -> bytes:
        # Any hop from here would be refused.
        return blobs[2].open().read()

    assert portal.run(open_on_the_loop) == b"002"


def test_a_failure_surfaces_where_its_file_is_opened() -> None:
    core, blobs = listing(20)
    core.failures["007"] = ConnectionError("no 7")
    assert len(contents(blobs[:7])) == 7
    with pytest.raises(ConnectionError, match="no 7"):
        blobs[7].open()
    assert contents(blobs[8:]) == [blob.path for blob in blobs[8:]]
    core.failures.clear()
    assert blobs[7].open().read() == b"007"


def test_large_files_are_streamed_and_never_fetched_ahead() -> None:
    core, blobs = listing(10, at4=5000)
    contents(blobs[:3])
    large = blobs[4].open()
    assert isinstance(large, io.BufferedReader)
    assert (large.read(1), large.read(), large.read()) == (b"0", b"04", b"")
    large.close()
    assert core.reads.count("004") == 1


def test_a_stream_that_breaks_raises_after_what_came() -> None:
    _, blobs = listing(1, size=5000)
    blobs[0].path = "four broken"
    with blobs[0].open() as file:
        assert file.read(4) == b"four"
        with pytest.raises(ConnectionError, match="lost in the middle"):
            file.read()


def test_a_stream_left_early_ends_its_task() -> None:
    core, blobs = listing(1, size=5000)

    async def open_gate() -> None:
        core.gate = anyio.Event()

    portal.run(open_gate)
    blobs[0].open().close()

    async def wait_until_idle() -> None:
        while core.running:
            await anyio.lowlevel.checkpoint()

    portal.run(wait_until_idle)


def test_files_of_unknown_size_are_fetched_ahead_within_bounds() -> None:
    core, blobs = listing(20, size=None)
    blobs[5].path = "x" * 3000
    assert contents(blobs) == [blob.path for blob in blobs]
    assert core.reads.count("006") == 1
    assert core.reads.count("x" * 3000) == 2  # given up ahead of use, then streamed


def test_threads_may_share_a_listing() -> None:
    core, blobs = listing(400)
    # None is left so far behind by the others that what was fetched for it is given up.
    together = threading.Barrier(8)

    def share(first: int) -> list[str]:
        seen = []
        for blob in blobs[first::8]:
            together.wait()
            seen += contents([blob])
        return seen

    with ThreadPoolExecutor(8) as pool:
        for first, seen in enumerate(pool.map(share, range(8))):
            assert seen == [blob.path for blob in blobs[first::8]]
    assert len(core.reads) < 450
    assert core.most_running > 8


def test_an_interrupted_wait_gives_up_what_is_queued() -> None:
    core, blobs = listing(300)

    async def close_gate() -> None:
        core.gate = anyio.Event()

    contents(blobs[:1])
    blobs[1].open()
    contents(blobs[2:10])
    portal.run(close_gate)
    source = blobs[0]._reader._source
    original = source._changed.wait

    def interrupted(timeout: float | None = None) -> bool:
        source._changed.wait = original
        raise KeyboardInterrupt

    source._changed.wait = interrupted
    with pytest.raises(KeyboardInterrupt):
        contents(blobs[10:])
    assert source._outcomes == {}

    async def open_gate() -> None:
        assert core.gate is not None
        core.gate.set()
        core.gate = None

    portal.run(open_gate)
    before = len(core.reads)
    assert contents(blobs[250:]) == [blob.path for blob in blobs[250:]]
    assert len(core.reads) - before <= 50


async def test_async_methods_work_on_a_foreign_loop() -> None:
    _, blobs = listing(3)
    assert await blobs[1].aread() == b"001"
    assert [chunk async for chunk in blobs[2].chunks()] == [b"00", b"2"]
    assert await asyncio.gather(*(blob.aread() for blob in blobs)) == [b"000", b"001", b"002"]


async def test_an_async_stream_left_early_ends() -> None:
    core, blobs = listing(1)
    async for chunk in blobs[0].chunks():
        assert chunk == b"00"
        break
    assert core.running == 0


def test_urls() -> None:
    _, blobs = listing(1)
    assert blobs[0].get_url() == "memory://000"


def test_files_can_be_pickled() -> None:
    _, blobs = listing(2)
    twin = pickle.loads(pickle.dumps(blobs[1]))
    assert twin.open().read() == b"001"
    twins = pickle.loads(pickle.dumps(blobs))
    assert contents(twins) == ["000", "001"]


def test_a_forked_child_reads_on_with_a_reader_of_its_own() -> None:
    core, blobs = listing(100)
    contents(blobs[:10])
    source = blobs[0]._reader._source
    with source._changed, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
        if pid == 0:
            is_right = contents(blobs[10:]) == [blob.path for blob in blobs[10:]]
            os._exit(0 if is_right and source.core is not core else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert contents(blobs[10:]) == [blob.path for blob in blobs[10:]]


def test_many_loops_at_once_do_not_mix() -> None:
    failures: list[Any] = []

    def loop() -> None:
        _, blobs = listing(200)
        if contents(blobs) != [blob.path for blob in blobs]:
            failures.append(blobs)

    threads = [threading.Thread(target=loop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
