from __future__ import annotations

from pathlib import Path

import pytest

from tensorbay import GAS
from tests.cli.conftest import Gas, run


@pytest.fixture(autouse=True)
def _draft(gas: Gas, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gas("dataset tb:dogs")
    gas("draft tb:dogs -m first")
    monkeypatch.chdir(files.parent)


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        ("files/a.txt tb:dogs#1:train", "a.txt"),
        ("files/a.txt tb:dogs#1:train://x/y.txt", "x/y.txt"),
        ("files/a.txt tb:dogs#1:train://x/", "x/a.txt"),
        ("files/a.txt files/b.txt tb:dogs#1:train://x", "x/a.txt x/b.txt"),
        ("-r files tb:dogs#1:train", "files/a.txt files/b.txt files/sub/c.txt"),
        ("-r files/ tb:dogs#1:train://x", "x/files/a.txt x/files/b.txt x/files/sub/c.txt"),
        ("-r files/sub/.. tb:dogs#1:train", "files/a.txt files/b.txt files/sub/c.txt"),
        ("-r -j 4 files/a.txt files/sub tb:dogs#1:train", "a.txt sub/c.txt"),
    ],
)
def test_files_are_uploaded(gas: Gas, arguments: str, paths: str) -> None:
    assert gas(f"cp {arguments}").output == ""
    assert gas("ls tb:dogs#1:train").output.splitlines() == [f"tb:dogs#1:train://{path}" for path in paths.split()]


def test_the_folder_one_is_in_has_its_name(gas: Gas, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files / "sub")
    gas("cp -r . tb:dogs#1:train")
    assert gas("ls tb:dogs#1:train").output == "tb:dogs#1:train://sub/c.txt\n"


def test_what_is_there_is_replaced_or_skipped(gas: Gas, files: Path) -> None:
    def content() -> bytes:
        with GAS() as client:
            dogs = client.get_dataset("dogs")
            dogs.checkout(draft_number=1)
            return dogs.get_segment("train").get_data("a.txt").open().read()

    gas("cp files/a.txt tb:dogs#1:train")
    (files / "a.txt").write_text("new")
    gas("cp -s files/a.txt tb:dogs#1:train")
    assert content() == b"a.txt"
    gas("cp files/a.txt tb:dogs#1:train")
    assert content() == b"new"


def test_an_upload_that_stops_says_how_to_go_on() -> None:
    # In a process: there, Python would print what the client logs for users of the SDK.
    result = run("cp", "files/a.txt", "tb:dogs#1:train://../x")
    hint, error, *more = result.stderr.splitlines()
    assert (result.returncode, result.stdout) == (1, "")
    assert hint == "The upload stopped; draft 1 keeps what arrived. To go on: the same command with -s"
    assert error.startswith("ERROR: Invalid")
    assert more == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("files/a.txt tb:dogs#1", '"tb:dogs#1" is not a segment or file type'),
        ("files/a.txt files tb:dogs#1:train", "Local paths include directories, please use -r option"),
        (
            "files/a.txt tb:dogs:train",
            'To upload data, "tb:dogs:train" must be in draft status, like "tb:dogs#1:train"',
        ),
        (
            "files/a.txt files/../files/a.txt tb:dogs#1:train",
            'Both "files/a.txt" and "files/../files/a.txt" would become "a.txt"',
        ),
        ("files/a.txt tb:dogs#2:train", 'The draft: 2 does not exist. Nearby: "1".'),
    ],
)
def test_mistakes(gas: Gas, arguments: str, words: str) -> None:
    result = gas(f"cp {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
    assert gas("ls -a tb:dogs#1").output == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("nothing tb:dogs#1:train", "Path 'nothing' does not exist"),
        ("-j 0 files/a.txt tb:dogs#1:train", "0 is not in the range"),
        ("tb:dogs#1:train", "Missing argument"),
    ],
)
def test_what_cannot_be_meant(gas: Gas, arguments: str, words: str) -> None:
    assert words in gas(f"cp {arguments}", code=2).stderr
