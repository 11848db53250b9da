from __future__ import annotations

from pathlib import Path

import pytest

from tensorbay import GAS
from tests.cli.conftest import Gas


@pytest.fixture(autouse=True)
def _draft(gas: Gas, files: Path) -> None:
    gas("dataset tb:dogs")
    gas("draft tb:dogs -m first")
    gas(f"cp {files}/a.txt {files}/b.txt tb:dogs#1:train")


def test_a_file_then_the_segment(gas: Gas) -> None:
    one = "tb:dogs#1:train://a.txt"
    assert gas(f"rm {one}").output == f'Successfully deleted "{one}"\n'
    assert gas("ls tb:dogs#1:train").output == "tb:dogs#1:train://b.txt\n"
    assert gas("rm -r tb:dogs#1:train").output == 'Successfully deleted "tb:dogs#1:train"\n'
    assert gas("ls tb:dogs#1").output == ""


def test_a_segment_of_a_fusion_dataset(gas: Gas) -> None:
    with GAS() as client:
        drive = client.create_dataset("drive", is_fusion=True)
        drive.create_draft("first")
        drive.create_segment("train")
    assert "is a fusion dataset" in gas("rm tb:drive#1:train://a", code=1).stderr
    gas("rm -r tb:drive#1:train")
    assert gas("ls tb:drive#1").output == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("-r tb:dogs#1", '"tb:dogs#1" is an invalid path to remove'),
        ("tb:dogs#1:train", "Please use -r option to remove the whole segment"),
        (
            "tb:dogs:train://a.txt",
            'To remove the data, "tb:dogs:train://a.txt" must be in draft status, like "tb:dogs#1:train://a.txt"',
        ),
        (
            "-r tb:dogs@main:train",
            'To remove the data, "tb:dogs@main:train" must be in draft status, like "tb:dogs#1:train"',
        ),
        ("-r tb:dogs#1:test", 'The segment: test does not exist. Nearby: "train".'),
    ],
)
def test_mistakes(gas: Gas, arguments: str, words: str) -> None:
    result = gas(f"rm {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
    assert len(gas("ls -a tb:dogs#1").output.splitlines()) == 2
