from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


async def upsert(
    connection: AsyncConnection,
    table: Table,
    rows: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    update: Sequence[str] = (),
) -> int:
    """Inserts rows; where the primary key is there already, sets the columns `update` and leaves the others.

    With no columns to update the number of rows that were new is returned (for a single row; else it is -1).
    """
    statement: Any = _INSERTS[connection.dialect.name](table)
    if update:
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key), set_={name: statement.excluded[name] for name in update}
        )
    else:
        statement = statement.on_conflict_do_nothing()
    result = await connection.execute(statement, rows)
    return int(result.rowcount)
