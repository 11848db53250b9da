"""The same on disks behind a local storage service."""

from __future__ import annotations

from tensorbay.dataset import AuthData, Data, Dataset
from tensorbay.exception import ResourceNotExistError
from tensorbay.label import Classification
from tests.compat.world import COUNT, World, refused


def upload_and_import(world: World) -> None:
    gas = world.gas
    gas.create_local_storage_config("本地1", "data/images", world.service)
    cloud = gas.get_cloud_client("本地1")
    config = gas.get_auth_storage_config("本地1")
    assert (config.file_path, config.type, config.is_graviti_storage) == ("data/images", "local", False)
    gas.create_dataset("DATASET", config_name="本地1")
    dataset = Dataset("DATASET")
    segment = dataset.create_segment("训练")
    for number in range(4):
        data = Data(
            world.file(f"图 {number}.png", f"uploaded {number}".encode()), target_remote_path=f"z/图 {number}.png"
        )
        data.label.classification = Classification(f"c{number}")
        segment.append(data)
    for auth_data in cloud.list_auth_data("data/images/"):
        auth_data.label.classification = Classification("in place")
        segment.append(auth_data)
    dataset_client = gas.upload_dataset(dataset, jobs=4)
    dataset_client.commit("first")

    found = gas.get_dataset("DATASET").get_segment("训练").list_data()
    names = [f"{number:03}.png" for number in range(COUNT)]
    assert [data.path for data in found] == [*names, *(f"z/图 {number}.png" for number in range(4))]
    assert [data.label.classification.category for data in found] == ["in place"] * COUNT + ["c0", "c1", "c2", "c3"]
    expected = [f"image {number}" for number in range(COUNT)] + [f"uploaded {number}" for number in range(4)]
    assert [data.open().read().decode() for data in found] == expected
    assert all(data.get_url().startswith(f"{world.service}/objects/data/images/") for data in found)


def listing_and_import_one(world: World) -> None:
    gas = world.gas
    gas.create_local_storage_config("本地1", "data/images", world.service)
    cloud = gas.get_cloud_client("本地1")
    images = cloud.list_auth_data("data/images/")
    assert [data.path for data in images] == [f"data/images/{number:03}.png" for number in range(COUNT)]
    assert images[3].open().read() == b"image 3"
    dataset_client = gas.create_dataset("DATASET", config_name="本地1")
    dataset_client.create_draft("draft")
    segment_client = dataset_client.create_segment("train")
    segment_client.import_auth_data(AuthData("data/images/001.png", target_remote_path="a/b.png"))
    # Not below the config's path: the service copies it.
    segment_client.import_auth_data(AuthData("data/labels/001.json", target_remote_path="a/b.json"))
    refused(ResourceNotExistError, segment_client.import_auth_data, AuthData("data/images/nothing.png"))
    segment_client.upload_file(world.file("local.txt", b"local"), "local.txt")
    found = segment_client.list_data()
    assert [data.path for data in found] == ["a/b.json", "a/b.png", "local.txt"]
    assert [data.open().read() for data in found] == [b'{"category": "c1"}', b"image 1", b"local"]
