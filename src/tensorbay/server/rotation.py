"""A new secret key for a server's home, while servers run on it."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from anyio import to_thread
from cryptography.fernet import Fernet

from tensorbay._util.private_files import replace
from tensorbay.exception import InvalidParamsError
from tensorbay.server.configs import StorageConfigs
from tensorbay.server.database import Database
from tensorbay.server.secrets import SecretBox, read_keys
from tensorbay.server.service_key import reseal_service_key

if TYPE_CHECKING:
    from pathlib import Path

    from tensorbay.server.settings import ServerSettings

__all__ = ["Rotation", "rotate_key"]

_BY_HAND = (
    "The key of this server is in TENSORBAY_SECRET_KEY, where only you can change it. Make a new one "
    "(`cryptography.fernet.Fernet.generate_key()`) and restart every server with `OLD,NEW`, then every server with "
    "`NEW,OLD`; then run this with `NEW,OLD`: it encrypts everything with NEW. Signed URLs that were given out before "
    "last until OLD is dropped."
)


class Rotation(NamedTuple):
    encrypted: int
    lost: int
    """Configs that no key opened, before or now."""
    is_by_hand: bool
    """The keys are in a setting: the older ones are still there."""


async def rotate_key(settings: ServerSettings) -> Rotation:
    """Encrypts all credentials with a new key and drops the old ones; a rotation that was interrupted is finished.

    At no moment is there a row that the keys of the file do not open: the new key is there before it is used, and the
    old ones go when the rows are safely on the disk. Each step holds the database's one writer. Other rotations wait
    for it, and servers read the file again inside the transaction that stores credentials.
    """
    async with aclosing(await Database.open_existing(settings)) as database:
        return await _rotate(settings, database)


async def _rotate(settings: ServerSettings, database: Database) -> Rotation:
    configs = StorageConfigs(database)
    box = await to_thread.run_sync(SecretBox.load, settings)
    if settings.secret_key is not None:
        if len(box.derive("")) < 2:
            raise InvalidParamsError(_BY_HAND)
        await reseal_service_key(database, box.reseal)
        return _counted(await configs.reseal(box.reseal), is_by_hand=True)
    file = settings.secret_key_file
    await database.write(lambda _: _add_key(file))

    def reseal(sealed: bytes) -> bytes | None:
        return SecretBox(read_keys(file)).reseal(sealed)

    await reseal_service_key(database, reseal)
    done = await configs.reseal(reseal)
    await database.sync()
    await database.write(lambda _: _keep_first(file))
    return _counted(done, is_by_hand=False)


def _add_key(file: Path) -> None:
    keys = read_keys(file)
    if len(keys) == 1:  # more are left by one that was interrupted
        _write(file, [Fernet.generate_key().decode(), *keys])


def _keep_first(file: Path) -> None:
    _write(file, read_keys(file)[:1])


def _write(file: Path, keys: list[str]) -> None:
    replace(file, "".join(f"{key}\n" for key in keys).encode())


def _counted(done: list[bool], *, is_by_hand: bool) -> Rotation:
    return Rotation(sum(done), len(done) - sum(done), is_by_hand)
