"""What an operator mistypes is told before anything is started or made."""

from __future__ import annotations

import socket
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Gas


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "server create-key alice",
        "server list-keys",
        "server revoke-key alice",
        "server public-key",
        "server rotate-key",
    ],
)
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("url_lifetime", "soon", "Input should be a valid number"),
        ("allow_folders", "/data", "write a JSON list"),
        ("allow_networks", '["10.1.2.3/16"]', "not a valid IPv4 network"),
    ],
)
def test_a_setting(gas: Gas, monkeypatch: pytest.MonkeyPatch, command: str, name: str, value: str, words: str) -> None:
    variable = f"TENSORBAY_{name.upper()}"
    monkeypatch.setenv(variable, value)
    result = gas(command, code=1)
    assert result.output.startswith(f"ERROR: The setting `{name}` ({variable}): ")
    assert words in result.output
    assert result.stderr == result.output
    assert result.output.count("\n") == 1


def test_a_setting_of_the_embedded_server(gas: Gas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORBAY_ALLOW_FOLDERS", "/data")
    assert gas("ls", code=1).stderr.startswith("ERROR: The setting `allow_folders` (TENSORBAY_ALLOW_FOLDERS): ")


def test_a_port(gas: Gas, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = gas(f"serve --home {tmp_path}/home --port {port}", code=1)
    assert result.stderr.startswith(f"ERROR: Cannot listen on 127.0.0.1:{port}: something else does")
    assert not (tmp_path / "home").exists()
    assert "not in the range" in gas("serve --port 65536", code=2).stderr
    assert "--tls-name goes with --tls self-signed" in gas("serve --tls-name host", code=2).stderr


@pytest.mark.parametrize("command", ["server create-key alice --home {}", "-u file://{} ls"])
def test_a_home(gas: Gas, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    refused = gas(command.format(tmp_path / "file" / "home"), code=1).stderr
    assert refused.startswith("ERROR: The ")
    assert f"{tmp_path}/file/home can't be" in refused
    (tmp_path / "index.sqlite").write_text("nonsense" * 1000)
    assert gas(command.format(tmp_path), code=1).stderr == (
        f"ERROR: The index in {tmp_path} can't be opened: file is not a database\n"
    )


def test_access_keys(gas: Gas, tmp_path: Path) -> None:
    assert "There is no index in" in gas(f"server list-keys --home {tmp_path}", code=1).stderr
    for team in ("default", "default", "other"):
        gas(f"server create-key alice --home {tmp_path} --team {team}")
    listed = [line.split("\t") for line in gas(f"server list-keys --home {tmp_path}").output.splitlines()]
    assert [line[:2] for line in listed] == [["default", "alice"], ["default", "alice"], ["other", "alice"]]
    assert all(datetime.fromisoformat(line[2]) <= datetime.now() for line in listed)
    assert "Access keys revoked: 2." in gas(f"server revoke-key alice --home {tmp_path}").output
    assert gas(f"server list-keys --home {tmp_path}").output.startswith("other\talice\t")
    assert gas(f"server revoke-key alise --team other --home {tmp_path}", code=1).stderr == (
        'ERROR: The access key: alise does not exist. Nearby: "alice".\n'
    )
