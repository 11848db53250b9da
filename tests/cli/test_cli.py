"""What holds for every command."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tensorbay.cli import cli
from tensorbay.cli.cli import dataset, ls
from tensorbay.cli.utility import ContextInfo
from tests.cli.conftest import PROGRAM, Gas, Site, run


def test_help_comes_without_what_commands_need() -> None:
    script = "import sys; from tensorbay.cli import cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "tensorbay.cli.import_data" in loaded
    heavy = {"aiohttp", "anyio", "asyncio", "httpx", "msgspec", "obstore", "pydantic", "sqlalchemy", "tqdm"}
    assert not heavy & set(loaded)
    assert not [name for name in loaded if name.startswith(("tensorbay.aio", "tensorbay.client", "tensorbay.server"))]


def test_without_a_command_there_is_help_and_an_error() -> None:
    result = run()
    assert (result.returncode, result.stdout) == (2, "")
    assert "List datasets, segments or files." in result.stderr


def test_the_synopsis_stays_in_lines(gas: Gas) -> None:
    shown = gas("ls -h").output
    assert "\n  Synopsis:\n    gas ls                                 datasets\n" in shown
    for name, command in cli.commands.items():
        text = gas(f"{name} -h").output
        assert ("Synopsis:\n    gas" in text) == ("Synopsis:" in (command.help or ""))
        assert "\b" not in text


def test_a_command_runs_alone(tmp_path: Path) -> None:
    context = ContextInfo(url=tmp_path.as_uri())
    assert CliRunner().invoke(dataset, ["tb:dogs"], obj=context).output == 'Successfully created dataset "tb:dogs"\n'
    assert CliRunner().invoke(ls, [], obj=context).output == "tb:dogs\n"
    result = CliRunner().invoke(ls, ["tb:cats"], obj=context)
    assert (result.exit_code, result.stderr) == (1, 'ERROR: The dataset: cats does not exist. Nearby: "dogs".\n')


def test_an_error_is_a_red_line_where_there_is_a_terminal(gas: Gas) -> None:
    shown = gas("ls dogs", code=1, color=True).stderr
    assert shown.startswith("\x1b[31mERROR: ")
    assert shown.endswith("\x1b[0m\n")


def test_errors_of_the_system_are_a_line(gas: Gas, user_home: Path) -> None:
    (user_home / ".gasconfig").mkdir()
    result = gas("ls", code=1)
    assert result.stderr.startswith("ERROR: [Errno")
    assert result.stderr.count("\n") == 1


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: ContextInfo) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ContextInfo, "connection", fail)
    assert isinstance(CliRunner().invoke(cli, ["ls"]).exception, ZeroDivisionError)


def test_debug_shows_requests_and_tracebacks_without_the_key(gas: Gas, site: Site) -> None:
    key = site.make_key()
    server = f"-u {site.url} -k {key}"
    assert gas(f"{server} ls tb:none", code=1).stderr.count("\n") == 1
    shown = gas(f"{server} -d ls tb:none", code=1).stderr
    assert f"GET {site.url}" in shown
    assert '"x-token": "***"' in shown
    assert '"x-source": "PYTHON-CLI/' in shown
    assert "-> 200" in shown
    assert "Traceback" in shown
    assert shown.endswith("\nERROR: The dataset: none does not exist.\n")
    assert key not in shown
    assert not logging.getLogger("tensorbay").handlers
    assert gas(f"{server} ls tb:none", code=1).stderr.count("\n") == 1


def test_debug_shows_no_signature(gas: Gas, site: Site, files: Path) -> None:
    server = f"-u {site.url} -k {site.make_key('alice', 'of signatures')}"
    gas(f"{server} dataset tb:dogs")
    gas(f"{server} draft tb:dogs -m first")
    gas(f"{server} cp {files}/a.txt tb:dogs#1:train")
    shown = gas(f"{server} -d ls tb:dogs#1:train://a.txt").stderr
    assert f'"url": "{site.url}' in shown
    assert "?" not in shown


def test_what_is_printed_may_be_cut_off(gas: Gas) -> None:
    for number in range(3):
        gas(f"dataset tb:dogs{number}")
    process = subprocess.Popen([PROGRAM, "ls"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.communicate()[1] == ""
    assert process.returncode == 1


def test_profiles_and_home_as_a_person_has_them(site: Site, tmp_path: Path) -> None:
    key = site.make_key("carol", "of carol")
    assert '"carol" in "of carol" team' in run("auth", site.url, key).stdout
    assert run("dataset", "tb:served").returncode == 0
    assert run("ls").stdout == "tb:served\n"
    assert run("-u", tmp_path.as_uri(), "ls").stdout == ""
    assert run("ls", TENSORBAY_URL=tmp_path.as_uri()).stdout == ""
    refused = run("-p", "other", "ls")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)


def test_a_shell_completes() -> None:
    assert "complete" in run(_GAS_COMPLETE="bash_source").stdout
    completed = run(_GAS_COMPLETE="bash_complete", COMP_WORDS="gas br", COMP_CWORD="1")
    assert completed.stdout.split() == ["plain,branch"]


def test_every_command_shows_its_errors_in_a_line() -> None:
    def leaves(group: click.Group) -> list[click.Command]:
        return [
            leaf
            for command in group.commands.values()
            for leaf in (leaves(command) if isinstance(command, click.Group) else [command])
        ]

    from tensorbay.cli.utility import Command

    assert [leaf.name for leaf in leaves(cli) if not isinstance(leaf, Command)] == []
