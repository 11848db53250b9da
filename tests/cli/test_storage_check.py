from __future__ import annotations

import json
import re
from pathlib import Path

from tensorbay import GAS
from tensorbay.client.diagnosis import Diagnosis, Step
from tests.cli.test_commands import run


def test_a_config_is_checked_from_the_client_and_from_the_shell(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "files"
    folder.mkdir()
    with GAS(url=home.as_uri()) as gas:
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

    assert "✓ put " in run("storage", "check", "my files", home=home).stdout
    folder.rename(tmp_path / "moved")
    shown = run("storage", "check", "my files", home=home, check=False)
    assert shown.returncode == 1
    assert re.search(rf"^✗ list +\d\.\d\d s  The folder '{folder}' does not exist\.$", shown.stdout, re.MULTILINE)
    as_json = run("storage", "check", "my files", "--json", home=home, check=False)
    assert as_json.returncode == 1
    found = json.loads(as_json.stdout)
    assert (found["ok"], found["steps"][6]["name"], found["steps"][6]["status"]) == (False, "list", "failed")
