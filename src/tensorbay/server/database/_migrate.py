from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select

from tensorbay.exception import TensorBayException
from tensorbay.server.database._tables import metadata

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection

REVISION = "0006"  # the newest one in migrations/versions

# As Alembic itself makes it; not part of our metadata.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def create_tables(connection: Connection) -> str | None:
    """Makes the tables in an empty database. The revision that the database is of; none before the first."""
    if connection.dialect.name == "postgresql":
        # Others that open the same empty database wait here; the lock goes with the transaction.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7233172)")
    if not inspect(connection).has_table(_version.name):
        metadata.create_all(connection, checkfirst=False)
        _version.create(connection)
        connection.execute(insert(_version).values(version_num=REVISION))
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def load_migrations(current: str | None) -> ScriptDirectory:
    """Reads files. Raises where `current` is of a newer version of this package."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "tensorbay.server.database:migrations")
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise TensorBayException(
            f"The database was made by a newer version of tensorbay (schema {current}, this one knows "
            f"{REVISION}). Upgrade tensorbay, or choose another home."
        )
    return scripts


def upgrade(connection: Connection, scripts: ScriptDirectory) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    create_tables(connection)  # takes the lock: another process may be upgrading
    with EnvironmentContext(
        Config(), scripts, fn=lambda revision, _: scripts._upgrade_revs("head", revision)
    ) as context:
        # SQLite alters a table by making it anew.
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        context.run_migrations()
