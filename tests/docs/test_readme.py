"""README is true: its code runs, and it names every setting, command and option."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import click
import obstore
import pytest
from click.testing import CliRunner
from obstore.store import S3Store

from tensorbay import GAS, ClientSettings, ImportSpec
from tensorbay.cli import cli
from tensorbay.cli.utility import Command
from tensorbay.dataset import Data
from tensorbay.label import LabeledBox2D
from tensorbay.server import ServerSettings
from tests.clouds import AzureServer, GcsServer, let_oss_resolve
from tests.servers import S3Server

README = (Path(__file__).parents[2] / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def shell_lines(console: str) -> list[list[str]]:
    """The arguments of `gas`, wherever it is called."""
    lines = re.findall(r"(?:^\$|&&) gas (.*?)(?:&&|$)", console, flags=re.MULTILINE)
    return [shlex.split(re.sub(r"\s#.*", "", line)) for line in lines]


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    """The bucket that README speaks of."""
    name = s3_server.make_bucket()
    store = S3Store(
        name,
        endpoint=s3_server.endpoint,
        access_key_id=s3_server.access_key_id,
        secret_access_key=s3_server.access_key_secret,
        region="us-east-1",
        client_options={"allow_http": True},
    )
    for number in range(3):
        obstore.put(store, f"data/images/{number}.png", b"image")
        obstore.put(store, f"data/labels/{number}.json", b'{"category": "cat"}')
    return name


@pytest.fixture
def boxes(tmp_path: Path) -> None:
    """The ground truth and the predictions that README speaks of."""
    (tmp_path / "image").write_bytes(b"image")
    data = Data(str(tmp_path / "image"))
    data.label.box2d = [LabeledBox2D(0, 0, 1, 1, category="dog")]
    with GAS() as gas:
        for name in ("TRUTH", "PREDICTIONS"):
            client = gas.create_dataset(name)
            client.create_draft("boxes")
            client.create_segment("default").upload_data(data)
            client.commit("boxes", tag="v1.0")


@pytest.fixture
def emulated(
    s3_server: S3Server,
    azure_server: AzureServer,
    gcs_server: GcsServer,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """What README says of clouds, and what it is here."""
    let_oss_resolve(s3_server, monkeypatch)
    key_file = tmp_path / "key.json"
    key_file.write_text(gcs_server.account.key_file)
    azure = f"account_name={azure_server.account!r}, endpoint={azure_server.endpoint!r}"
    return {
        "http://127.0.0.1:8333": s3_server.endpoint,
        "https://oss-cn-hangzhou.aliyuncs.com": s3_server.oss_endpoint,
        '"file:///folder"': repr(tmp_path.as_uri()),
        '"bench"': repr(bucket),
        'account_name="account"': azure,
        'account_key=".."': f"account_key={azure_server.key!r}",
        'container_name="pictures"': f"container_name={azure_server.make_container()!r}",
        'bucket_name="pictures"': f"bucket_name={gcs_server.make_bucket()!r}, endpoint={gcs_server.endpoint!r}",
        '"key.json"': repr(str(key_file)),
        'accesskey_id=".."': f"accesskey_id={s3_server.access_key_id!r}",
        'accesskey_secret=".."': f"accesskey_secret={s3_server.access_key_secret!r}",
        'key_id=".."': f"key_id={s3_server.second_key_id!r}",
        'secret=".."': f"secret={s3_server.second_key_secret!r}",
    }


@pytest.mark.usefixtures("boxes")
def test_the_code_runs_from_the_first_line_to_the_last(
    emulated: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    namespace: dict[str, Any] = {}
    for code in blocks("python"):
        for said, here in emulated.items():
            code = code.replace(said, here)
        if "await" in code:
            code = f"async def main():\n{textwrap.indent(code, '    ')}\n"
            exec(compile(code, "README.md", "exec"), namespace)
            anyio.run(namespace["main"])
        else:
            exec(compile(code, "README.md", "exec"), namespace)
    kinds = {config.type for config in namespace["gas"].list_auth_storage_configs()}
    assert kinds >= {"s3", "oss", "azure", "gcs", "local"}
    namespace["gas"].close()
    namespace["sextant"].close()
    printed = capsys.readouterr().out
    assert "0.png cat" in printed
    assert "mAP 1.0" in printed
    assert '3 files indexed in "DATASET"' in printed


@pytest.mark.parametrize("settings", [ClientSettings, ServerSettings])
def test_every_setting_is_documented(settings: Any) -> None:
    internal = {"embedded"}  # set by the code that embeds a server, never by a person
    for name in settings.model_fields.keys() - internal:
        assert f"`TENSORBAY_{name.upper()}`" in README


def test_every_field_of_an_import_is_documented() -> None:
    for name in ImportSpec.model_fields:
        assert f"`{name}`" in README


def test_every_command_has_help_and_is_documented() -> None:
    assert isinstance(cli, click.Group)
    for path, command in commands(cli, "gas"):
        assert command.help or command.short_help, path
        assert path in README, path
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"{path} {parameter.name}"


def test_the_tour_of_the_command_line_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("data/images/0.png", "data/labels/0.json", "folder/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"category": "cat"}')
    with GAS() as gas:
        gas.create_local_storage_config("s3", "data/images", tmp_path.as_uri())
    (tour,) = (block for block in blocks("console") if "$ gas import" in block)
    for line in shell_lines(tour):
        result = CliRunner().invoke(cli, line)
        assert result.exit_code == 0, f"{line}\n{result.output}"
    assert ": 1 unchanged\n" in result.output


def test_every_line_of_the_shell_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands take their arguments, and do nothing with them."""
    taken = []
    monkeypatch.setattr(Command, "invoke", lambda self, ctx: taken.append(ctx.params))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "key.json").touch()
    lines = shell_lines("\n".join(blocks("console")))
    for line in lines:
        result = CliRunner().invoke(cli, line)
        assert result.exit_code == 0, f"{line}\n{result.output}"
    assert len(taken) == len(lines) > 25
