from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Gas


def test_options_are_set_shown_and_unset(gas: Gas, user_home: Path) -> None:
    path = user_home / ".gasconfig"
    assert gas("config").output == ""
    assert gas("config editor 'vim -n'").output == f'Success!\nConfiguration has been written into: "{path}"\n'
    gas("config timeout 40")
    gas("config is_internal True")
    assert gas("config timeout").output == "timeout = 40\n\n"
    assert gas("config").output == "editor = vim -n\n\ntimeout = 40\n\nis_internal = True\n\n"
    assert gas("config -u editor").output == 'Successfully unset "editor"\n'
    assert gas("config").output == "timeout = 40\n\nis_internal = True\n\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("timeout", "timeout has not been configured yet"),
        ("-u timeout", "timeout has not been configured yet"),
        ("color", 'The option "color" is not supported to configure currently.'),
        ("color red", 'The option "color" is not supported to configure currently.'),
        ("-u color", 'The option "color" is not supported to configure currently.'),
        ("timeout soon", 'The option "timeout" need integer value.'),
        ("is_internal maybe", 'The option "is_internal" need True(1) or False(0) value.'),
        ("-u", 'Use "--unset" option with "key"'),
        ("-u timeout 1", 'Use "--unset" option to unset config or use "key" and "value" to set config'),
    ],
)
def test_mistakes(gas: Gas, arguments: str, words: str) -> None:
    result = gas(f"config {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
