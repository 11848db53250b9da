"""The same over S3."""

from __future__ import annotations

from tensorbay.dataset import Data, Dataset, Segment
from tensorbay.exception import NameConflictError
from tensorbay.label import Classification
from tests.compat.world import COUNT, World, refused


def listing(world: World) -> None:
    gas = world.gas
    cloud = gas.create_s3_storage_config("s3", "data/images", **world.store)
    refused(NameConflictError, gas.create_s3_storage_config, "s3", "", **world.store)
    config = gas.get_auth_storage_config("s3")
    assert (config.file_path, config.type, config.is_graviti_storage) == ("data/images", "s3", False)
    images = cloud.list_auth_data("data/images/")
    assert [data.path for data in images] == [f"data/images/{number:03}.png" for number in range(COUNT)]
    assert images[COUNT - 1].open().read() == f"image {COUNT - 1}".encode()


def import_and_upload(world: World) -> None:
    gas = world.gas
    cloud = gas.create_s3_storage_config("s3", "data/images", **world.store)
    gas.create_dataset("DATASET", config_name="s3")
    dataset = Dataset("DATASET")
    segment = dataset.create_segment("train")
    for data in cloud.list_auth_data("data/images/"):
        data.label.classification = Classification(data.path[-7:-4])
        segment.append(data)
    segment.append(Data(world.file("local.png", b"local"), target_remote_path="z/local.png"))
    dataset_client = gas.upload_dataset(dataset, jobs=4)
    dataset_client.commit("first")

    found = Segment("train", client=gas.get_dataset("DATASET"))
    assert [data.path for data in found] == [f"{number:03}.png" for number in range(COUNT)] + ["z/local.png"]
    assert [data.label.classification.category for data in found[:2]] == ["000", "001"]
    assert not found[-1].label
    assert [data.open().read() for data in found[-2:]] == [f"image {COUNT - 1}".encode(), b"local"]
    assert all(url for url in dataset_client.get_segment("train").list_urls())
