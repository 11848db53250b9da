from __future__ import annotations

from pathlib import Path

import pytest

from tensorbay import GAS
from tests.cli.conftest import Gas


def test_a_dataset_comes_and_goes(gas: Gas) -> None:
    assert gas("dataset").output == ""
    assert gas("dataset tb:dogs").output == 'Successfully created dataset "tb:dogs"\n'
    gas("dataset tb:cats")
    assert gas("dataset").output == "tb:cats\ntb:dogs\n"
    question = 'Dataset "tb:dogs" will be completely deleted.\nDo you want to continue? [y/N]: '
    refused = gas("dataset -d tb:dogs", input="n\n", code=1)
    assert (refused.stdout, refused.stderr) == (f"{question}n\n", "Aborted!\n")
    assert gas("dataset").output == "tb:cats\ntb:dogs\n"
    deleted = 'Successfully deleted dataset "tb:dogs"\n'
    assert gas("dataset -d tb:dogs", input="y\n").output == f"{question}y\n{deleted}"
    assert gas("dataset -d -y tb:cats").output == 'Successfully deleted dataset "tb:cats"\n'
    assert gas("dataset").output == ""


def test_in_color_where_there_is_a_terminal(gas: Gas) -> None:
    assert gas("dataset tb:dogs", color=True).output == 'Successfully created dataset "\x1b[33mtb:dogs\x1b[0m"\n'


def test_on_a_storage_config(gas: Gas, tmp_path: Path) -> None:
    gas(f"storage create local folder {tmp_path.as_uri()}")
    gas("dataset tb:dogs --config folder")
    with GAS() as client:
        assert client.get_auth_storage_config("folder").datasets == ["dogs"]
    assert "The storage config: nothing does not exist" in gas("dataset tb:cats --config nothing", code=1).stderr


def test_a_fusion_dataset_is_deleted_like_another(gas: Gas) -> None:
    with GAS() as client:
        client.create_dataset("drive", is_fusion=True)
    gas("dataset -d -y tb:drive")
    assert gas("dataset").output == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tb:dogs", "The dataset: dogs already exists."),
        ("-d -y tb:cats", 'The dataset: cats does not exist. Nearby: "dogs".'),
        ("-d", "Missing argument TBRN"),
        ("tb:dogs:train", '"tb:dogs:train" is not a dataset'),
        # What names one version must not delete all of them.
        ("-d -y tb:dogs@main", '"tb:dogs@main" is not a dataset'),
        ("-d -y tb:dogs#1", '"tb:dogs#1" is not a dataset'),
    ],
)
def test_mistakes(gas: Gas, arguments: str, words: str) -> None:
    gas("dataset tb:dogs")
    result = gas(f"dataset {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
    assert gas("dataset").output == "tb:dogs\n"


@pytest.mark.parametrize("arguments", ["--config x", "-d -y --config x tb:dogs"])
def test_a_config_is_for_a_new_dataset(gas: Gas, arguments: str) -> None:
    gas("dataset tb:dogs")
    assert "--config goes with the name of a new dataset" in gas(f"dataset {arguments}", code=2).stderr
