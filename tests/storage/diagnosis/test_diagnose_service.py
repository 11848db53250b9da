"""Local storage services with one fault each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from anyio.to_thread import run_sync

from tensorbay._util.self_signed import ensure_self_signed
from tensorbay.local_storage import TokenSigner
from tensorbay.storage import Diagnosis, Grant, ServiceOptions, diagnose
from tests.local_storage.running import TEAM, RunningService, running_service
from tests.servers import free_ports
from tests.storage.filling import write_all


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_all(tmp_path / "root", ["data/1.png"])
    return tmp_path / "root"


@pytest.fixture
def service(service_process: RunningService, root: Path) -> Iterator[RunningService]:
    service_process.serve(root)
    yield service_process
    # Nothing is left, whatever failed.
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["1.png"]


def fault(diagnosis: Diagnosis) -> tuple[str, str, str]:
    """The one step that failed, its words and advice."""
    (step,) = [step for step in diagnosis.steps if step.status == "failed"]
    assert not diagnosis
    return step.name, step.words, step.advice


async def test_everything_works(service: RunningService) -> None:
    diagnosis = await diagnose(service.options(), path="data")
    found = {step.name: (step.status, step.words) for step in diagnosis.steps if step.status != "ok"}
    assert found == {
        "tls": ("skipped", "the endpoint is http://: what is read and written can be seen on the way"),
        "region": ("skipped", "a folder has none"),
        "versioning": ("skipped", "a folder has none"),
    }
    assert (diagnosis.can_read, diagnosis.can_write, diagnosis.can_copy, diagnosis.can_sign) == (True,) * 4
    assert (diagnosis.policy, diagnosis["list"].words) == (None, "1 object")
    assert diagnosis.storage == f"Local storage service at {service.url}, below data"


async def test_an_authority_of_its_own(root: Path, tmp_path: Path) -> None:
    certificate, key = await run_sync(ensure_self_signed, tmp_path, "127.0.0.1")
    with running_service(ssl_certfile=certificate, ssl_keyfile=key) as service:
        service.serve(root)
        diagnosis = await diagnose(service.options(ca_bundle=tmp_path / "tls/ca.pem"))
        assert {step.status for step in diagnosis.steps if step.name not in ("region", "versioning")} == {"ok"}
        assert diagnosis["sign"].words == "fetched without credentials"
        name, words, advice = fault(await diagnose(service.options()))
    assert name == "tls"
    assert "certificate of 127.0.0.1 is refused" in words
    assert "TENSORBAY_CA_BUNDLE" in advice


async def test_a_service_that_is_stopped() -> None:
    (port,) = free_ports(1)
    options = ServiceOptions(endpoint=f"http://127.0.0.1:{port}", token=lambda _: "token")
    name, words, advice = fault(await diagnose(options))
    assert (name, words) == ("tcp", f"Nothing listens at 127.0.0.1:{port}: the connection was refused.")
    assert "gas storage serve --root" in advice


async def test_a_service_that_trusts_somebody_else(service: RunningService, root: Path) -> None:
    service.serve(root, public_key=TokenSigner(b"o" * 32).public_key)
    name, words, advice = fault(await diagnose(service.options()))
    assert name == "authentication"
    assert "not signed by the server that this service trusts" in words
    assert "gas server public-key" in advice

    service.serve(root, endpoints=("http://nas:9000",))
    name, words, advice = fault(await diagnose(service.options()))
    assert (name, "this one is http://nas:9000" in words, "--endpoint" in advice) == ("authentication", True, True)

    service.serve(root, teams=frozenset({"another"}))
    name, words, advice = fault(await diagnose(service.options()))
    assert (name, "not for the team" in words, "--team" in advice) == ("authentication", True, True)


async def test_clocks_that_differ(service: RunningService) -> None:
    """As the service sees tokens of a server whose clock is ten minutes behind."""
    options = service.options()

    def late(grant: Grant) -> str:
        return service.signer.sign(replace(grant, expires=grant.expires - 600), audience=service.url, team=TEAM)

    name, words, advice = fault(await diagnose(replace(options, token=late)))
    assert (name, "has expired" in words, "clocks" in advice) == ("authentication", True, True)


async def test_a_folder_that_is_gone_or_not_the_services(service: RunningService, root: Path) -> None:
    assert await diagnose(service.options())
    await run_sync(root.rename, root.with_name("moved"))
    name, words, advice = fault(await diagnose(service.options()))
    assert (name, "'--root' does not exist" in words, "Mount the disk" in advice) == ("list", True, True)
    await run_sync(root.with_name("moved").rename, root)


async def test_a_disk_that_is_full(service: RunningService, root: Path) -> None:
    service.serve(root, reserve=1 << 60)
    diagnosis = await diagnose(service.options(), path="data")
    assert (diagnosis.can_read, diagnosis.can_write) == (True, False)
    assert "disk is full" in diagnosis["put"].words
    assert "--reserve" in diagnosis["put"].words
