"""The main job: the raw floor, the async import, and the documented page through the sync facade."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import obstore

from benchmarks.bucket import Bucket
from benchmarks.table import Row
from tensorbay import GAS, AsyncGAS, ImportSpec
from tensorbay.dataset import Dataset
from tensorbay.label import Classification

CONCURRENCY = 64


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """On uvloop, as the facade does, where it is installed."""
    anyio.run(main, backend_options={"use_uvloop": "uvloop" in sys.modules or _has_uvloop()})


def _has_uvloop() -> bool:
    try:
        import uvloop  # noqa: F401
    except ImportError:
        return False
    return True


async def floor(source: Bucket, folder: str) -> int:
    """List both prefixes and fetch every label, with obstore alone and nothing else."""
    store = source.store
    keys: list[str] = []

    async def listing(prefix: str, found: list[str]) -> None:
        async for chunk in obstore.list(store, prefix, chunk_size=1000):
            found.extend(item["path"] for item in chunk)

    async with anyio.create_task_group() as group:
        group.start_soon(listing, f"{folder}/images/", [])
        group.start_soon(listing, f"{folder}/labels/", keys)
    pending = iter(keys)
    total = 0

    async def fetch() -> None:
        nonlocal total
        for key in pending:
            total += len(await (await store.get_async(key)).bytes_async())

    async with anyio.create_task_group() as group:
        for _ in range(CONCURRENCY):
            group.start_soon(fetch)
    return total


def spec(folder: str) -> ImportSpec:
    return ImportSpec(
        dataset="DATASET",
        config="s3",
        data=f"{folder}/images/",
        labels=f"{folder}/labels/",
        concurrency=CONCURRENCY,
    )


def config(source: Bucket, folder: str) -> dict[str, Any]:
    return {
        "name": "s3",
        "file_path": f"{folder}/images",
        "endpoint": source.server.endpoint,
        "accesskey_id": source.server.access_key_id,
        "accesskey_secret": source.server.access_key_secret,
        "bucket_name": source.name,
    }


async def async_import(source: Bucket, folder: str, home: Path) -> float:
    async with AsyncGAS(url=home.as_uri()) as gas:
        await gas.create_s3_storage_config(**config(source, folder))
        start = time.perf_counter()
        report = await gas.import_dataset(spec(folder), commit="first")
        elapsed = time.perf_counter() - start
    assert report.labelled == report.indexed == report.listed_data
    return elapsed


def documented_page(source: Bucket, folder: str, home: Path) -> float:
    """The 1.x page, as users have it."""
    gas = GAS(url=home.as_uri())
    gas.create_s3_storage_config(**config(source, folder))
    start = time.perf_counter()
    dataset_client = gas.create_dataset("DATASET", config_name="s3")
    cloud_client = gas.get_cloud_client("s3")
    dataset = Dataset("DATASET")
    segment = dataset.create_segment()
    images = cloud_client.list_auth_data(f"{folder}/images/")
    labels = cloud_client.list_auth_data(f"{folder}/labels/")
    for auth_data, label in zip(images, labels, strict=True):
        with label.open() as fp:
            auth_data.label.classification = Classification.loads(json.load(fp))
        segment.append(auth_data)
    dataset_client = gas.upload_dataset(dataset, jobs=8, quiet=True)
    dataset_client.commit("first")
    elapsed = time.perf_counter() - start
    assert len(dataset_client.get_segment().list_data()) == len(segment)
    gas.close()
    return elapsed


def speed(source: Bucket, folder: str, pairs: int, rounds: int) -> list[Row]:
    floors, imports, pages = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as home:
            times: dict[str, float] = {}

            async def main(home: str = home, times: dict[str, float] = times) -> None:
                start = time.perf_counter()
                await floor(source, folder)
                times["floor"] = time.perf_counter() - start
                times["import"] = await async_import(source, folder, Path(home) / "async")

            run(main)
            floors.append(times["floor"])
            imports.append(times["import"])
            pages.append(documented_page(source, folder, Path(home) / "sync"))
    ratio = statistics.median(b / a for a, b in zip(floors, imports, strict=True))
    page_ratio = statistics.median(b / a for a, b in zip(imports, pages, strict=True))
    middle = {name: statistics.median(values) for name, values in (("f", floors), ("i", imports), ("p", pages))}
    return [
        Row(f"raw floor: obstore lists both, fetches {pairs:,} labels", f"{middle['f']:.2f} s", "", ""),
        Row("`AsyncGAS.import_dataset` / floor", f"{middle['i']:.2f} s", f"{ratio:.2f} x", "<= 1.5 x"),
        Row("documented page through `GAS` / async import", f"{middle['p']:.2f} s", f"{page_ratio:.2f} x", "<= 4 x"),
    ]


def memory(source: Bucket, folders: dict[int, str]) -> list[Row]:
    """Peak memory of a process that imports, few pairs against many; each in a process of its own."""
    peaks = {pairs: _peak(source, folder) for pairs, folder in folders.items()}
    few, many = min(peaks), max(peaks)
    growth = f"+{peaks[many] - peaks[few]:.1f} MiB"
    return [
        Row(f"peak memory, {few:,} pairs", f"{peaks[few]:.0f} MiB", "", ""),
        Row(f"peak memory, {many:,} pairs", f"{peaks[many]:.0f} MiB", growth, "<= +40 MiB"),
    ]


def _peak(source: Bucket, folder: str) -> float:
    with tempfile.TemporaryDirectory() as home:
        arguments = json.dumps({"config": config(source, folder), "folder": folder, "home": home})
        command = [sys.executable, "-m", "benchmarks.importing", arguments]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(output)


def _import_and_print_peak(arguments: str) -> None:
    given = json.loads(arguments)

    async def main() -> None:
        async with AsyncGAS(url=Path(given["home"]).as_uri()) as gas:
            await gas.create_s3_storage_config(**given["config"])
            await gas.import_dataset(spec(given["folder"]), commit="first")

    run(main)
    # Not getrusage(): its maximum is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text()
    print(next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")))


if __name__ == "__main__":
    _import_and_print_peak(sys.argv[1])
