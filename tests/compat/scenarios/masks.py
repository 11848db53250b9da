"""Masks: uploaded with data and with labels, listed, read."""

from __future__ import annotations

from tensorbay.dataset import Data, Dataset
from tensorbay.exception import ResourceNotExistError
from tensorbay.label import InstanceMask, PanopticMask, SemanticMask
from tests.compat.world import World, refused


def _semantic(world: World, name: str) -> SemanticMask:
    mask = SemanticMask(world.file(f"masks/{name}.png", f"semantic {name}".encode()))
    mask.all_attributes = {1: {"occluded": True}, 2: {}}
    return mask


def _data(world: World, name: str) -> Data:
    data = Data(world.file(name, name.encode()))
    data.label.semantic_mask = _semantic(world, name)
    return data


def upload_and_read(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    segment = client.create_segment()
    data = _data(world, "b.jpg")
    data.label.instance_mask = InstanceMask(world.file("masks/i.png", b"instance"))
    data.label.panoptic_mask = PanopticMask(world.file("masks/p.png", b"panoptic"))
    data.label.panoptic_mask.all_category_ids = {1: 2}
    segment.upload_data(data)
    segment.upload_file(world.file("a.jpg", b"a"))

    found = segment.get_data("b.jpg").label
    assert found.semantic_mask.path == "b.png"
    assert found.semantic_mask.all_attributes == {1: {"occluded": True}, 2: {}}
    assert found.panoptic_mask.all_category_ids == {1: 2}
    assert not hasattr(found.instance_mask, "all_attributes")
    for mask, content in (
        (found.semantic_mask, b"semantic b.jpg"),
        (found.instance_mask, b"instance"),
        (found.panoptic_mask, b"panoptic"),
    ):
        with mask.open() as file:
            assert file.read() == content
        assert mask.get_url()
    (first, second) = segment.list_data()
    assert not first.label
    assert second.label.semantic_mask.open().read() == b"semantic b.jpg"
    (none, url) = segment.list_mask_urls("SEMANTIC_MASK")
    assert none is None
    assert url


def labels(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    segment = client.create_segment()
    data = Data(world.file("a.jpg", b"a"))
    segment.upload_data(data)
    data.label.semantic_mask = _semantic(world, "a")
    segment.upload_label(data)
    assert segment.get_data("a.jpg").label.semantic_mask.open().read() == b"semantic a"


def many(world: World) -> None:
    world.gas.create_dataset("DATASET")
    dataset = Dataset("DATASET")
    segment = dataset.create_segment()
    for number in range(60):
        segment.append(_data(world, f"{number:02}.jpg"))
    client = world.gas.upload_dataset(dataset, jobs=4, quiet=True)
    client.commit("first")
    found = client.get_segment().list_data()
    assert [data.label.semantic_mask.open().read() for data in found[57:]] == [
        f"semantic {number}.jpg".encode() for number in (57, 58, 59)
    ]
    assert len(client.get_segment().list_mask_urls("SEMANTIC_MASK")) == 60


def no_such_mask(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    segment = client.create_segment()
    segment.upload_data(_data(world, "a.jpg"))
    assert not any(segment.list_mask_urls("PANOPTIC_MASK"))
    refused(ResourceNotExistError, segment.get_data, "b.jpg")
