from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select, update

from tensorbay.exception import InvalidParamsError
from tensorbay.server.database import content, segment
from tensorbay.server.index._access import content_of, no_segment, open_draft
from tensorbay.server.index._base import ContentBase
from tensorbay.server.index._names import check_sensor_name, not_found

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from tensorbay.server.index._values import Ref

DEFAULT_NOTES: Mapping[str, Any] = {"isContinuous": False, "binPointCloudFields": None}

_decode_sensors = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class Documents(ContentBase):
    async def get_catalog(self, dataset_id: str, ref: Ref) -> bytes:
        """The JSON object that was put, byte for byte; `{}` when none was."""

        def query(connection: Connection) -> bytes:
            content_id = content_of(connection, dataset_id, ref)
            catalog = connection.execute(select(content.c.catalog).where(content.c.id == content_id)).scalar()
            return bytes(catalog or b"{}")

        return await self._database.read(query)

    async def put_catalog(self, dataset_id: str, number: int, raw: bytes) -> None:
        _check_object("catalog", raw)

        def transaction(connection: Connection) -> None:
            draft = open_draft(connection, dataset_id, number)
            statement = update(content).where(content.c.id == draft.content_id)
            connection.execute(statement.values(catalog=bytes(raw)))

        await self._database.write(transaction)

    async def get_notes(self, dataset_id: str, ref: Ref) -> dict[str, Any]:
        def query(connection: Connection) -> dict[str, Any]:
            content_id = content_of(connection, dataset_id, ref)
            notes = connection.execute(select(content.c.notes).where(content.c.id == content_id)).scalar()
            return {**DEFAULT_NOTES, **_decode_object(notes or "{}")}

        return await self._database.read(query)

    async def patch_notes(self, dataset_id: str, number: int, patch: Mapping[str, Any]) -> None:
        """Members that are absent stay as they are."""

        def transaction(connection: Connection) -> None:
            draft = open_draft(connection, dataset_id, number)
            query = select(content.c.notes).where(content.c.id == draft.content_id).with_for_update()
            notes = {**_decode_object(connection.execute(query).scalar_one()), **patch}
            statement = update(content).where(content.c.id == draft.content_id)
            connection.execute(statement.values(notes=_encode(notes).decode()))

        await self._database.write(transaction)

    async def get_sensors(self, dataset_id: str, ref: Ref, segment: str) -> dict[str, msgspec.Raw]:
        """Name to JSON object, in order of their first post."""

        def query(connection: Connection) -> dict[str, msgspec.Raw]:
            return _read_sensors(connection, content_of(connection, dataset_id, ref), segment)

        return await self._database.read(query)

    async def put_sensor(self, dataset_id: str, number: int, segment: str, name: str, raw: bytes) -> None:
        """Adds a sensor, or replaces the one of that name."""
        check_sensor_name(name)
        _check_object(f'sensor "{name}"', raw)

        def transaction(connection: Connection) -> None:
            draft = open_draft(connection, dataset_id, number)
            sensors = _read_sensors(connection, draft.content_id, segment)
            _write_sensors(connection, draft.content_id, segment, {**sensors, name: msgspec.Raw(raw)})

        await self._database.write(transaction)

    async def delete_sensor(self, dataset_id: str, number: int, segment: str, name: str) -> None:
        def transaction(connection: Connection) -> None:
            draft = open_draft(connection, dataset_id, number)
            sensors = _read_sensors(connection, draft.content_id, segment)
            if name not in sensors:
                raise not_found("sensor", name, sensors)
            del sensors[name]
            _write_sensors(connection, draft.content_id, segment, sensors)

        await self._database.write(transaction)


def _check_object(what: str, raw: bytes) -> None:
    try:
        _decode_object(bytes(raw).decode())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidParamsError(f"Invalid {what}: {error}.") from None


def require_sensors(connection: Connection, content_id: int, name: str, sensors: Collection[str]) -> None:
    """Raises ResourceNotExistError where a sensor was not declared in the segment."""
    query = select(segment.c.sensors).where(segment.c.content_id == content_id, segment.c.name == name)
    declared = _decode_sensors(connection.execute(query.with_for_update(read=True)).scalar_one())
    for sensor in sorted(set(sensors) - declared.keys()):
        raise not_found(f'sensor of segment "{name}"', sensor, declared)


def _read_sensors(connection: Connection, content_id: int | None, name: str) -> dict[str, msgspec.Raw]:
    query = select(segment.c.sensors).where(segment.c.content_id == content_id, segment.c.name == name)
    sensors = connection.execute(query.with_for_update()).scalar_one_or_none()
    if sensors is None:
        raise no_segment(connection, content_id, name)
    return _decode_sensors(sensors)


def _write_sensors(connection: Connection, content_id: int, name: str, sensors: Mapping[str, msgspec.Raw]) -> None:
    statement = update(segment).where(segment.c.content_id == content_id, segment.c.name == name)
    connection.execute(statement.values(sensors=_encode(sensors)))
