"""The same over OSS and Azure."""

from __future__ import annotations

from tensorbay.client.cloud_storage import CloudClient
from tensorbay.dataset import Data, Dataset, Segment
from tensorbay.exception import NameConflictError
from tests.compat.world import COUNT, World, refused


def oss(world: World) -> None:
    cloud = world.gas.create_oss_storage_config("cloud", "data/images", **world.store)
    refused(NameConflictError, world.gas.create_oss_storage_config, "cloud", "", **world.store)
    _from_files_to_bytes(world, cloud, "oss")


def azure(world: World) -> None:
    cloud = world.gas.create_azure_storage_config("cloud", "data/images", **world.store)
    refused(NameConflictError, world.gas.create_azure_storage_config, "cloud", "", **world.store)
    _from_files_to_bytes(world, cloud, "azure")


def _from_files_to_bytes(world: World, cloud: CloudClient, kind: str) -> None:
    gas = world.gas
    config = gas.get_auth_storage_config("cloud")
    assert (config.file_path, config.type, config.is_graviti_storage) == ("data/images", kind, False)
    images, labels = cloud.list_auth_data("data/images/"), cloud.list_auth_data("data/labels/")
    assert [data.path for data in images] == [f"data/images/{number:03}.png" for number in range(COUNT)]
    assert images[3].open().read() == b"image 3"

    gas.create_dataset("DATASET", config_name="cloud")
    dataset = Dataset("DATASET")
    segment = dataset.create_segment("train")
    segment.extend(images)  # they stay where they lie
    segment.append(labels[0])  # below another path than the config's: it is copied
    segment.append(Data(world.file("local.png", b"local"), target_remote_path="z/local.png"))
    gas.upload_dataset(dataset, jobs=4).commit("first")

    found = {data.path: data.open().read() for data in Segment("train", client=gas.get_dataset("DATASET"))}
    expected = {f"{number:03}.png": f"image {number}".encode() for number in range(COUNT)}
    assert found == {**expected, "000.json": b'{"category": "c0"}', "z/local.png": b"local"}
