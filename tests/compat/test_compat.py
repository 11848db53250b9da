"""Every scenario by the client of 1.x, unmodified, and by ours: against a server over TLS, and embedded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.compat.conftest import Site, Worker, make_store
from tests.compat.worker import scenario as function
from tests.compat.worker import scenarios
from tests.compat.world import World

Service = Callable[[str, Path], str]

every_scenario = pytest.mark.parametrize("scenario", scenarios())


@every_scenario
def test_the_1x_client(
    client_1x: Worker, site: Site, tmp_path: Path, store: dict[str, Any], service: Service, scenario: str
) -> None:
    url = service(scenario, site.home)
    world = World(site.make_key(), site.url, str(site.folder), str(tmp_path), store, url)
    failure = client_1x.run(scenario, world)
    assert failure is None, failure


@pytest.mark.parametrize("scenario", ["bucket.import_and_upload", "calls.expired_urls"])
def test_the_1x_client_with_other_settings(
    client_1x: Worker, hasty_site: Site, tmp_path: Path, store: dict[str, Any], scenario: str
) -> None:
    world = World(hasty_site.make_key(), hasty_site.url, str(hasty_site.folder), str(tmp_path), store)
    failure = client_1x.run(scenario, world)
    assert failure is None, failure


@pytest.mark.timeout(400)  # alone it runs everything
def test_no_method_of_the_1x_client_is_left_out(
    client_1x: Worker, site: Site, tmp_path: Path, service: Service, request: pytest.FixtureRequest
) -> None:
    for scenario in scenarios():
        if scenario not in client_1x.ran:  # this test runs alone
            store = make_store(request, scenario)
            scratch = tmp_path / scenario
            scratch.mkdir()
            url = service(scenario, site.home)
            client_1x.run(scenario, World(site.make_key(), site.url, str(site.folder), str(scratch), store, url))
    assert not client_1x.uncalled()


@every_scenario
def test_our_client_served(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    store: dict[str, Any],
    service: Service,
    scenario: str,
) -> None:
    monkeypatch.setenv("TENSORBAY_CA_BUNDLE", str(site.ca_bundle))
    world = World(site.make_key(), site.url, str(site.folder), str(tmp_path), store, service(scenario, site.home))
    with world.gas:
        function(scenario)(world)


@every_scenario
def test_our_client_embedded(
    folder: Path, tmp_path: Path, store: dict[str, Any], service: Service, scenario: str
) -> None:
    home = tmp_path / "home"
    world = World("", home.as_uri(), str(folder), str(tmp_path), store, service(scenario, home))
    with world.gas:
        function(scenario)(world)
