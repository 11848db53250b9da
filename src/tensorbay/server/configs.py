from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import delete, exists, func, insert, not_, or_, select, update
from sqlalchemy.exc import IntegrityError

from tensorbay.exception import InvalidParamsError, NameConflictError, ResourceNotExistError
from tensorbay.server.database import Database, dataset, dataset_config, storage_config, upsert_rows
from tensorbay.wire import nearby

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select

__all__ = ["MANAGED", "Kind", "StorageConfig", "StorageConfigs", "check_config_name", "managed_id"]

Kind = Literal["s3", "oss", "azure", "gcs", "local", "managed"]
Seal = Callable[[], "bytes | None"]

MANAGED = "managed"
"""Name of the config that every team has for files the server keeps itself."""

_NAME_LENGTH = 255


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
        self, config: StorageConfig, *, file_path: str, options: dict[str, Any], seal: Seal
    ) -> StorageConfig | None:
        """The config as it is now; None where it is no longer `config`: another request was faster."""

        def transaction(connection: Connection) -> StorageConfig | None:
            changed = msgspec.structs.replace(
                config, file_path=file_path, options=options, secrets=seal(), revision=config.revision + 1
            )
            same = (storage_config.c.id == config.id) & (storage_config.c.revision == config.revision)
            done = connection.execute(update(storage_config).where(same).values(_row(changed)))
            return changed if done.rowcount else None

        return await self._database.write(transaction)

    async def reseal(self, reseal: Callable[[bytes], bytes | None]) -> list[bool]:
        """Replaces the secrets of all rows, in one transaction; False for each one that `reseal` could not open."""
        rows = select(storage_config.c.id, storage_config.c.secrets).where(storage_config.c.secrets.is_not(None))

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

    async def delete(self, config_id: str) -> bool:
        """False, and nothing done, where a dataset uses it."""
        is_used = or_(
            exists().where(dataset.c.config_id == config_id), exists().where(dataset_config.c.config_id == config_id)
        )
        statement = delete(storage_config).where(storage_config.c.id == config_id, not_(is_used))
        return bool((await self._database.write(lambda connection: connection.execute(statement))).rowcount)

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


def _row(config: StorageConfig) -> dict[str, Any]:
    row = msgspec.structs.asdict(config)
    row["options"] = msgspec.json.encode(config.options).decode()
    return row


def _config(row: Row[Any]) -> StorageConfig:
    columns = dict(row._mapping)
    columns["options"] = msgspec.json.decode(columns["options"], type=dict[str, Any])
    columns["is_managed"] = bool(columns["is_managed"])
    return StorageConfig(**columns)
