"""The SDK inside somebody's FastAPI app: handlers await it, requests run side by side, the loop is never held up."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import anyio
import httpx
import pytest
from fastapi import Depends, FastAPI, Request

from tensorbay import AsyncGAS, ImportSpec

COUNT = 3000

# Seconds that the loop may be busy without letting anybody else in.
LONGEST_STALL = 0.050


def gas_of(request: Request) -> AsyncGAS:
    gas: AsyncGAS = request.app.state.gas
    return gas


Gas = Annotated[AsyncGAS, Depends(gas_of)]


def make_app(home: Path) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncGAS(url=home.as_uri()) as gas:
            app.state.gas = gas
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/imports/{dataset}")
    async def run_import(dataset: str, gas: Gas) -> dict[str, Any]:
        spec = ImportSpec(dataset=dataset, config="bucket", data="images", labels="labels")
        report = await gas.import_dataset(spec, commit="imported")
        return {"indexed": report.indexed}

    @app.get("/datasets")
    async def list_datasets(gas: Gas) -> list[str]:
        return await gas.list_dataset_names().collect()

    @app.get("/datasets/{dataset}/counts")
    async def counts(dataset: str, gas: Gas) -> dict[str, int]:
        segment = await (await gas.get_dataset(dataset)).get_segment()
        found: dict[str, int] = {}
        async for data in segment.list_data():
            category = data.label.classification.category
            found[category] = found.get(category, 0) + 1
        return found

    return app


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    folder = tmp_path / "bucket"
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for number in range(COUNT):
        (folder / f"images/{number:05}.png").write_bytes(b"image")
        (folder / f"labels/{number:05}.json").write_text(json.dumps({"category": f"c{number % 7}"}))
    return folder


@pytest.fixture
async def client(tmp_path: Path, bucket: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(tmp_path / "home")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app", timeout=60) as client,
    ):
        await app.state.gas.create_local_storage_config("bucket", "images", bucket.as_uri())
        yield client


async def longest_stall(stop: anyio.Event) -> float:
    """Seconds of processor time that the loop's thread spent between two turns of this task.

    Processor time, because a busy machine takes the processor away from us at will; that nothing waits for a disk or
    a lock on the loop is what the fixture against blocking calls is for.
    """
    longest, before = 0.0, time.thread_time()
    while not stop.is_set():
        await anyio.lowlevel.checkpoint()
        now = time.thread_time()
        longest, before = max(longest, now - before), now
    return longest


@pytest.fixture
def no_collector() -> Iterator[None]:
    """It stops whatever runs, for longer the more the tests before have left in memory: that is no work of ours."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
async def test_requests_run_beside_an_import_and_the_loop_never_stalls(client: httpx.AsyncClient) -> None:
    await client.get("/datasets")  # whatever is imported at first use
    finished: list[str] = []
    stop = anyio.Event()
    stall = 0.0

    async def watch() -> None:
        nonlocal stall
        stall = await longest_stall(stop)

    async def run_import() -> None:
        response = await client.post("/imports/D")
        assert response.json() == {"indexed": COUNT}
        finished.append("import")

    async def ask() -> None:
        for _ in range(20):
            response = await client.get("/datasets")
            assert response.status_code == 200
        finished.append("requests")

    async with anyio.create_task_group() as watching:
        watching.start_soon(watch)
        async with anyio.create_task_group() as group:
            group.start_soon(run_import)
            group.start_soon(ask)
        stop.set()

    assert finished == ["requests", "import"]
    assert stall < LONGEST_STALL
    response = await client.get("/datasets/D/counts")
    assert response.json() == {f"c{number}": len(range(number, COUNT, 7)) for number in range(7)}


async def test_imports_side_by_side(client: httpx.AsyncClient) -> None:
    answers: dict[str, Any] = {}

    async def run_import(dataset: str) -> None:
        answers[dataset] = (await client.post(f"/imports/{dataset}")).json()

    async with anyio.create_task_group() as group:
        for dataset in ("A", "B", "C"):
            group.start_soon(run_import, dataset)
    assert answers == {dataset: {"indexed": COUNT} for dataset in "ABC"}


async def test_a_cancelled_import_can_be_run_again(client: httpx.AsyncClient) -> None:
    with anyio.move_on_after(0.3):
        await client.post("/imports/D")
    response = await client.post("/imports/D")
    assert response.json() == {"indexed": COUNT}
    assert sum((await client.get("/datasets/D/counts")).json().values()) == COUNT
