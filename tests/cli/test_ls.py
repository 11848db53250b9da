from __future__ import annotations

from pathlib import Path

import pytest

from tensorbay import GAS
from tests.cli.conftest import Gas


@pytest.fixture(autouse=True)
def _dataset(gas: Gas, files: Path) -> None:
    gas("dataset tb:dogs")
    gas("draft tb:dogs -m first")
    gas(f"cp {files}/a.txt tb:dogs#1:test")
    gas(f"cp -r {files}/b.txt {files}/sub tb:dogs#1:train")
    gas("commit tb:dogs#1 -m first")
    gas("draft tb:dogs -m second")
    gas("rm tb:dogs#2:train://b.txt")
    gas("dataset tb:cats")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ("", "tb:cats tb:dogs"),
        ("-l", "total|2 tb:cats tb:dogs"),
        ("tb:cats", ""),
        ("-l tb:cats", "total|0"),
        ("tb:dogs", "tb:dogs:test tb:dogs:train"),
        # In the version that was asked for.
        ("tb:dogs@main", "tb:dogs@main:test tb:dogs@main:train"),
        ("-l tb:dogs#2", "total|2 tb:dogs#2:test tb:dogs#2:train"),
        ("tb:dogs:train", "tb:dogs:train://b.txt tb:dogs:train://sub/c.txt"),
        ("tb:dogs#2:train", "tb:dogs#2:train://sub/c.txt"),
        ("-a tb:dogs#2", "tb:dogs#2:test://a.txt tb:dogs#2:train://sub/c.txt"),
        ("-a -l tb:dogs", "total|3 tb:dogs:test://a.txt tb:dogs:train://b.txt tb:dogs:train://sub/c.txt"),
        ("tb:dogs:train://sub/c.txt", "tb:dogs:train://sub/c.txt"),
    ],
)
def test_what_there_is(gas: Gas, arguments: str, lines: str) -> None:
    assert gas(f"ls {arguments}").output.splitlines() == [line.replace("|", " ") for line in lines.split()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tb:birds", "The dataset: birds does not exist."),
        ("tb:dogs@v1", 'The revision: v1 does not exist. Nearby: "main".'),
        ("tb:dogs#1", 'The draft: 1 does not exist. Nearby: "2".'),
        ("tb:dogs:trial", 'The segment: trial does not exist. Nearby: "train"'),
        ("tb:dogs#2:train://b.txt", "The data: b.txt does not exist."),
        ("dogs", 'TensorBay Resource Name should start with "tb:"'),
        ("tb", 'TensorBay Resource Name should start with "tb:"'),
        ("tb:dogs#x", 'Invalid TensorBay Resource Name "tb:dogs#x"'),
    ],
)
def test_mistakes(gas: Gas, arguments: str, words: str) -> None:
    result = gas(f"ls {arguments}", code=1)
    assert result.stdout == ""
    assert result.stderr.startswith(f"ERROR: {words}")
    assert result.stderr.count("\n") == 1


def test_of_fusion_datasets_only_segments(gas: Gas) -> None:
    with GAS() as client:
        drive = client.create_dataset("drive", is_fusion=True)
        drive.create_draft("first")
        drive.create_segment("train")
    assert gas("ls tb:drive#1").output == "tb:drive#1:train\n"
    for arguments, words in {
        "-a tb:drive#1": '"-a" flag is not supported for fusion dataset yet',
        "tb:drive#1:train": "List fusion segment is not supported yet",
        "tb:drive#1:train://x": "List data in fusion segment is not supported yet",
    }.items():
        assert gas(f"ls {arguments}", code=1).stderr == f"ERROR: {words}\n"
