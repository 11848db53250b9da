from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from tensorbay.server import ServerSettings


def test_the_environment_goes_before_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORBAY_HOME", str(tmp_path / "h"))
    monkeypatch.setenv("TENSORBAY_ALLOW_FOLDERS", f'["{tmp_path}", "~/x"]')
    monkeypatch.setenv("TENSORBAY_URL_LIFETIME", "60")
    monkeypatch.setenv("TENSORBAY_URL", "https://meant.for.the.client")
    settings = ServerSettings()
    assert settings.home == tmp_path / "h"
    assert settings.allow_folders == (tmp_path, Path.home() / "x")
    assert settings.url_lifetime == 60
    assert ServerSettings(url_lifetime=5).url_lifetime == 5


def test_the_default_home_is_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENSORBAY_HOME")
    home = ServerSettings().home
    assert home.is_absolute()
    assert home.name == "tensorbay"


def test_the_environment_opens_no_server_to_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENSORBAY_EMBEDDED", "tensorbay_embedded"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("TENSORBAY_USER_NAME", "maria")
    assert not ServerSettings().embedded
    assert ServerSettings().user_name == "maria"
    assert ServerSettings(embedded=True).embedded


def test_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ServerSettings().allow_networks == ()
    monkeypatch.setenv("TENSORBAY_ALLOW_NETWORKS", '["10.1.0.0/16", "fd00::/8", "10.9.8.7"]')
    monkeypatch.setenv("TENSORBAY_ALLOW_PRIVATE_ENDPOINTS", "1")
    networks = tuple(ip_network(text) for text in ("10.1.0.0/16", "fd00::/8", "10.9.8.7/32"))
    assert ServerSettings().allow_networks == networks
    assert ServerSettings().allow_private_endpoints
    monkeypatch.setenv("TENSORBAY_ALLOW_NETWORKS", '["10.1.2.3/16"]')
    with pytest.raises(ValidationError, match=r"(?i)network"):
        ServerSettings()


@pytest.mark.parametrize("options", [{"url_lifetime": 0}, {"body_limit": -1}, {"url_lifetime": 8 * 86400}])
def test_limits(options: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ServerSettings(**options)  # type: ignore[arg-type]


def test_allowed_folders(tmp_path: Path) -> None:
    allowed, other = tmp_path / "data", tmp_path / "data2"
    allowed.mkdir()
    other.mkdir()
    (allowed / "link").symlink_to(other)
    (other / "link").symlink_to(allowed)
    settings = ServerSettings(allow_folders=(allowed,))
    assert settings.allows_folder(allowed)
    assert settings.allows_folder(allowed / "a" / "b")
    assert settings.allows_folder(other / "link")
    for refused in (tmp_path, other, allowed / ".." / "data2", allowed / "link"):
        assert not settings.allows_folder(refused)
    assert not ServerSettings().allows_folder(allowed)
    assert ServerSettings(embedded=True).allows_folder(allowed)


def test_the_home_and_what_is_around_it_are_never_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "home")
    settings = ServerSettings(home=tmp_path / "home", allow_folders=(tmp_path, Path("/")))
    for folder in (tmp_path / "home", tmp_path / "home/objects", tmp_path, Path("/"), tmp_path / "link"):
        assert not settings.allows_folder(folder)
    assert settings.allows_folder(tmp_path / "pictures")
