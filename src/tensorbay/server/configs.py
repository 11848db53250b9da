from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import delete, func, insert, select, union, update
from sqlalchemy.exc import IntegrityError

from tensorbay.exception import ForbiddenError, InvalidParamsError, NameConflictError, ResourceNotExistError
from tensorbay.server.database import Database, dataset, dataset_config, storage_config, upsert_rows
from tensorbay.wire import nearby

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select

__all__ = ["MANAGED", "Kind", "StorageConfig", "StorageConfigs", "check_config_name", "managed_id"]

Kind = Literal["s3", "oss", "azure", "gcs", "local", "managed"]
Seal = Callable[[], "bytes | None"]
Names = list[str]  # `list` is a method below

MANAGED = "managed"
"""Name of the config that every team has for files the server keeps itself."""

_NAME_LENGTH = 255
_NAMES_SHOWN = 5


class StorageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A row; `secrets` stays encrypted."""

    id: str
    team_id: str
    name: str
    kind: Kind
    file_path: str
    options: dict[str, Any] = {}
    """Where it is and who asks, without what is secret."""
    secrets: bytes | None = None
    is_managed: bool = False
    created: float = 0.0
    revision: int = 0
    """Grows with each update."""

    def __repr__(self) -> str:
        return f"StorageConfig(id={self.id!r}, name={self.name!r}, kind={self.kind!r})"


class StorageConfigs:
    """The storage configs of all teams."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        team_id: str,
        name: str,
        *,
        kind: Kind,
        file_path: str,
        options: dict[str, Any],
        seal: Seal,
    ) -> StorageConfig:
        """`seal` encrypts the secrets, inside the transaction: see `SecretBox.seal`."""
        config = StorageConfig(
            id=uuid.uuid4().hex,
            team_id=team_id,
            name=name,
            kind=kind,
            file_path=file_path,
            options=options,
            created=time.time(),
        )

        def transaction(connection: Connection) -> StorageConfig:
            sealed = msgspec.structs.replace(config, secrets=seal())
            connection.execute(insert(storage_config).values(_row(sealed)))
            return sealed

        try:
            return await self._database.write(transaction)
        except IntegrityError:
            # Without the cause: it shows the values of the row.
            raise NameConflictError(resource="storage config", identification=name) from None

    async def update(
        self, config: StorageConfig, *, file_path: str, options: dict[str, Any], seal: Seal, moved: Sequence[str] = ()
    ) -> StorageConfig:
        """The config as it is now. ForbiddenError where another request was faster.

        `moved` names what of its place becomes another one: ForbiddenError while datasets use it.
        """

        def transaction(connection: Connection) -> StorageConfig:
            if _lock(connection, config.id) != config.revision:
                raise ForbiddenError(
                    f'The storage config "{config.name}" was changed by somebody else just now: look at it again.'
                )
            if moved and (datasets := _users(connection, [config.id])):
                names = ", ".join(f"`{name}`" for name in moved)
                raise ForbiddenError(
                    f'The storage config "{config.name}" is used by {_some(datasets[config.id])}, whose entries lie at '
                    f"its place: {names} cannot be changed."
                )
            changed = msgspec.structs.replace(
                config, file_path=file_path, options=options, secrets=seal(), revision=config.revision + 1
            )
            connection.execute(update(storage_config).where(storage_config.c.id == config.id).values(_row(changed)))
            return changed

        return await self._database.write(transaction)

    async def reseal(self, reseal: Callable[[bytes], bytes | None]) -> list[bool]:
        """Replaces the secrets of all rows, in one transaction; False for each one that `reseal` could not open."""
        rows = select(storage_config.c.id, storage_config.c.secrets).where(storage_config.c.secrets.is_not(None))
        rows = rows.order_by(storage_config.c.id).with_for_update()

        def transaction(connection: Connection) -> list[bool]:
            done = []
            for config_id, secrets in connection.execute(rows).all():
                if (sealed := reseal(secrets)) is not None:
                    this = storage_config.c.id == config_id
                    connection.execute(update(storage_config).where(this).values(secrets=sealed))
                done.append(sealed is not None)
            return done

        return await self._database.write(transaction)

    async def managed(self, team_id: str) -> StorageConfig:
        """The team's own config for files that the server keeps; made when it is missing."""
        config = StorageConfig(
            id=managed_id(team_id),
            team_id=team_id,
            name=MANAGED,
            kind="managed",
            file_path="",
            is_managed=True,
            created=time.time(),
        )
        await self._database.write(lambda connection: upsert_rows(connection, storage_config, _row(config)))
        return config

    async def revision(self, config_id: str) -> int | None:
        """None for a config that was deleted."""
        query = select(storage_config.c.revision).where(storage_config.c.id == config_id)
        return await self._database.read(lambda connection: connection.execute(query).scalar_one_or_none())

    async def get(self, config_id: str) -> StorageConfig | None:
        return await self._one(select(storage_config).where(storage_config.c.id == config_id))

    async def find(self, team_id: str, name: str) -> StorageConfig:
        config = await self._one(
            select(storage_config).where(storage_config.c.team_id == team_id, storage_config.c.name == name)
        )
        if config is not None:
            return config
        if name == MANAGED:
            return await self.managed(team_id)
        # The managed one may not have been made yet.
        names = {MANAGED, *(other.name for other in (await self.list(team_id, limit=1000))[0])}
        raise ResourceNotExistError(resource="storage config", identification=name, nearby=nearby(name, sorted(names)))

    async def list(
        self, team_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> tuple[list[StorageConfig], int]:
        """In order of names, with the total number."""
        where = [storage_config.c.team_id == team_id]
        if name is not None:
            where.append(storage_config.c.name == name)
        page = select(storage_config).where(*where).order_by(storage_config.c.name).offset(offset).limit(limit)
        count = select(func.count()).select_from(storage_config).where(*where)

        def read(connection: Connection) -> tuple[Sequence[Row[Any]], int]:
            return connection.execute(page).all(), connection.execute(count).scalar_one()

        rows, total = await self._database.read(read)
        return [_config(row) for row in rows], total

    async def delete(self, config: StorageConfig) -> None:
        """ForbiddenError while datasets use it."""

        def transaction(connection: Connection) -> None:
            _lock(connection, config.id)
            if datasets := _users(connection, [config.id]):
                raise ForbiddenError(
                    f'The storage config "{config.name}" is used by {_some(datasets[config.id])}; delete these first.'
                )
            connection.execute(delete(storage_config).where(storage_config.c.id == config.id))

        await self._database.write(transaction)

    async def users(self, config_ids: Sequence[str]) -> dict[str, Names]:
        """Names of the datasets with entries in a storage, in any version, or with it as their default.

        Without the configs that nobody uses.
        """
        return await self._database.read(lambda connection: _users(connection, config_ids))

    async def _one(self, statement: Select[Any]) -> StorageConfig | None:
        row = await self._database.read(lambda connection: connection.execute(statement).one_or_none())
        return _config(row) if row is not None else None


def managed_id(team_id: str) -> str:
    """Known without asking the database."""
    return f"managed-{team_id}"


def check_config_name(name: str) -> str:
    """Names are spliced into URL paths: `.` and `..` would not survive that."""
    if not name or len(name) > _NAME_LENGTH or not name.isprintable() or name in {".", ".."}:
        raise InvalidParamsError(
            f"Invalid storage config name {name!r}: 1 to {_NAME_LENGTH} printable characters are needed."
        )
    return name


def _lock(connection: Connection, config_id: str) -> int | None:
    """The revision. Until the transaction ends nobody else changes the config, or begins to use it."""
    query = select(storage_config.c.revision).where(storage_config.c.id == config_id).with_for_update()
    return connection.execute(query).scalar_one_or_none()


def _users(connection: Connection, config_ids: Sequence[str]) -> dict[str, Names]:
    # Of its team: results of searches are nobody's to see, and go with a dataset that uses whatever they use.
    own = storage_config.join(dataset, dataset.c.team_id == storage_config.c.team_id)
    is_entry = (dataset_config.c.dataset_id == dataset.c.id) & (dataset_config.c.config_id == storage_config.c.id)
    wanted = storage_config.c.id.in_(config_ids)
    names = select(storage_config.c.id, dataset.c.name)
    query = union(
        names.select_from(own.join(dataset_config, is_entry)).where(wanted),
        names.select_from(own).where(wanted, dataset.c.config_id == storage_config.c.id),
    )
    found: dict[str, Names] = {}
    for config_id, name in sorted(map(tuple, connection.execute(query).all())):
        found.setdefault(config_id, []).append(name)
    return found


def _some(datasets: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in datasets[:_NAMES_SHOWN])
    more = f" and {len(datasets) - _NAMES_SHOWN} more" if len(datasets) > _NAMES_SHOWN else ""
    return f"the datasets {names}{more}"


def _row(config: StorageConfig) -> dict[str, Any]:
    row = msgspec.structs.asdict(config)
    row["options"] = msgspec.json.encode(config.options).decode()
    return row


def _config(row: Row[Any]) -> StorageConfig:
    columns = dict(row._mapping)
    columns["options"] = msgspec.json.decode(columns["options"], type=dict[str, Any])
    columns["is_managed"] = bool(columns["is_managed"])
    return StorageConfig(**columns)
