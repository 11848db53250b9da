from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest
from click.testing import CliRunner, Result

from tensorbay._util.config import config
from tensorbay.cli import cli
from tensorbay.server import ServerSettings, create_key
from tests.server.running import running_server

PROGRAM = str(Path(sysconfig.get_path("scripts")) / "gas")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`gas` in a process of its own."""
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, env={**os.environ, **environment}, timeout=60
    )


class Gas(Protocol):
    """Runs a line of the command line, which must end with this exit code, on the embedded home."""

    def __call__(self, line: str, *, code: int = 0, **options: Any) -> Result: ...


@pytest.fixture(autouse=True)
def user_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where `~/.gasconfig` is."""
    home = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for name in ("EDITOR", "VISUAL", "PAGER"):
        monkeypatch.delenv(name, raising=False)
    yield home
    del config.is_internal  # a command sets it for its process


@pytest.fixture
def gas() -> Gas:
    def run(line: str, *, code: int = 0, **options: Any) -> Result:
        result = CliRunner().invoke(cli, shlex.split(line), **options)
        assert result.exit_code == code, f"{line}\n{result.output}{result.exception!r}"
        # A crash has the exit code 1 too.
        assert result.exception is None or isinstance(result.exception, SystemExit), line
        return result

    return run


class Editor:
    """What `EDITOR` names: it leaves `text` in the file, or the file as it is, and `seen` is what it was given."""

    def __init__(self, folder: Path) -> None:
        self._text, self._seen = folder / "text", folder / "seen"
        program = folder / "editor.py"
        program.write_text(
            "import pathlib, shutil, sys\n"
            f"shutil.copy(sys.argv[1], {str(self._seen)!r})\n"
            f"text = pathlib.Path({str(self._text)!r})\n"
            "text.exists() and shutil.copy(text, sys.argv[1])\n"
        )
        self.command = f"{sys.executable} {program}"

    def will_write(self, text: str) -> None:
        self._text.write_text(text)

    def will_leave_it(self) -> None:
        self._text.unlink(missing_ok=True)

    @property
    def seen(self) -> str:
        return self._seen.read_text()


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    editor = Editor(tmp_path)
    monkeypatch.setenv("EDITOR", editor.command)
    return editor


class Site:
    """A server, and keys for it."""

    def __init__(self, home: Path, url: str) -> None:
        self._home, self.url = home, url

    def make_key(self, user: str = "alice", team: str = "default") -> str:
        return anyio.run(create_key, ServerSettings(home=self._home), user, team)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    with running_server(ServerSettings(home=home)) as url:
        yield Site(home, url)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with files in it and below it."""
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        (folder / name).write_text(name)
    return folder
