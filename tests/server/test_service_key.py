"""The key pair that the server signs tokens for local storage services with."""

from __future__ import annotations

import time
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from tensorbay.cli import cli
from tensorbay.exception import ForbiddenError
from tensorbay.local_storage import TokenVerifier
from tensorbay.server import ServerSettings, public_key, rotate_key
from tensorbay.server.database import Database
from tensorbay.server.secrets import SecretBox
from tensorbay.server.service_key import ServiceKey
from tensorbay.server.services import Services
from tensorbay.storage import Grant
from tests.databases import KINDS, fresh_url

AUDIENCE = "http://nas:9000"


@pytest.mark.parametrize("kind", KINDS)
async def test_servers_of_one_database_have_one_key(kind: str, tmp_path: Path) -> None:
    """Though all of them ask for the first time at the same time."""
    url, box = fresh_url(kind, tmp_path), SecretBox([Fernet.generate_key().decode()])
    databases = [await Database.open(url) for _ in range(4)]
    found: list[str] = []

    async def ask(database: Database) -> None:
        found.append((await ServiceKey(database, box).signer()).public_key)

    async with anyio.create_task_group() as group:
        for database in databases:
            group.start_soon(ask, database)
    assert len(found) == 4
    assert len(set(found)) == 1
    for database in databases:
        await database.aclose()


@pytest.mark.parametrize("by_hand", [False, True])
async def test_a_rotation_leaves_tokens_valid(home: Path, by_hand: bool) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))

    def settings(*keys: str) -> ServerSettings:
        return ServerSettings(home=home, secret_key=",".join(keys) if by_hand else None)  # type: ignore[arg-type]

    key = await public_key(settings(old))
    running = await Services.open(settings(old, new))
    await rotate_key(settings(new, old))
    fresh = await Services.open(settings(new))
    verifier = TokenVerifier(key, audiences=[AUDIENCE])
    for services in (running, fresh):
        signer = await services.service_key.signer()
        token = signer.sign(Grant(operations=("read",), expires=time.time() + 60, key="x"), audience=AUDIENCE, team="t")
        assert verifier.verify(token).key == "x"
        await services.aclose()
    assert await public_key(settings(new)) == key


def test_another_pair_is_made_only_when_asked_for(home: Path) -> None:
    def printed(*options: str) -> str:
        result = CliRunner().invoke(cli, ["server", "public-key", "--home", str(home), *options])
        assert result.exit_code == 0, result.output
        return result.output

    first = printed()
    assert first.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert printed() == first
    second = printed("--renew")
    assert second != first
    assert printed() == second


async def test_one_that_no_secret_key_opens_is_kept_and_told(home: Path) -> None:
    """Signing with another one would only hide that the secret key is the wrong one."""
    settings = ServerSettings(home=home)
    key = await public_key(settings)
    lost = await anyio.Path(home / "secret.key").read_bytes()
    await anyio.Path(home / "secret.key").write_bytes(Fernet.generate_key())
    await rotate_key(settings)
    services = await Services.open(settings)
    with pytest.raises(ForbiddenError, match=r"restore secret\.key .* public-key --renew"):
        await services.service_key.signer()
    await services.aclose()
    await anyio.Path(home / "secret.key").write_bytes(lost)
    assert await public_key(settings) == key
    await anyio.Path(home / "secret.key").write_bytes(Fernet.generate_key())
    assert await public_key(settings, renew=True) != key
