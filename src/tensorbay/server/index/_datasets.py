from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tensorbay.exception import NameConflictError, ResourceNotExistError
from tensorbay.server.database import branch, dataset
from tensorbay.server.index._access import hold_configs, list_rows
from tensorbay.server.index._names import check_name, check_text, not_found
from tensorbay.server.index._values import ROOT_COMMIT_ID, DatasetRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tensorbay.server.database import Database
    from tensorbay.server.index._values import Listing

DEFAULT_BRANCH = "main"
_RESULTS = "results/"  # ids of teams are hexadecimal

_columns = [dataset.c[name] for name in DatasetRow.__struct_fields__]


class Datasets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        team_id: str,
        name: str,
        *,
        type: int = 0,  # noqa: A002  (the protocol's word)
        alias: str = "",
        is_public: bool = False,
        config_id: str | None = None,
    ) -> DatasetRow:
        """Raises NameConflictError where the team has a dataset of that name; ResourceNotExistError: no such config."""
        check_name("dataset", name)
        check_text("alias", alias)
        now = time.time()
        row = DatasetRow(
            id=uuid.uuid4().hex,
            name=name,
            type=type,
            alias=alias,
            is_public=is_public,
            default_branch=DEFAULT_BRANCH,
            config_id=config_id,
            created=now,
            updated=int(now),
        )
        values = {field: getattr(row, field) for field in row.__struct_fields__}

        def transaction(connection: Connection) -> None:
            if config_id is not None:
                hold_configs(connection, [config_id])
            connection.execute(insert(dataset).values(team_id=team_id, draft_count=0, **values))
            main = {"dataset_id": row.id, "name": DEFAULT_BRANCH, "commit_id": ROOT_COMMIT_ID}
            connection.execute(insert(branch).values(main))

        try:
            await self._database.write(transaction)
        except IntegrityError:
            raise NameConflictError(resource="dataset", identification=name) from None
        return row

    async def get(self, team_id: str, dataset_id: str) -> DatasetRow:
        """Raises ResourceNotExistError, for a dataset of another team too."""
        query = select(*_columns).where(dataset.c.team_id == team_id, dataset.c.id == dataset_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise not_found("dataset", dataset_id)
        return DatasetRow(*row)

    async def get_any(self, dataset_id: str) -> DatasetRow:
        """Whosever it is: for work that somebody who may has asked for."""
        query = select(*_columns).where(dataset.c.id == dataset_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise not_found("dataset", dataset_id)
        return DatasetRow(*row)

    async def find(self, team_id: str, name: str) -> DatasetRow | None:
        rows, _ = await self.list(team_id, name=name)
        return rows[0] if rows else None

    async def update(
        self,
        team_id: str,
        dataset_id: str,
        *,
        name: str | None = None,
        alias: str | None = None,
        is_public: bool | None = None,
    ) -> None:
        values: dict[str, Any] = {"updated": int(time.time())}
        if name is not None:
            check_name("dataset", name)
            values["name"] = name
        if alias is not None:
            check_text("alias", alias)
            values["alias"] = alias
        if is_public is not None:
            values["is_public"] = is_public
        statement = update(dataset).where(dataset.c.team_id == team_id, dataset.c.id == dataset_id)
        try:
            count = await self._database.write(lambda c: c.execute(statement.values(values)).rowcount)
        except IntegrityError:
            raise NameConflictError(resource="dataset", identification=name) from None
        if not count:
            raise not_found("dataset", dataset_id)

    async def delete(self, team_id: str, dataset_id: str) -> None:
        """With all its versions; pages that nobody else uses go with the next `Index.prune`."""
        statement = delete(dataset).where(dataset.c.team_id == team_id, dataset.c.id == dataset_id)
        results = delete(dataset).where(dataset.c.team_id == _owner(dataset_id))

        def transaction(connection: Connection) -> int:
            count = connection.execute(statement).rowcount
            if count:
                connection.execute(results)
            return count

        if not await self._database.write(transaction):
            raise not_found("dataset", dataset_id)

    # --- results of searches: datasets that belong to another one, and to no team -----------------------------

    async def create_result(self, source: DatasetRow, name: str) -> DatasetRow:
        return await self.create(_owner(source.id), name, type=source.type, config_id=source.config_id)

    async def get_result(self, team_id: str, dataset_id: str) -> DatasetRow:
        """Of a search in one of the team's datasets."""
        query = select(*_columns, dataset.c.team_id).where(dataset.c.id == dataset_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None or not row.team_id.startswith(_RESULTS):
            raise not_found("dataset", dataset_id)
        try:
            await self.get(team_id, row.team_id.removeprefix(_RESULTS))
        except ResourceNotExistError:
            raise not_found("dataset", dataset_id) from None
        return DatasetRow(*row[:-1])

    async def delete_result(self, source_id: str, dataset_id: str) -> None:
        """If it is there."""
        statement = delete(dataset).where(dataset.c.team_id == _owner(source_id), dataset.c.id == dataset_id)
        await self._database.write(lambda connection: connection.execute(statement))

    async def keep_results(self, source_id: str, number: int) -> None:
        """Deletes all but the newest ones."""
        of_source = dataset.c.team_id == _owner(source_id)
        newest = select(dataset.c.id).where(of_source).order_by(dataset.c.created.desc()).limit(number)

        def transaction(connection: Connection) -> None:
            kept = connection.execute(newest).scalars().all()
            connection.execute(delete(dataset).where(of_source, dataset.c.id.not_in(kept)))

        await self._database.write(transaction)

    async def list(
        self, team_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> Listing[DatasetRow]:
        """By name; `name` is an exact filter."""
        condition = dataset.c.team_id == team_id
        if name is not None:
            condition &= dataset.c.name == name
        query = select(*_columns).where(condition).order_by(dataset.c.name)
        return await self._database.read(lambda c: list_rows(c, query, DatasetRow, offset, limit))


def _owner(dataset_id: str) -> str:
    """In place of a team."""
    return f"{_RESULTS}{dataset_id}"
