"""Users, storage configs and what lies in them."""

from __future__ import annotations

import json

from tensorbay.client.cloud_storage import StorageConfig
from tensorbay.dataset import AuthData, Dataset
from tensorbay.exception import ForbiddenError, InvalidParamsError, NameConflictError, ResourceNotExistError
from tensorbay.label import Classification
from tests.compat.world import COUNT, World, refused


def user(world: World) -> None:
    user = world.gas.get_user()
    assert user.name
    assert user.team is not None
    assert user.team.name


def configs(world: World) -> None:
    gas = world.gas
    before = [config.name for config in gas.list_auth_storage_configs()]
    world.folder_config("one")
    world.folder_config("two", "data")
    assert sorted(config.name for config in gas.list_auth_storage_configs()) == sorted([*before, "one", "two"])
    config = gas.get_auth_storage_config("two")
    assert isinstance(config, StorageConfig)
    assert (config.name, config.file_path, config.type, config.is_graviti_storage) == ("two", "data", "local", False)
    gas.delete_storage_config("two")
    assert "two" not in [config.name for config in gas.list_auth_storage_configs()]


def config_errors(world: World) -> None:
    gas = world.gas
    name = world.folder_config()
    refused(TypeError, gas.get_auth_storage_config, "")
    refused(ResourceNotExistError, gas.get_auth_storage_config, "nothing")
    refused(ResourceNotExistError, gas.get_cloud_client, "nothing")
    refused(ResourceNotExistError, gas.delete_storage_config, "nothing")
    refused(NameConflictError, world.folder_config, name)
    gas.create_dataset("used", config_name=name)
    refused(ForbiddenError, gas.delete_storage_config, name)
    refused(ResourceNotExistError, gas.create_dataset, "other", config_name="nothing")
    assert list(gas.list_dataset_names()) == ["used"]


def a_bucket_that_does_not_work(world: World) -> None:
    wrong = {
        "endpoint": "http://127.0.0.1:9",
        "accesskey_id": "id",
        "accesskey_secret": "secret",
        "bucket_name": "bucket",
    }
    refused((InvalidParamsError, ForbiddenError), world.gas.create_s3_storage_config, "s3", "", **wrong)  # type: ignore[arg-type]
    assert "s3" not in [config.name for config in world.gas.list_auth_storage_configs()]


def listing(world: World) -> None:
    cloud = world.gas.get_cloud_client(world.folder_config())
    images = cloud.list_auth_data("data/images/")
    assert len(images) == COUNT
    assert [data.path for data in images] == [f"data/images/{number:03}.png" for number in range(COUNT)]
    assert [data.target_remote_path for data in images[:2]] == ["000.png", "001.png"]
    assert len(cloud.list_auth_data()) == 2 * COUNT
    assert [data.path for data in cloud.list_auth_data("data/labels/00")] == [
        f"data/labels/{number:03}.json" for number in range(10)
    ]
    with images[3].open() as file:
        assert file.read() == b"image 3"


def the_documented_page(world: World) -> None:
    gas = world.gas
    dataset_client = gas.create_dataset("DATASET", config_name=world.folder_config())
    cloud_client = gas.get_cloud_client("folder")
    dataset = Dataset("DATASET")
    segment = dataset.create_segment()
    images = cloud_client.list_auth_data("data/images/")
    labels = cloud_client.list_auth_data("data/labels/")
    for auth_data, label in zip(images, labels):  # noqa: B905
        with label.open() as fp:
            auth_data.label.classification = Classification.loads(json.load(fp))
        segment.append(auth_data)
    dataset_client = gas.upload_dataset(dataset, jobs=8)
    dataset_client.commit("first")

    found = gas.get_dataset("DATASET").get_segment().list_data()
    assert [data.path for data in found] == [f"{number:03}.png" for number in range(COUNT)]
    assert [data.label.classification.category for data in found] == [f"c{number % 3}" for number in range(COUNT)]
    assert [data.open().read() for data in found] == [f"image {number}".encode() for number in range(COUNT)]


def import_one(world: World) -> None:
    dataset_client = world.gas.create_dataset("DATASET", config_name=world.folder_config())
    dataset_client.create_draft("draft")
    segment_client = dataset_client.create_segment("train")
    data = AuthData("data/images/001.png", target_remote_path="a/b.png")
    data.label.classification = Classification("cat")
    segment_client.import_auth_data(data)
    refused(ResourceNotExistError, segment_client.import_auth_data, AuthData("data/images/nothing.png"))
    (found,) = segment_client.list_data()
    assert (found.path, found.label.classification.category) == ("a/b.png", "cat")
    assert found.open().read() == b"image 1"
