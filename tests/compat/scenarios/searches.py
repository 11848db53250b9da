"""Basic search and its results."""

from __future__ import annotations

from typing import Any

from tensorbay.dataset import Data, Frame
from tensorbay.exception import StatusError
from tensorbay.label import Classification, LabeledBox2D
from tensorbay.sensor import Camera, Lidar
from tests.compat.world import World, refused


def _data(world: World, name: str, category: str, color: str) -> Data:
    data = Data(world.file(name, name.encode() * 10))
    data.label.classification = Classification(category)
    data.label.box2d = [LabeledBox2D(1, 2, 3, 4, category=category, attributes={"color": color})]
    return data


def _found(client: Any, *filters: tuple[Any, ...], conjunction: str = "and", unit: str = "file") -> Any:
    job = client.basic_search.create_job(conjunction=conjunction, filters=list(filters), unit=unit)
    job.update(until_complete=True)
    assert (job.status, job.error_message) == ("SUCCESS", "")
    return job


def _paths(job: Any) -> str:
    result = job.result
    names = result.list_segment_names()
    return " ".join(f"{name}/{data.path}" for name in names for data in result.list_data(name))


def files(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    one, two = client.create_segment("one"), client.create_segment("two")
    one.upload_data(_data(world, "a1", "cat", "red"))
    one.upload_data(_data(world, "a2", "dog", "red"))
    two.upload_data(_data(world, "b1", "cat", "blue"))
    two.upload_file(world.file("none", b"x"))
    refused(StatusError, client.basic_search.create_job, conjunction="and", filters=[("segment", "in", ["one"])])
    client.commit("first")

    assert _paths(_found(client, ("segment", "in", ["one"]))) == "one/a1 one/a2"
    assert _paths(_found(client, ("category", "in", ["cat"], "BOX2D"))) == "one/a1 two/b1"
    assert _paths(_found(client, ("withLabel", "=", False))) == "two/none"
    assert _paths(_found(client, ("size", "<", 5))) == "two/none"
    assert _paths(_found(client, ("keyword", "like", "1"))) == "one/a1 two/b1"
    assert _paths(_found(client, ("attribute", "in", {"color": ["blue"]}, "BOX2D"))) == "two/b1"
    either = ("segment", "in", ["one"]), ("keyword", "=", "none")
    assert _paths(_found(client, *either, conjunction="or")) == "one/a1 one/a2 two/none"

    job = _found(client, ("category", "in", ["cat"], "CLASSIFICATION"), ("segment", "in", ["one"]))
    assert job.title.startswith(f"search({client.get_commit().commit_id[:7]}): category in")
    result = job.result
    assert list(result.list_segment_names()) == ["one"]
    (data,) = result.list_data("one")
    assert data.open().read() == b"a1" * 10
    assert data.label.box2d[0].attributes == {"color": "red"}
    assert result.get_label_statistics()["CLASSIFICATION"]["quantity"] == 1
    found = client.basic_search.get_job(job.job_id).result
    assert found is not None
    assert found.search_result_id == result.search_result_id
    assert client.basic_search.list_jobs()[0].job_id == job.job_id

    job.create_dataset("FOUND", alias="f")
    made = world.gas.get_dataset("FOUND")
    assert made.alias == "f"
    assert [item.path for item in made.get_segment("one").list_data()] == ["a1"]


def frames(world: World) -> None:
    client = world.gas.create_dataset("fusion", True)
    client.create_draft("draft")
    segment = client.create_segment("drive")
    for sensor in (Camera("camera"), Lidar("lidar")):
        segment.upload_sensor(sensor)
    for number, category in enumerate(("cat", "dog")):
        frame = Frame()
        frame["camera"] = _data(world, f"camera{number}", category, "red")
        frame["lidar"] = Data(world.file(f"lidar{number}", b"x"))
        segment.upload_frame(frame, timestamp=number + 1)
    client.commit("first")
    wanted = ("category", "in", ["dog"], "BOX2D")
    for unit, sensors in (("file", ["camera"]), ("frame", ["camera", "lidar"])):
        result = _found(client, wanted, unit=unit).result
        (frame,) = result.list_frames("drive")
        assert sorted(frame) == sensors
        assert frame["camera"].path == "camera1"
        assert frame["camera"].open().read() == b"camera1" * 10
        assert result.get_sensors("drive").keys() == ("camera", "lidar")
