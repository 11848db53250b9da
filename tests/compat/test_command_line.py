"""The command line of 1.x, `gas`, against our server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.compat.conftest import Site

# All commands in one process, for each start takes a second. A line per command in, its exit code and output out.
_RUN = """
import json, shlex, sys
from click.testing import CliRunner
from tensorbay.cli.cli import cli
key, url = sys.argv[1:]
for line in sys.stdin:
    result = CliRunner().invoke(cli, ["-k", key, "-u", url, *shlex.split(line)])
    print(json.dumps([result.exit_code, result.output]))
"""


@pytest.fixture
def gas(python_of_1x: str, site: Site, tmp_path: Path) -> list[str]:
    return [python_of_1x, "-c", _RUN, site.make_key(), site.url]


def run(command: list[str], site: Site, home: Path, lines: list[str]) -> list[tuple[int, str]]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"REQUESTS_CA_BUNDLE": str(site.ca_bundle), "HOME": str(home), "USERPROFILE": str(home)}
    result = subprocess.run(
        command, input="\n".join(lines), env=environment, cwd=home, capture_output=True, text=True, check=True
    )
    return [tuple(json.loads(line)) for line in result.stdout.splitlines()]


def test_a_dataset_from_its_first_file_to_its_last(gas: list[str], site: Site, tmp_path: Path) -> None:
    (tmp_path / "files" / "sub").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        (tmp_path / "files" / name).write_text(name)
    steps = {
        "dataset tb:dogs": 'Successfully created dataset "tb:dogs"\n',
        "dataset": "tb:dogs\n",
        "ls": "tb:dogs\n",
        "draft tb:dogs -m 'first draft'": None,
        "draft -l tb:dogs": None,
        "cp -j 2 -r files tb:dogs#1:train": None,
        "cp files/a.txt tb:dogs#1:test://x/y.txt": None,
        "ls tb:dogs#1:train": "".join(f"tb:dogs#1:train://files/{name}\n" for name in ("a.txt", "b.txt", "sub/c.txt")),
        "ls -l tb:dogs#1:test": "total 1\ntb:dogs#1:test://x/y.txt\n",
        "rm tb:dogs#1:train://files/b.txt": 'Successfully deleted "tb:dogs#1:train://files/b.txt"\n',
        "commit tb:dogs#1 -m 'first commit' -m 'with words'": None,
        "ls -a tb:dogs": "tb:dogs:test://x/y.txt\ntb:dogs:train://files/a.txt\ntb:dogs:train://files/sub/c.txt\n",
        "branch tb:dogs dev": 'Successfully created branch "tb:dogs@dev"\n',
        "branch tb:dogs": "dev\nmain\n",
        "tag tb:dogs@dev v1": 'Successfully created tag "tb:dogs@v1"\n',
        "tag tb:dogs": "v1\n",
        "log tb:dogs": None,
        "log --oneline tb:dogs@dev": None,
        "branch -d tb:dogs@dev": 'Successfully deleted branch "tb:dogs@dev"\n',
        "tag -d tb:dogs@v1": 'Successfully deleted tag "tb:dogs@v1"\n',
        "draft tb:dogs -m second": None,
        "rm -r tb:dogs#2:train": 'Successfully deleted "tb:dogs#2:train"\n',
        "draft -e tb:dogs#2 -m better": None,
        "draft -c tb:dogs#2": 'Successfully closed draft "tb:dogs#2"\n',
        "dataset -d -y tb:dogs": 'Successfully deleted dataset "tb:dogs"\n',
        "dataset ": "",
    }
    answers = dict(zip(steps, run(gas, site, tmp_path, list(steps)), strict=True))
    for step, expected in steps.items():
        code, output = answers[step]
        assert (step, code) == (step, 0), output
        if expected is not None:
            assert (step, output) == (step, expected)
    assert 'Successfully created draft "tb:dogs#1"\n' in answers["draft tb:dogs -m 'first draft'"][1]
    assert "first draft" in answers["draft -l tb:dogs"][1]
    committed = answers["commit tb:dogs#1 -m 'first commit' -m 'with words'"][1]
    assert "Committed successfully: tb:dogs#1 -> tb:dogs@" in committed
    identification = committed.rpartition("@")[2].strip()
    log = answers["log tb:dogs"][1]
    assert f"commit {identification} (dev, main)" in log or f"commit {identification} (main, dev)" in log
    assert "Author: tester\n" in log
    assert "    first commit\n" in log
    assert "    with words\n" in log
    assert identification[:7] in answers["log --oneline tb:dogs@dev"][1]
    assert 'Successfully updated draft "tb:dogs#2"\n' in answers["draft -e tb:dogs#2 -m better"][1]


def test_errors_are_told(gas: list[str], site: Site, tmp_path: Path) -> None:
    steps = [
        "dataset tb:dogs",
        "dataset tb:dogs",
        "ls tb:cats",
        "draft tb:dogs@none -m x",
        "branch tb:dogs dev",
        "log tb:dogs",
    ]
    (created, *refused) = run(gas, site, tmp_path, steps)
    assert created[0] == 0
    assert [code for code, _ in refused] == [1] * len(refused)
    words = ["dogs", "cats", "none", "", "no commit history"]
    assert [word in output for word, (_, output) in zip(words, refused, strict=True)] == [True] * len(words)
