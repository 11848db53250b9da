"""The page of the 1.x documentation, as it stands there: through `GAS`, and its twin through `AsyncGAS`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import anyio

from tensorbay import GAS, AsyncGAS
from tensorbay.dataset import Dataset, Segment
from tensorbay.label import Classification

COUNT = 12


async def test_with_await(async_gas: AsyncGAS, s3: dict[str, Any], pairs: None) -> None:
    gas = async_gas
    await gas.create_s3_storage_config("s3", "data/images", **s3)
    assert "s3" in [config.name async for config in gas.list_auth_storage_configs()]
    dataset_client = await gas.create_dataset("DATASET", config_name="s3")
    cloud_client = await gas.get_cloud_client("s3")

    dataset = Dataset("DATASET")
    segment = dataset.create_segment()
    images = await cloud_client.list_auth_data("data/images/").collect()
    labels = await cloud_client.list_auth_data("data/labels/").collect()
    for auth_data, label in zip(images, labels, strict=True):
        async with label.aopen() as fp:
            auth_data.label.classification = Classification.loads(json.loads(await fp.read()))
        segment.append(auth_data)
    dataset_client = await gas.upload_dataset(dataset, jobs=8)
    await dataset_client.commit("first")

    found = [data async for data in (await dataset_client.get_segment()).list_data()]
    assert [data.path for data in found] == [f"{number:03}.png" for number in range(COUNT)]
    assert [data.label.classification.category for data in found] == [f"c{number % 3}" for number in range(COUNT)]
    assert [await data.aread() for data in found] == [f"image {number}".encode() for number in range(COUNT)]


def test_without_await(gas: GAS, s3: dict[str, Any], pairs: None) -> None:
    gas.create_s3_storage_config("s3", "data/images", **s3)
    gas.list_auth_storage_configs()
    dataset_client = gas.create_dataset("DATASET", config_name="s3")
    cloud_client = gas.get_cloud_client("s3")

    dataset = Dataset("DATASET")
    segment = dataset.create_segment()
    images = cloud_client.list_auth_data("data/images/")
    labels = cloud_client.list_auth_data("data/labels/")
    for auth_data, label in zip(images, labels):  # noqa: B905  (verbatim)
        with label.open() as fp:
            auth_data.label.classification = Classification.loads(json.load(fp))
        segment.append(auth_data)
    dataset_client = gas.upload_dataset(dataset, jobs=8)
    dataset_client.commit("first")

    for found in (Segment("default", client=dataset_client), dataset_client.get_segment().list_data()):
        assert len(found) == COUNT
        assert [data.path for data in found] == [f"{number:03}.png" for number in range(COUNT)]
        assert [data.label.classification.category for data in found] == [f"c{number % 3}" for number in range(COUNT)]
        assert [data.open().read() for data in found] == [f"image {number}".encode() for number in range(COUNT)]


IN_A_NEW_PROCESS = """
import sys
from tensorbay import GAS
gas = GAS(*sys.argv[1:])
client = gas.get_dataset("DATASET")
print(client.get_commit().title)
for data in client.get_segment().list_data():
    print(data.path, data.label.classification.category, data.open().read().decode())
"""


async def test_a_new_process_sees_the_commit(
    async_gas: AsyncGAS, s3: dict[str, Any], pairs: None, connection: tuple[str, str]
) -> None:
    await test_with_await(async_gas, s3, pairs)
    command = [sys.executable, "-c", IN_A_NEW_PROCESS, *connection]
    process = await anyio.run_process(command, stderr=subprocess.STDOUT, check=False)
    lines = process.stdout.decode().splitlines()
    assert lines == ["first", *(f"{number:03}.png c{number % 3} image {number}" for number in range(COUNT))]
