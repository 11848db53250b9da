from __future__ import annotations

import pytest

from tests.cli.conftest import Gas


@pytest.fixture(autouse=True)
def _commit(gas: Gas) -> None:
    gas("dataset tb:dogs")
    gas("draft tb:dogs -m first")
    gas("commit tb:dogs#1 -m first")


def test_tags_are_created_listed_and_deleted(gas: Gas) -> None:
    assert gas("tag tb:dogs").output == ""
    assert gas("tag tb:dogs v1").output == 'Successfully created tag "tb:dogs@v1"\n'
    gas("tag tb:dogs@main v3")
    gas("tag tb:dogs@v1 v2")
    assert gas("tag tb:dogs").output == "v1\nv2\nv3\n"
    assert gas("tag tb:dogs --sort=-name").output == "v3\nv2\nv1\n"
    assert gas("tag tb:dogs --sort commit_date").output == "v1\nv2\nv3\n"
    assert gas("tag -d tb:dogs@v2").output == 'Successfully deleted tag "tb:dogs@v2"\n'
    assert gas("tag tb:dogs").output == "v1\nv3\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tb:dogs:train", 'To operate a tag, "tb:dogs:train" must be a dataset'),
        ("tb:dogs v1", "The tag: v1 already exists."),
        ("tb:dogs#2 v2", 'To create a tag, "tb:dogs#2" cannot be in draft status'),
        ("-d tb:dogs", 'To delete a tag, "tb:dogs" must have a tag name'),
        ("-d tb:dogs@v1 v2", 'To delete a tag, "tb:dogs@v1" must have a tag name'),
        ("-d tb:dogs@v2", 'The tag: v2 does not exist. Nearby: "v1".'),
        (
            "--sort size tb:dogs",
            'The "--sort" option must be "name" or "commit_date" with an optional "-" before them',
        ),
    ],
)
def test_mistakes(gas: Gas, arguments: str, words: str) -> None:
    gas("tag tb:dogs v1")
    gas("draft tb:dogs -m second")
    result = gas(f"tag {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
    assert gas("tag tb:dogs").output == "v1\n"
