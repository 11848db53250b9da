from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    Rows = Mapping[str, Any] | Sequence[Mapping[str, Any]]

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert_rows(connection: Connection, table: Table, rows: Rows, *, update: Sequence[str] = ()) -> int:
    """Inserts rows; where the primary key is there already, sets the columns `update` and leaves the others.

    With no columns to update and a single row, 0 is returned where it was there already.
    """
    statement: Any = _INSERTS[connection.dialect.name](table)
    if update:
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key), set_={name: statement.excluded[name] for name in update}
        )
    else:
        statement = statement.on_conflict_do_nothing()
    return connection.execute(statement, rows).rowcount


async def upsert(connection: AsyncConnection, table: Table, rows: Rows, *, update: Sequence[str] = ()) -> int:
    """`upsert_rows` in a transaction of `Database.begin`."""
    return await connection.run_sync(upsert_rows, table, rows, update=update)
