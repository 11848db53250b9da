from __future__ import annotations

import msgspec
from fastapi import Request, Response

from tensorbay.exception import InvalidParamsError
from tensorbay.server.dependencies import CurrentDataset, CurrentServices, Segment, Version
from tensorbay.server.entries import require_fusion
from tensorbay.server.replies import OK, bulk_schema, read_bulk, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.wire import FrameDeleteBody, SensorDeleteBody, SensorPut, encode

router = v1_router("/datasets/{dataset_id}", "sensors and frames")


@router.get("/sensors")
async def list_sensors(
    services: CurrentServices, dataset: CurrentDataset, version: Version, segment: Segment
) -> Response:
    """The sensors of a segment, as they were posted. Settled here: a segment of a normal dataset has none."""
    sensors = await services.index.contents.get_sensors(dataset.id, version, segment)
    return reply({"sensors": [*sensors.values()]})


@router.post("/sensors", openapi_extra=bulk_schema(SensorPut))
async def put_sensor(services: CurrentServices, dataset: CurrentDataset, request: Request) -> Response:
    """Add a sensor to a segment.

    Settled here: one of the same name is replaced; a normal dataset has no sensors, `Forbidden`; null members are as
    good as absent.
    """
    body, sensor = await read_bulk(request, SensorPut, _sensor)
    require_fusion(dataset)
    await services.index.contents.put_sensor(dataset.id, body.draft_number, body.segment_name, body.name, sensor)
    return reply(OK)


@router.delete("/sensors")
async def delete_sensor(services: CurrentServices, dataset: CurrentDataset, body: SensorDeleteBody) -> Response:
    """Settled here: its data stay and can be read, new ones are refused; an unknown sensor is `ResourceNotExist`."""
    require_fusion(dataset)
    await services.index.contents.delete_sensor(dataset.id, body.draft_number, body.segment_name, body.sensor_name)
    return reply(OK)


@router.delete("/frames")
async def delete_frame(services: CurrentServices, dataset: CurrentDataset, body: FrameDeleteBody) -> Response:
    """Delete the data of all sensors in a frame. Settled here: an unknown frame is `ResourceNotExist`."""
    require_fusion(dataset)
    await services.index.contents.delete_frame(dataset.id, body.draft_number, body.segment_name, body.frame_id)
    return reply(OK)


def _sensor(body: SensorPut) -> tuple[SensorPut, bytes]:
    """With the sensor as it is kept: without null members, which 1.x clients do not understand."""
    members: dict[str, object] = {"name": body.name, "type": body.type}
    if body.description is not None:
        members["description"] = body.description
    for name, value in (("extrinsics", body.extrinsics), ("intrinsics", body.intrinsics)):
        if bytes(value) == b"null":
            continue
        if not _is_object(value):
            raise InvalidParamsError(f"`{name}` of the sensor {body.name!a:.100} is no JSON object.")
        members[name] = value
    return body, encode(members)


def _is_object(value: msgspec.Raw) -> bool:
    return bytes(memoryview(value)[:1]) == b"{"
