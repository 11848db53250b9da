from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tensorbay.exception import ForbiddenError, InvalidParamsError
from tensorbay.server.secrets import SecretBox
from tensorbay.server.settings import ServerSettings


def load(home: Path, **options: str) -> SecretBox:
    return SecretBox.load(ServerSettings(home=home, **options))  # type: ignore[arg-type]


def test_sealed_values_open_after_a_restart(home: Path) -> None:
    sealed = load(home).seal({"secret": "pläin", "other": ""})
    assert "pläin".encode() not in sealed
    assert load(home).open(sealed) == {"secret": "pläin", "other": ""}
    assert load(home).derive("urls") == load(home).derive("urls") != load(home).derive("tokens")


def test_the_key_file_is_for_its_owner_only(home: Path) -> None:
    load(home)
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in home.iterdir()] == ["secret.key"]


@pytest.mark.skipif(os.name != "posix", reason="files have no modes")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_file_that_others_may_read_is_refused(home: Path, mode: int) -> None:
    sealed = load(home).seal({"a": "b"})
    (home / "secret.key").chmod(mode)
    with pytest.raises(InvalidParamsError, match=rf"mode {mode:04o}\): `chmod 600`"):
        load(home)
    assert SecretBox.load(ServerSettings(home=home, embedded=True)).open(sealed) == {"a": "b"}
    (home / "secret.key").chmod(0o600)
    assert load(home).open(sealed) == {"a": "b"}


def test_processes_that_start_together_agree_on_one_key(home: Path) -> None:
    barrier = threading.Barrier(8)
    boxes: list[SecretBox] = []

    def start() -> None:
        barrier.wait()
        boxes.append(load(home))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = boxes[0].seal({"a": "b"})
    assert [box.open(sealed) for box in boxes] == [{"a": "b"}] * 8


def test_the_first_key_encrypts_and_all_decrypt(home: Path) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    sealed = load(home, secret_key=old).seal({"a": "b"})
    rotated = load(home, secret_key=f"{new}, {old}")
    assert rotated.open(sealed) == {"a": "b"}
    with pytest.raises(ForbiddenError, match=r"secret\.key or TENSORBAY_SECRET_KEY"):
        load(home, secret_key=old).open(rotated.seal({"a": "b"}))
    assert not (home / "secret.key").exists()


def test_the_environment_gives_the_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("TENSORBAY_SECRET_KEY", key)
    sealed = SecretBox([key]).seal({"a": "b"})
    assert SecretBox.load(ServerSettings(home=home)).open(sealed) == {"a": "b"}


def test_a_bad_key_is_refused_without_showing_it(home: Path) -> None:
    with pytest.raises(InvalidParamsError, match="URL-safe base64") as caught:
        load(home, secret_key="hunter2")
    assert caught.value.__cause__ is None
    home.mkdir()
    for content, words in ((b" \n", "holds no key"), (b"\xff", "cannot be read: it is not text")):
        (home / "secret.key").write_bytes(content)
        (home / "secret.key").chmod(0o600)
        with pytest.raises(InvalidParamsError, match=rf"secret\.key.* {words}"):
            load(home)
    (home / "secret.key").unlink()
    (home / "secret.key").mkdir(mode=0o700)
    with pytest.raises(InvalidParamsError, match="cannot be read: Is a directory"):
        load(home)


def test_nothing_shows_a_key(home: Path) -> None:
    key = Fernet.generate_key().decode()
    settings = ServerSettings(home=home, secret_key=key)  # type: ignore[arg-type]
    for shown in (repr(settings), str(settings), repr(SecretBox.load(settings)), str(settings.model_dump())):
        assert key not in shown
