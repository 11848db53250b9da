from __future__ import annotations

import re

import pytest

from tensorbay import GAS
from tests.cli.conftest import Editor, Gas

HINT = """
# The first line is the title of the draft, the rest its description. Without a title nothing is done.
# Lines starting with '#' are ignored.
"""


@pytest.fixture(autouse=True)
def _dataset(gas: Gas) -> None:
    gas("dataset tb:dogs")


def test_a_draft_is_created_listed_edited_and_closed(gas: Gas) -> None:
    assert gas("draft -l tb:dogs").output == ""
    block = "Branch:main\n\n    first\n\n    some\n    words\n\n"
    created = gas("draft tb:dogs -m first -m some -m words")
    assert created.output == f'Successfully created draft "tb:dogs#1"\n{block}'
    assert gas("draft -l tb:dogs").output == f"Draft: tb:dogs#1\n{block}"
    assert gas("draft -l tb:dogs#1").output == gas("draft -l tb:dogs").output
    # Of the old message nothing is left.
    edited = gas("draft -e tb:dogs#1 -m second")
    assert edited.output == 'Successfully updated draft "tb:dogs#1"\nBranch:main\n\n    second\n\n'
    assert gas("draft -c tb:dogs#1").output == 'Successfully closed draft "tb:dogs#1"\n'
    assert gas("draft -l tb:dogs").output == ""


def test_the_commit_that_it_is_based_on_is_shown(gas: Gas) -> None:
    gas("draft tb:dogs -m first")
    commit = gas("commit tb:dogs#1 -m first").output.rpartition("@")[2].strip()
    gas("branch tb:dogs dev")
    assert f"\nBranch:dev({commit})\n\n    second\n" in gas("draft tb:dogs@dev -m second").output


def test_of_a_fusion_dataset(gas: Gas) -> None:
    with GAS() as client:
        client.create_dataset("drive", is_fusion=True)
    assert "tb:drive#1" in gas("draft tb:drive -m first").output


def test_without_a_message_an_editor_opens(gas: Gas, editor: Editor) -> None:
    editor.will_write("\n  first\n# a remark\n\nsome words\n#another\nmore\n\n")
    assert "\n    first\n\n    some words\n    more\n" in gas("draft tb:dogs").output
    assert editor.seen == f"\n{HINT}"
    editor.will_write("second\n")
    assert gas("draft -e tb:dogs#1").output.endswith("Branch:main\n\n    second\n\n")
    assert editor.seen == f"first\n\nsome words\nmore\n{HINT}"
    editor.will_leave_it()
    assert gas("draft -e tb:dogs#1").output.endswith("Branch:main\n\n    second\n\n")


def test_the_editor_of_the_file_goes_first(gas: Gas, editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "false")
    assert "Editing failed" in gas("draft tb:dogs", code=1).stderr
    gas(f"config editor '{editor.command}'")
    editor.will_write("first")
    assert "\n    first\n" in gas("draft tb:dogs").output


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n"])
def test_without_a_title_nothing_is_done(gas: Gas, editor: Editor, text: str) -> None:
    editor.will_write(text)
    created = gas("draft tb:dogs", code=1)
    assert created.stderr == "ERROR: Aborting creating draft due to empty draft message\n"
    assert gas("draft tb:dogs -m ' '", code=1).stderr == created.stderr
    gas("draft tb:dogs -m first")
    before = gas("draft -l tb:dogs").output
    edited = gas("draft -e tb:dogs#1", code=1)
    assert edited.stderr == "ERROR: Aborting updating draft due to empty draft message\n"
    assert gas("draft -l tb:dogs").output == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tb:dogs:train -m x", 'To operate a draft, "tb:dogs:train" must be a dataset'),
        ("-l tb:dogs@main", 'list drafts based on given revision "tb:dogs@main" is not supported'),
        ("tb:dogs@v1 -m x", "Draft should be created based on a branch."),
        ("tb:dogs#2 -m x", 'Create a draft in draft status "tb:dogs#2" is not permitted'),
        ("tb:dogs -m x", 'Branch "main" has open draft 2 already: use it, or commit or close it first.'),
        ("tb:dogs@none -m x", 'The revision: none does not exist. Nearby: "main", "v1".'),
        ("-e tb:dogs -m x", "Draft number is required when editing draft"),
        ("-c tb:dogs", "Draft number is required when editing draft"),
        ("-e tb:dogs#9 -m x", 'The draft: 9 does not exist. Nearby: "2".'),
        ("-l tb:dogs#9", 'The draft: 9 does not exist. Nearby: "2".'),
        ("-c -e tb:dogs#2", 'Use at most one of "--list", "--edit" and "--close"'),
    ],
)
def test_mistakes(gas: Gas, arguments: str, words: str) -> None:
    gas("draft tb:dogs -m first")
    gas("commit tb:dogs#1 -m first")
    gas("tag tb:dogs v1")
    gas("draft tb:dogs -m second")
    result = gas(f"draft {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
    assert re.findall("#(.*)", gas("draft -l tb:dogs").output) == ["2"]
