"""The command line of 1.x, `gas`, against our server, and our own beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
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


# What both answer with the same words, but for ids and dates.
_SAID_BY_BOTH = """
dataset
dataset tb:dogs
dataset -d
dataset tb:dogs:train
branch tb:dogs
log tb:dogs
log --show-drafts tb:dogs
draft tb:dogs -m first -m 'some words' -m 'in lines'
draft -l tb:dogs
draft -l tb:dogs@main
draft -e tb:dogs -m x
draft -c tb:dogs
draft -e tb:dogs#1 -m better
draft tb:dogs -m ''
draft tb:dogs:train -m x
log --show-drafts tb:dogs
log --show-drafts --oneline tb:dogs
cp files tb:dogs#1:train
cp files/a.txt tb:dogs#1
cp -r files tb:dogs#1:train://in
cp files/a.txt tb:dogs#1:train://x/y.txt
cp files/a.txt files/b.txt tb:dogs#1:test
ls -l tb:dogs#1:train
ls -a tb:dogs#1
rm tb:dogs#1
rm tb:dogs#1:train
rm tb:dogs#1:train://x/y.txt
commit tb:dogs -m x
commit tb:dogs:train -m x
commit tb:dogs#1 -m ''
commit tb:dogs#1 -m 'the first' -m 'some words' -m 'in lines'
ls
ls -l
ls tb:dogs
ls -a -l tb:dogs
ls tb:dogs@main:train://in/files/sub/c.txt
branch tb:dogs dev
branch -v tb:dogs
branch --sort=-name tb:dogs
branch --sort size tb:dogs
branch -d tb:dogs
branch tb:dogs:train
draft tb:dogs@dev -m second
draft -l tb:dogs
commit tb:dogs#2 -m second
log tb:dogs
log tb:dogs@dev
log -n 1 --oneline tb:dogs@dev
log --graph tb:dogs@dev
log --graph --oneline tb:dogs@dev
log tb:dogs:train
tag tb:dogs v1
tag tb:dogs@dev v2
tag tb:dogs --sort=-name
tag -d tb:dogs@v1
tag -d tb:dogs
tag tb:dogs:train
tag tb:dogs
branch -d tb:dogs@dev
auth -a
auth -g
auth -g -s
auth -g x
auth -u
auth x
config
config editor vim
config editor
config timeout soon
config timeout 40
config is_internal maybe
config color
config -u
config -u editor
config -u editor vim
dataset -d -y tb:dogs
dataset
"""


def command(python: str, site: Site) -> list[str]:
    return [python, "-c", _RUN, site.make_key(), site.url]


@pytest.fixture(params=["1.x", "ours"])
def gas(request: pytest.FixtureRequest, site: Site) -> list[str]:
    return command(sys.executable if request.param == "ours" else request.getfixturevalue("python_of_1x"), site)


def run(command: list[str], site: Site, home: Path, lines: list[str]) -> list[tuple[int, str]]:
    environment = {
        **os.environ,
        "REQUESTS_CA_BUNDLE": str(site.ca_bundle),
        "TENSORBAY_CA_BUNDLE": str(site.ca_bundle),
        "HOME": str(home),
        "USERPROFILE": str(home),
    }
    if command[0] != sys.executable:
        environment.pop("PYTHONPATH", None)
    result = subprocess.run(
        command, input="\n".join(lines), env=environment, cwd=home, capture_output=True, text=True, check=True
    )
    return [tuple(json.loads(line)) for line in result.stdout.splitlines()]


def write_files(home: Path) -> None:
    (home / "files" / "sub").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        (home / "files" / name).write_text(name)


def test_a_dataset_from_its_first_file_to_its_last(gas: list[str], site: Site, tmp_path: Path) -> None:
    write_files(tmp_path)
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


def test_ours_says_what_1x_says(python_of_1x: str, site: Site, tmp_path: Path) -> None:
    lines = _SAID_BY_BOTH.split("\n")[1:-1]
    said = []
    for name, python in (("1.x", python_of_1x), ("ours", sys.executable)):
        home = tmp_path / name
        home.mkdir()
        write_files(home)
        answers = run(command(python, site), site, home, lines)
        said.append([(line, code, normal(output, home)) for line, (code, output) in zip(lines, answers, strict=True)])
    for theirs, ours in zip(*said, strict=True):
        assert ours == theirs


def normal(output: str, home: Path) -> list[str]:
    """Lines without ids, dates, spaces at the end, and the progress bar that 1.x shows whether it is seen or not."""
    output = re.sub("Uploading: .*\n", "", output.replace("\r", "").replace(str(home), "~"))
    output = re.sub(r"\b([0-9a-f]{32}|[0-9a-f]{7})\b", "<id>", output)
    return [line.rstrip() for line in re.sub("Date: .*", "Date", output).split("\n")]
