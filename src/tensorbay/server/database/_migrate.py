from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select

from tensorbay.exception import TensorBayException
from tensorbay.server.database._tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

REVISION = "0001"  # the newest one in migrations/versions

# As Alembic itself makes it; not part of our metadata.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


async def migrate(connection: AsyncConnection) -> None:
    """Makes the tables of an empty database, or brings older ones up to date."""
    if connection.dialect.name == "postgresql":
        # Others that open the same empty database wait here; the lock goes with the transaction.
        await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7233172)")
    await connection.run_sync(_migrate)


def _migrate(connection: Connection) -> None:
    if not inspect(connection).has_table(_version.name):
        metadata.create_all(connection, checkfirst=False)
        _version.create(connection)
        connection.execute(insert(_version).values(version_num=REVISION))
        return
    current = connection.execute(select(_version.c.version_num)).scalar_one_or_none()
    if current != REVISION:
        _upgrade(connection, current)


def _upgrade(connection: Connection, current: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "tensorbay.server.database:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise TensorBayException(
            f"The database was made by a newer version of tensorbay (schema {current}, this one knows "
            f"{REVISION}). Upgrade tensorbay, or choose another home."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
