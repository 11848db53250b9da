"""Fixtures for the whole tree: a clean environment, a loop that must not be blocked, real servers."""

from __future__ import annotations

import inspect
import os
import signal
from typing import TYPE_CHECKING

import httpx
import pytest
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

from tests.clouds import AzureServer, GcsServer, azurite, fake_gcs, install_azurite, moto_sts
from tests.servers import S3Server, seaweedfs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.local_storage.running import RunningService

# No test fails because the machine is busy. CI tries the same examples each time, a developer's runs others.
settings.register_profile(
    "tests", derandomize="CI" in os.environ, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")
# Of those that name no timeout: 5 seconds are few where everybody waits for the same disk.
httpx._config.DEFAULT_TIMEOUT_CONFIG.read = 60

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what it runs in the background, and children inherit it: Ctrl-C could not be tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in os.environ:
        if name.startswith(("TENSORBAY_", "AWS_", "AZURE_", "GOOGLE_", "GCE_", "IDENTITY_")) or name.lower().endswith(
            "_proxy"
        ):
            monkeypatch.delenv(name)
    # No machine that tests run on has an identity at a cloud, and no test asks for one outside of it.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("TENSORBAY_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(autouse=True)
def _no_blocking_call(request: pytest.FixtureRequest) -> Iterator[None]:
    """A blocking call that our code makes, itself or through a library, on a running event loop is an error."""
    if not inspect.iscoroutinefunction(getattr(request, "function", None)):
        yield
        return
    with blockbuster_ctx("tensorbay") as detector:
        # The one exception: the sync facade waits for its loop thread, also when its caller runs a loop.
        detector.functions["threading.Lock.acquire"].can_block_in("tensorbay/client/_portal.py", "run")
        yield


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture
def s3_bucket(s3_server: S3Server) -> str:
    return s3_server.make_bucket()


@pytest.fixture(scope="session")
def service_process() -> Iterator[RunningService]:
    """A local storage service, to be given a folder."""
    from tests.local_storage.running import running_service

    with running_service() as service:
        yield service


@pytest.fixture(scope="session")
def azurite_program(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    return install_azurite(request.config.cache.mkdir("azurite"))


@pytest.fixture(scope="session")
def azure_server(azurite_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureServer]:
    with azurite(tmp_path_factory.mktemp("azurite"), azurite_program) as server:
        yield server


@pytest.fixture(scope="session")
def gcs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcsServer]:
    with fake_gcs(tmp_path_factory.mktemp("gcs")) as server:
        yield server


@pytest.fixture(scope="session")
def sts_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto_sts(tmp_path_factory.mktemp("moto")) as endpoint:
        yield endpoint
