from __future__ import annotations

from pathlib import Path

import pytest

from tensorbay import GAS, ImportSpec
from tensorbay.cli import cli
from tests.cli.conftest import Gas


@pytest.fixture(autouse=True)
def _config(gas: Gas, tmp_path: Path) -> None:
    """Three images with labels, one without, in a folder that is a storage config."""
    for kind, suffix, count in (("images", "png", 4), ("labels", "json", 3)):
        (tmp_path / "data" / kind).mkdir(parents=True)
        for number in range(count):
            content = '{"category": "dog"}' if kind == "labels" else "image"
            (tmp_path / "data" / kind / f"{number}.{suffix}").write_text(content)
    gas(f"storage create local folder {tmp_path.as_uri()} --path data/images")


IMPORT = "import --config folder --data data/images"


def test_into_a_commit(gas: Gas) -> None:
    told = gas(f"{IMPORT} --labels data/labels tb:dogs:train -m 'first import'").output.splitlines()
    assert told[0] == '4 files indexed in "dogs", segment "train"'
    assert told[1] == "1 of them without a label"
    assert told[-1].startswith("Committed: tb:dogs@")
    assert gas("log --oneline tb:dogs").output.endswith(" (main) first import\n\n")
    with GAS() as client:
        data = client.get_dataset("dogs").get_segment("train").list_data()
        assert [bool(one.label) for one in data] == [True, True, True, False]
        assert client.get_auth_storage_config("folder").datasets == ["dogs"]


def test_into_a_draft(gas: Gas) -> None:
    assert gas(f"{IMPORT} tb:dogs").output.splitlines()[-1] == "Draft: tb:dogs#1"
    assert len(gas("ls tb:dogs#1:default").output.splitlines()) == 4
    # Again into the same.
    assert gas(f"{IMPORT} tb:dogs:more").output.splitlines()[-1] == "Draft: tb:dogs#1"


def test_fields_of_the_specification(gas: Gas) -> None:
    line = f"{IMPORT} --include '[0-2]*' --include 3.png --exclude 1.png --placement copy --batch-size 10 tb:dogs"
    told = gas(f"{line} --concurrency 2 --label-format tensorbay --on-error skip --on-orphan keep").output
    assert '3 files indexed in "dogs", segment "default"\n0 where they lie, 3 as copies\n' in told
    (option,) = (command for name, command in cli.commands.items() if name == "import")
    fields = {parameter.name for parameter in option.params}
    assert fields - {"tbrn", "message"} == ImportSpec.model_fields.keys() - {"dataset", "segment"}


@pytest.mark.parametrize("folder", ["/", ".", "./data", "../x"])
def test_a_folder_is_a_path_in_the_bucket(gas: Gas, folder: str) -> None:
    refused = gas(f"import --config folder --data {folder} tb:dogs", code=1).stderr
    assert refused.startswith("ERROR: data: write a path from the root of the bucket")
    assert gas("ls").output == ""


def test_ctrl_c_tells_how_to_go_on(gas: Gas, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GAS, "import_dataset", interrupted)
    assert "To go on: the same command" in gas(f"{IMPORT} tb:dogs", code=1).stderr


def test_what_stops_an_import_is_reported(gas: Gas, tmp_path: Path) -> None:
    result = gas(f"{IMPORT} --labels data/labels --on-orphan abort tb:dogs", code=1)
    assert "1 data files without a label file:\n  data/images/3.png\n" in result.stdout
    assert result.stderr.startswith("ERROR: data/images/3.png")
    (tmp_path / "data/labels/3.json").write_text("nonsense")
    skipped = gas(f"{IMPORT} --labels data/labels --on-error skip tb:dogs").output
    assert "1 files left out because of errors:\n  data/labels/3.json: LabelFormatError: not JSON" in skipped


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{IMPORT} tb:dogs@main", 'To import data, "tb:dogs@main" must be a dataset or a segment, in no version'),
        (f"{IMPORT} tb:dogs#1:train", "in no version"),
        (f"{IMPORT} tb:dogs:train://x", "must be a dataset or a segment"),
        (f"{IMPORT} --labels data/images tb:dogs", "data and labels are one folder"),
        (f"{IMPORT} --label-format coco tb:dogs", "'coco' is no label format"),
        (f"{IMPORT} --batch-size 0 tb:dogs", "batch_size: Input should be greater than or equal to 1"),
        ("import --config folder --data elsewhere tb:dogs", "elsewhere/"),
        ("import --config other --data data/images tb:dogs", "The storage config: other does not exist."),
    ],
)
def test_mistakes_leave_nothing_behind(gas: Gas, line: str, words: str) -> None:
    result = gas(line, code=1)
    assert result.stderr.startswith("ERROR: ")
    assert words in result.stderr
    assert gas("dataset").output == ""
