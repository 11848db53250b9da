"""Fusion datasets: sensors and frames."""

from __future__ import annotations

from typing import Any

from tensorbay.dataset import AuthData, Data, Frame, FusionDataset, FusionSegment
from tensorbay.exception import DatasetTypeError, FrameError, ResourceNotExistError, ResponseError, StatusError
from tensorbay.label import Classification, LabeledBox3D
from tensorbay.sensor import Camera, Lidar
from tests.compat.world import World, refused


def _sensors() -> list[Any]:
    lidar = Lidar("lidar")
    lidar.set_extrinsics((1, 2, 3), (1, 0, 0, 0))
    camera = Camera("camera")
    camera.description = "in front"
    camera.set_camera_matrix(1, 2, 3, 4, 5)
    camera.set_distortion_coefficients(k1=1, k2=2, p1=3, p2=4)
    return [lidar, camera]


def _frame(world: World, number: int) -> Frame:
    frame = Frame()
    for sensor in _sensors():
        name = f"{sensor.name}/{number:03}"
        data = Data(world.file(name, name.encode()), target_remote_path=name, timestamp=number)
        data.label.classification = Classification(sensor.name, {"number": number})
        data.label.box3d = [LabeledBox3D((1, 2, 3), category="car")]
        frame[sensor.name] = data
    return frame


def _segment(world: World, count: int) -> FusionSegment:
    segment = FusionSegment("drive")
    for sensor in _sensors():
        segment.sensors.add(sensor)
    for number in range(count):
        segment.append(_frame(world, number))
    return segment


def kinds(world: World) -> None:
    gas = world.gas
    client = gas.create_dataset("fusion", True, alias="f")
    assert (client.name, client.alias) == ("fusion", "f")
    gas.create_dataset("normal")
    assert gas.get_dataset("fusion", True).dataset_id == client.dataset_id
    refused(DatasetTypeError, gas.get_dataset, "fusion")
    refused(DatasetTypeError, gas.get_dataset, "normal", True)
    assert type(gas.get_dataset("fusion", is_fusion=True)).__name__ == "FusionDatasetClient"


def sensors(world: World) -> None:
    client = world.gas.create_dataset("fusion", True)
    refused(StatusError, client.create_segment, "drive")
    client.create_draft("draft")
    segment = client.create_segment("drive")
    assert len(segment.get_sensors()) == 0
    for sensor in _sensors():
        segment.upload_sensor(sensor)
    found = segment.get_sensors()
    assert found.keys() == ("camera", "lidar")
    assert [sensor.dumps() for sensor in found] == [sensor.dumps() for sensor in reversed(_sensors())]
    segment.upload_sensor(Lidar("lidar"))
    assert not hasattr(segment.get_sensors()["lidar"], "extrinsics")
    segment.delete_sensor("lidar")
    assert segment.get_sensors().keys() == ("camera",)


def frames(world: World) -> None:
    client = world.gas.create_dataset("fusion", True)
    client.create_draft("draft")
    segment = client.create_segment("drive")
    refused(ResponseError, segment.upload_frame, _frame(world, 1), 1.5)  # no sensors yet
    for sensor in _sensors():
        segment.upload_sensor(sensor)
    for number in (3, 1, 2):
        segment.upload_frame(_frame(world, number), timestamp=float(number))
    refused(FrameError, segment.upload_frame, _frame(world, 1))
    found = segment.list_frames()
    assert [[data.path for _, data in sorted(frame.items())] for frame in found] == [
        [f"camera/{number:03}", f"lidar/{number:03}"] for number in (1, 2, 3)
    ]
    lidar = found[1]["lidar"]
    assert (lidar.timestamp, lidar.open().read()) == (2, b"lidar/002")
    assert lidar.label.classification.attributes == {"number": 2}
    assert lidar.label.box3d == [LabeledBox3D((1, 2, 3), category="car")]
    urls = segment.list_urls()
    assert len(urls) == 3
    assert sorted(urls[0]) == ["camera", "lidar"]
    segment.delete_frame(found[0].frame_id)
    refused(ResourceNotExistError, segment.delete_frame, found[0].frame_id)
    assert [frame["camera"].path for frame in segment.list_frames()] == ["camera/002", "camera/003"]

    replaced = Frame(found[1].frame_id)
    replaced["camera"] = Data(world.file("new", b"new"))
    refused(FrameError, segment.upload_frame, replaced, 1.5)
    segment.upload_frame(replaced)
    (frame, _) = segment.list_frames()
    assert (frame["camera"].path, frame["lidar"].path) == ("new", "lidar/002")
    assert frame["camera"].open().read() == b"new"


def upload(world: World) -> None:
    gas = world.gas
    gas.create_dataset("fusion", True)
    dataset = FusionDataset("fusion")
    dataset.notes.is_continuous = True
    dataset.notes.bin_point_cloud_fields = ["X", "Y"]
    dataset.add_segment(_segment(world, 12))
    client = gas.upload_dataset(dataset, jobs=4, quiet=True)
    client.commit("first")

    view = FusionDataset("fusion", gas)
    assert view.keys() == ("drive",)
    assert dict(view.notes) == {"is_continuous": True, "bin_point_cloud_fields": ["X", "Y"]}
    found = view["drive"]
    assert found.sensors.keys() == ("camera", "lidar")
    assert found.sensors["camera"].dumps() == _sensors()[1].dumps()
    assert len(found) == 12
    assert [frame["lidar"].path for frame in found] == [f"lidar/{number:03}" for number in range(12)]
    assert [frame["camera"].open().read() for frame in found[10:]] == [b"camera/010", b"camera/011"]


def uploads_that_go_on(world: World) -> None:
    gas = world.gas
    gas.create_dataset("fusion", True)
    dataset = FusionDataset("fusion")
    dataset.add_segment(_segment(world, 2))
    gas.upload_dataset(dataset, quiet=True)
    segment = dataset["drive"]
    segment[0]["camera"] = Data(world.file("other", b"other"), target_remote_path="camera/000")
    segment.append(_frame(world, 2))
    client = gas.upload_dataset(dataset, skip_uploaded_files=True, quiet=True)
    found = client.get_segment("drive").list_frames()
    assert [frame["lidar"].path for frame in found] == [f"lidar/{number:03}" for number in range(3)]
    assert found[0]["camera"].open().read() == b"camera/000"
    mixed = FusionSegment("mixed")
    mixed.append(Frame(found[0].frame_id))
    mixed.append(Frame())
    refused(FrameError, client.upload_segment, mixed, quiet=True)


def imports(world: World) -> None:
    gas = world.gas
    client = gas.create_dataset("fusion", True, config_name=world.folder_config())
    client.create_draft("draft")
    segment = client.create_segment("drive")
    for sensor in _sensors():
        segment.upload_sensor(sensor)
    frame = Frame()
    for number, sensor in enumerate(("camera", "lidar")):
        frame[sensor] = AuthData(f"data/images/{number:03}.png")
        frame[sensor].label.classification = Classification(sensor)
    segment.upload_frame(frame, timestamp=1)
    (found,) = segment.list_frames()
    assert {sensor: data.path for sensor, data in found.items()} == {"camera": "000.png", "lidar": "001.png"}
    assert found["lidar"].label.classification.category == "lidar"
    assert found["lidar"].open().read() == b"image 1"


def copies(world: World) -> None:
    client = world.gas.create_dataset("fusion", True)
    client.create_draft("draft")
    segment = client.upload_segment(_segment(world, 2), quiet=True)
    ids = [frame.frame_id for frame in segment.list_frames()]
    copied = client.copy_segment("drive", "copy")
    assert [frame.frame_id for frame in copied.list_frames()] == ids
    assert copied.get_sensors().keys() == ("camera", "lidar")
    moved = client.move_segment("copy", "moved")
    assert moved.list_frames()[1]["lidar"].open().read() == b"lidar/001"
    assert sorted(client.list_segment_names()) == ["drive", "moved"]


def labels(world: World) -> None:
    client = world.gas.create_dataset("fusion", True)
    client.create_draft("draft")
    segment = client.upload_segment(_segment(world, 2), quiet=True)
    data = segment.list_frames()[1]["camera"]
    data.label = type(data.label)()
    data.label.classification = Classification("changed")
    segment.upload_label(data)
    frames = segment.list_frames()
    assert frames[1]["camera"].label.classification.category == "changed"
    assert frames[0]["camera"].label.classification.category == "camera"
    assert not hasattr(frames[1]["camera"].label, "box3d")
