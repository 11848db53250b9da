from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import and_, delete, insert, or_, select

from tensorbay._util.access_key import PREFIXES
from tensorbay.exception import InvalidParamsError, ResourceNotExistError
from tensorbay.server.database import Database, access_key, team, upsert_rows
from tensorbay.wire import nearby

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tensorbay.server.settings import ServerSettings

__all__ = ["DEFAULT_TEAM", "AccessKey", "Accounts", "Caller", "create_key", "list_keys", "revoke_keys"]

DEFAULT_TEAM = "default"

_NAME_LENGTH = 255


class Caller(msgspec.Struct, frozen=True):
    """On whose behalf a request is served; `name` is what commits are signed with."""

    name: str
    team_id: str
    team_name: str


class AccessKey(NamedTuple):
    team: str
    name: str
    created: float
    """Unix time."""


class Accounts:
    """Teams and their access keys. Of a key only the hash is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure_team(self, name: str) -> str:
        """The id of the team, which is made when it is new."""
        _check_name("team", name)
        find = select(team.c.id).where(team.c.name == name)
        found = await self._database.read(lambda connection: connection.execute(find).scalar_one_or_none())
        if found is not None:
            return str(found)

        def make(connection: Connection) -> str:
            upsert_rows(connection, team, {"id": uuid.uuid4().hex, "name": name})
            return str(connection.execute(find).scalar_one())

        return await self._database.write(make)

    async def create_key(self, name: str, team_id: str) -> str:
        _check_name("access key", name)
        key = PREFIXES[0] + secrets.token_urlsafe(24)
        row = {"key_hash": _hash(key), "name": name, "team_id": team_id, "created": time.time()}
        await self._database.write(lambda connection: connection.execute(insert(access_key).values(row)))
        return key

    async def list_keys(self) -> list[AccessKey]:
        """Of all teams, by team, name and time."""
        columns = (team.c.name, access_key.c.name, access_key.c.created)
        query = select(*columns).join(team, team.c.id == access_key.c.team_id).order_by(*columns)
        return [
            AccessKey(*row) for row in await self._database.read(lambda connection: connection.execute(query).all())
        ]

    async def revoke_keys(self, name: str, team_name: str) -> int:
        """How many those were. `name` may be a key itself, which leaves others of that name as they are."""
        is_key = access_key.c.key_hash == _hash(name)
        of_team = select(team.c.id).where(team.c.name == team_name)
        is_named = and_(access_key.c.name == name, access_key.c.team_id.in_(of_team))
        statement = delete(access_key).where(or_(is_key, is_named))
        return await self._database.write(lambda connection: connection.execute(statement).rowcount)

    async def find(self, key: str) -> Caller | None:
        statement = (
            select(access_key.c.name, team.c.id, team.c.name)
            .join(team, team.c.id == access_key.c.team_id)
            .where(access_key.c.key_hash == _hash(key))
        )
        row = await self._database.read(lambda connection: connection.execute(statement).one_or_none())
        return Caller(*row) if row is not None else None


async def create_key(settings: ServerSettings, name: str, team: str = DEFAULT_TEAM) -> str:
    """A new access key for the servers of these settings, which need not be stopped. It cannot be shown again."""
    async with aclosing(await Database.open_for(settings)) as database:
        accounts = Accounts(database)
        return await accounts.create_key(name, await accounts.ensure_team(team))


async def list_keys(settings: ServerSettings) -> list[AccessKey]:
    """All access keys for the servers of these settings, by team, name and time."""
    async with aclosing(await Database.open_existing(settings)) as database:
        return await Accounts(database).list_keys()


async def revoke_keys(settings: ServerSettings, name: str, team: str = DEFAULT_TEAM) -> int:
    """End the access keys of a name in a team, or the one key that `name` is; how many those were.

    Servers, which need not be stopped, refuse them from the next request on. URLs that were signed for them last until
    they expire. ResourceNotExistError: there is none.
    """
    async with aclosing(await Database.open_existing(settings)) as database:
        accounts = Accounts(database)
        if revoked := await accounts.revoke_keys(name, team):
            return revoked
        names = {key.name for key in await accounts.list_keys() if key.team == team}
    shown = f"{name[:14]}..." if name.startswith(PREFIXES) else name
    raise ResourceNotExistError(resource="access key", identification=shown, nearby=nearby(name, sorted(names)))


def _hash(key: str) -> str:
    # Keys are 192 random bits: nothing to guess, so a fast hash without salt is enough, and it can be looked up.
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _check_name(what: str, name: str) -> None:
    if not name or len(name) > _NAME_LENGTH or not name.isprintable():
        raise InvalidParamsError(f"Invalid {what} name {name!r}: 1 to {_NAME_LENGTH} printable characters are needed.")
