"""`gas server rotate-key`: a new key for what is encrypted, whatever happens in the middle."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from cryptography.fernet import Fernet

from tensorbay.exception import ForbiddenError, InvalidParamsError
from tensorbay.server import ServerSettings, rotate_key, rotation
from tensorbay.server.secrets import SecretBox, read_keys
from tensorbay.server.services import Services


async def add(services: Services, name: str) -> None:
    """Past the registrar, which would contact a store."""
    options = {"endpoint": "http://h", "bucketName": "b", "credentials": {"type": "accessKey", "keyId": "i"}}
    secrets = {"type": "accessKey", "keyId": "i", "secret": f"secret of {name}"}
    await services.configs.add(
        await services.accounts.ensure_team("default"),
        name,
        kind="s3",
        file_path="",
        options=options,
        seal=lambda: services.storages._box.seal(secrets),
    )


async def opened(services: Services) -> list[str]:
    configs, _ = await services.configs.list(await services.accounts.ensure_team("default"))
    bodies = [await services.storages.body_of(config) for config in configs]
    return [body.to_json()["credentials"]["secret"] for body in bodies]


@pytest.fixture
async def running(home: Path) -> AsyncIterator[Services]:
    services = await Services.open(ServerSettings(home=home))
    await add(services, "a")
    await add(services, "b")
    yield services
    await services.aclose()


def keys(home: Path) -> list[str]:
    return read_keys(home / "secret.key")


async def test_everything_is_encrypted_anew_under_a_running_server(running: Services, home: Path) -> None:
    settings = ServerSettings(home=home)
    before = await anyio.to_thread.run_sync(keys, home)
    assert await rotate_key(settings) == (2, 0, False)
    after = await anyio.to_thread.run_sync(keys, home)
    assert len(after) == 1
    assert after != before
    assert (await anyio.Path(home / "secret.key").stat()).st_mode & 0o777 == 0o600

    await add(running, "c")
    assert await opened(running) == ["secret of a", "secret of b", "secret of c"]
    fresh = await Services.open(settings)
    assert await opened(fresh) == ["secret of a", "secret of b", "secret of c"]
    # What a leaked key would still open: nothing.
    fresh.storages._box = SecretBox(before)
    with pytest.raises(ForbiddenError):
        await opened(fresh)
    await fresh.aclose()


class Killed(BaseException):
    pass


@pytest.mark.parametrize("step", ["before", "while", "after"])
async def test_one_that_was_killed_is_finished_by_the_next(
    running: Services, home: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if step == "before":
            patch.setattr(rotation, "_add_key", kill)
        elif step == "while":
            patch.setattr(SecretBox, "reseal", kill)
        else:
            patch.setattr(rotation, "_keep_first", kill)
        with pytest.raises(Killed):
            await rotate_key(ServerSettings(home=home))
    assert len(await anyio.to_thread.run_sync(keys, home)) == (1 if step == "before" else 2)
    assert await opened(running) == ["secret of a", "secret of b"]
    await add(running, "c")

    assert (await rotate_key(ServerSettings(home=home))).encrypted == 3
    assert len(await anyio.to_thread.run_sync(keys, home)) == 1
    assert await opened(running) == ["secret of a", "secret of b", "secret of c"]


async def test_rotations_and_servers_that_meet_lose_nothing(running: Services, home: Path) -> None:
    async with anyio.create_task_group() as group:
        for number in range(3):
            group.start_soon(rotate_key, ServerSettings(home=home))
            group.start_soon(add, running, f"c{number}")
    fresh = await Services.open(ServerSettings(home=home))
    assert len(await opened(fresh)) == 5
    await fresh.aclose()


async def test_keys_of_the_environment_are_the_operators(home: Path) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))

    def settings(*given: str) -> ServerSettings:
        return ServerSettings(home=home, secret_key=",".join(given))  # type: ignore[arg-type]

    services = await Services.open(settings(old))
    await add(services, "a")
    (url,) = services.signer.sign("http://h/", "1", ["x"], method="GET", expires=2**33)
    await services.aclose()
    with pytest.raises(InvalidParamsError, match="NEW,OLD"):
        await rotate_key(settings(old))
    assert await rotate_key(settings(new, old)) == (1, 0, True)
    services = await Services.open(settings(new))
    assert await opened(services) == ["secret of a"]
    await services.aclose()

    # While the old key is there, what it signed is good.
    services = await Services.open(settings(new, old))
    signature = url.rpartition("=")[2]
    services.signer.verify("GET", "1", "x", expires=2**33, signature=signature)
    await services.aclose()


@pytest.mark.usefixtures("running")
async def test_what_no_key_opens_is_counted_and_left(home: Path) -> None:
    await anyio.Path(home / "secret.key").write_bytes(Fernet.generate_key())
    assert await rotate_key(ServerSettings(home=home)) == (0, 2, False)
    fresh = await Services.open(ServerSettings(home=home))
    with pytest.raises(ForbiddenError, match="update the config"):
        await opened(fresh)
    await fresh.aclose()


async def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParamsError, match="no index"):
        await rotate_key(ServerSettings(home=tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
