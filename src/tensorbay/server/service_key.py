"""The key pair that the server signs tokens for local storage services with."""

from __future__ import annotations

import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING

from anyio import to_thread
from sqlalchemy import select, update

from tensorbay.exception import ForbiddenError
from tensorbay.local_storage import TokenSigner
from tensorbay.server.database import Database, server_secret, upsert_rows
from tensorbay.server.secrets import SecretBox

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from tensorbay.server.settings import ServerSettings

__all__ = ["ServiceKey", "public_key", "reseal_service_key"]

_NAME = "storage service key"
_THIS = server_secret.c.name == _NAME
_FIND = select(server_secret.c.sealed).where(_THIS)


class ServiceKey:
    """One pair for all servers of a database, made by whoever needs it first; a rotation of secret keys keeps it."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box
        self._signer: TokenSigner | None = None

    def __repr__(self) -> str:
        return "ServiceKey(...)"

    async def signer(self) -> TokenSigner:
        """ForbiddenError where no secret key opens it."""
        if self._signer is None:
            self._signer = await self._database.fetch(_sealed, self._open) or await self._make()
        return self._signer

    async def renew(self) -> None:
        """Another pair. Servers that run go on with the one they have."""
        await self._database.write(lambda connection: self._insert(connection, update=["sealed"]))
        self._signer = None

    async def _make(self) -> TokenSigner:
        def make(connection: Connection) -> bytes | None:
            self._insert(connection)
            return _sealed(connection)  # of another server that was faster

        signer = await self._database.write(lambda connection: self._open(make(connection)))
        assert signer is not None  # noqa: S101  (the row is there now)
        return signer

    def _insert(self, connection: Connection, update: list[str] | None = None) -> None:
        sealed = self._box.seal({"seed": secrets.token_hex(32)})
        upsert_rows(connection, server_secret, {"name": _NAME, "sealed": sealed}, update=update or ())

    def _open(self, sealed: bytes | None) -> TokenSigner | None:
        if sealed is None:
            return None
        try:
            return TokenSigner(bytes.fromhex(self._box.open(sealed)["seed"]))
        except ForbiddenError:
            raise ForbiddenError(
                "The key that signs for local storage services was encrypted with a key that this server does not "
                "have: restore secret.key or TENSORBAY_SECRET_KEY, which all servers of a database share. If that is "
                "lost, `gas server public-key --renew` makes another pair, which every service has to be told."
            ) from None


async def reseal_service_key(database: Database, reseal: Callable[[bytes], bytes | None]) -> None:
    """As `StorageConfigs.reseal`; one that cannot be opened is left as it is."""

    def transaction(connection: Connection) -> None:
        sealed = connection.execute(_FIND.with_for_update()).scalar_one_or_none()
        if sealed is not None and (anew := reseal(sealed)) is not None:
            connection.execute(update(server_secret).where(_THIS).values(sealed=anew))

    await database.write(transaction)


async def public_key(settings: ServerSettings, *, renew: bool = False) -> str:
    """What local storage services verify the server's tokens with, in PEM; `renew` makes another pair first."""
    async with aclosing(await Database.open_for(settings)) as database:
        key = ServiceKey(database, await to_thread.run_sync(SecretBox.load, settings))
        if renew:
            await key.renew()
        return (await key.signer()).public_key


def _sealed(connection: Connection) -> bytes | None:
    return connection.execute(_FIND).scalar_one_or_none()
