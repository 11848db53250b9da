from __future__ import annotations

import re
from pathlib import Path

import pytest

from tensorbay.cli.gasconfig import GasConfig
from tensorbay.exception import ClientError

KEY = "Accesskey-" + "k" * 32
OF_1X = f"""\
[config]
editor = vim -n
timeout = 40

[profiles]
default =
\t{KEY}
p2 =
\t{KEY}
\thttps://gas.example.com/

[mine]
a = b
"""


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_of_1x_is_read_and_written(user_home: Path) -> None:
    path = user_home / ".gasconfig"
    path.write_text(OF_1X)
    path.chmod(0o644)
    config = GasConfig()
    assert config.options() == {"editor": "vim -n", "timeout": "40"}
    assert [tuple(profile) for profile in config.profiles()] == [
        ("default", KEY, ""),
        ("p2", KEY, "https://gas.example.com/"),
    ]
    config.set_option("timeout", "41")
    assert path.read_text().replace(" \n", "\n").rstrip() == OF_1X.replace("40", "41").rstrip()
    assert mode(path) == 0o600


def test_a_new_file_is_for_its_owner_only(user_home: Path) -> None:
    GasConfig().set_profile("P2", KEY, "https://host:8000")
    GasConfig().set_profile("default", KEY, "https://other")
    assert mode(user_home / ".gasconfig") == 0o600
    assert [profile.name for profile in GasConfig().profiles()] == ["default", "p2"]
    assert GasConfig().profile("P2") == ("p2", KEY, "https://host:8000")
    assert [path.name for path in user_home.iterdir()] == [".gasconfig"]


def test_a_link_stays_a_link(user_home: Path, tmp_path: Path) -> None:
    (user_home / ".gasconfig").symlink_to(tmp_path / "dotfile")
    GasConfig().set_option("editor", "vim")
    assert (user_home / ".gasconfig").is_symlink()
    assert "editor = vim" in (tmp_path / "dotfile").read_text()


@pytest.mark.parametrize(
    "content", [f"{KEY}\n", "[profiles]\na\n", "[profiles]\na = b\na = c\n", "[config]\nx = \xff\n"]
)
def test_a_file_that_is_none_is_not_quoted(user_home: Path, content: str) -> None:
    (user_home / ".gasconfig").write_bytes(content.encode("latin-1"))
    with pytest.raises(ClientError, match="correct or remove it") as caught:
        GasConfig()
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a:b", "[x]", "#x", "a\nb"])
def test_names_that_the_file_could_not_hold_are_refused(name: str) -> None:
    with pytest.raises(ClientError, match=re.escape(f'Invalid profile name "{name}"')):
        GasConfig().set_profile(name, KEY, "https://host")


@pytest.mark.parametrize(("key", "value"), [("timeout", "soon"), ("max_retries", "1.5"), ("is_internal", "maybe")])
def test_an_option_that_was_written_by_hand_is_checked_when_it_is_read(user_home: Path, key: str, value: str) -> None:
    (user_home / ".gasconfig").write_text(f"[config]\n{key} = {value}\n")
    with pytest.raises(ClientError, match=f'The option "{key}" need'):
        GasConfig().option(key)
