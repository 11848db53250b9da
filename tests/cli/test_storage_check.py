from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner

from tensorbay import GAS
from tensorbay.cli import cli
from tensorbay.client.diagnosis import Diagnosis, Step


def test_a_config_is_checked_from_the_client_and_from_the_shell(tmp_path: Path) -> None:
    url, folder = (tmp_path / "home").as_uri(), tmp_path / "files"
    folder.mkdir()
    with GAS(url=url) as gas:
        gas.create_local_storage_config("my files", "", folder.as_uri())
        diagnosis = gas.check_storage_config("my files")
    assert isinstance(diagnosis, Diagnosis)
    assert diagnosis
    assert isinstance(diagnosis["list"], Step)
    # What a notebook shows.
    assert repr(diagnosis) == str(diagnosis)
    table = str(diagnosis).splitlines()
    assert table[0] == f"Folder {folder}"
    assert table[1] == "– dns, tcp, tls, clock, authentication: a folder of this machine"  # noqa: RUF001
    assert table[3].startswith("✓ list ")
    assert table[-1] == "Imports in place, uploads and copies work."

    run = CliRunner().invoke
    shown = run(cli, ["-u", url, "storage", "check", "my files"])
    assert (shown.exit_code, "✓ put " in shown.output) == (0, True)
    folder.rename(tmp_path / "moved")
    shown = run(cli, ["-u", url, "storage", "check", "my files"])
    assert shown.exit_code == 1
    assert re.search(rf"^✗ list +\d\.\d\d s  The folder '{folder}' does not exist\.$", shown.output, re.MULTILINE)
    shown = run(cli, ["-u", url, "storage", "check", "my files", "--json"])
    found = json.loads(shown.output)
    assert (shown.exit_code, found["ok"]) == (1, False)
    assert [step["name"] for step in found["steps"] if step["status"] == "failed"] == ["list"]
