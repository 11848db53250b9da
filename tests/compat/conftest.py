from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest
from filelock import FileLock

from tensorbay.server import ServerSettings, create_key, ensure_self_signed, public_key
from tensorbay.wire import AzureConfig
from tests.clouds import AzureServer, let_oss_resolve, proxied
from tests.compat.world import World, fill
from tests.local_storage.running import RunningService
from tests.server.running import running_server
from tests.servers import S3Server

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Site:
    """A server over TLS with a certificate of its own, for all scenarios: each gets a team to itself."""

    def __init__(self, home: Path, folder: Path, url: str, options: dict[str, Any]) -> None:
        self.home = home
        self.folder = folder
        self.url = url
        self.options = options

    @property
    def ca_bundle(self) -> Path:
        return self.home / "tls" / "ca.pem"

    def make_key(self) -> str:
        return anyio.run(create_key, ServerSettings(home=self.home), "tester", f"team {uuid4()}")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder")
    write_fill(folder)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    certificate, key = ensure_self_signed(home, "127.0.0.1")
    settings = ServerSettings(home=home, allow_folders=(folder,), allow_private_endpoints=True)
    # 1.x asks for jobs every five seconds: a server that closes connections after as many would close them on it.
    options: dict[str, Any] = {"ssl_certfile": certificate, "ssl_keyfile": key, "timeout_keep_alive": 75}
    with running_server(settings, **options) as url:
        yield Site(home, folder, url, options)


@pytest.fixture(scope="session")
def hasty_site(site: Site) -> Iterator[Site]:
    """Another server over the same home: its URLs end soon, and forms go straight to the buckets of the tests."""
    settings = ServerSettings(
        home=site.home,
        allow_folders=(site.folder,),
        allow_private_endpoints=True,
        url_lifetime=2,
        form_hosts=("127.0.0.1",),
    )
    with running_server(settings, **site.options) as url:
        yield Site(site.home, site.folder, url, site.options)


@pytest.fixture(scope="session")
def python_of_1x(request: pytest.FixtureRequest) -> str:
    """An interpreter with tensorbay 1.24.2 from PyPI: `COMPAT_PYTHON`, else one that is made and kept in the cache."""
    if given := os.environ.get("COMPAT_PYTHON"):
        return given
    assert request.config.cache is not None
    home = request.config.cache.mkdir(f"tensorbay-1.24.2-python-{sys.version_info[0]}.{sys.version_info[1]}")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = home / "complete"
    with FileLock(f"{home}.lock"):  # against another worker
        if not done.exists():
            venv.create(home, clear=True, with_pip=True)
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", str(HERE / "dependencies.txt")], check=True)
            subprocess.run([*pip, "--no-deps", "-r", str(HERE / "requirements.txt")], check=True)
            done.touch()
    return str(python)


class Worker:
    """The scenarios in another interpreter."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.ran: set[str] = set()

    def run(self, scenario: str, world: World) -> str | None:
        """The traceback of a failure."""
        self.ran.add(scenario)
        answer: str | None = self._ask({"scenario": scenario, "world": vars(world)})
        return answer

    def uncalled(self) -> list[str]:
        """The public methods of its clients that no scenario has called so far."""
        answer: list[str] = self._ask(None)
        return answer

    def _ask(self, order: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="session")
def client_1x(python_of_1x: str, site: Site, hasty_site: Site, s3_server: S3Server) -> Iterator[Worker]:
    """Ends before the sites do: a server waits half a minute for idle connections over TLS to be closed."""
    environment = {
        **os.environ,
        **proxied(s3_server),
        "REQUESTS_CA_BUNDLE": str(site.ca_bundle),
        "PYTHONPATH": str(ROOT),
    }
    version = [python_of_1x, "-c", "import tensorbay; print(tensorbay.__version__)"]
    assert subprocess.run(version, env=environment, check=True, capture_output=True, text=True).stdout == "1.24.2\n"
    process = subprocess.Popen(
        [python_of_1x, "-m", "tests.compat.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    with process:
        yield Worker(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def store(request: pytest.FixtureRequest, scenario: str) -> dict[str, Any]:
    """The store, of scenarios that are about one."""
    return make_store(request, scenario)


@pytest.fixture
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, Path], str]:
    """The URL of a local storage service that trusts the server of a home, for scenarios that are about one."""

    def serve(scenario: str, home: Path) -> str:
        if not scenario.startswith("service."):
            return ""
        root = tmp_path / "disks"
        write_fill(root)
        process: RunningService = request.getfixturevalue("service_process")
        process.serve(root, public_key=anyio.run(public_key, ServerSettings(home=home)))
        return process.url

    return serve


def write_fill(folder: Path) -> None:
    for name, content in fill().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def make_store(request: pytest.FixtureRequest, scenario: str) -> dict[str, Any]:
    """A store that is filled, as the keyword arguments of `create_..._storage_config`."""
    if scenario == "clouds.azure":
        return _make_container(request)
    if scenario == "clouds.oss":
        server: S3Server = request.getfixturevalue("s3_server")
        let_oss_resolve(server, request.getfixturevalue("monkeypatch"))
        return {**_make_bucket(request), "endpoint": server.oss_endpoint}
    return _make_bucket(request) if scenario.startswith("bucket.") else {}


def _make_bucket(request: pytest.FixtureRequest) -> dict[str, Any]:
    server: S3Server = request.getfixturevalue("s3_server")
    bucket = server.make_bucket()
    for name, content in fill().items():
        server.client.put_object(Bucket=bucket, Key=name, Body=content)
    return {
        "endpoint": server.endpoint,
        "accesskey_id": server.access_key_id,
        "accesskey_secret": server.access_key_secret,
        "bucket_name": bucket,
    }


def _make_container(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Clients of 1.x name no endpoint: the server is told that Azure's global cloud is here."""
    server: AzureServer = request.getfixturevalue("azure_server")
    request.getfixturevalue("monkeypatch").setattr(AzureConfig, "url", server.endpoint)
    container = server.make_container()
    for name, content in fill().items():
        server.put(container, name, content)
    return {
        "account_type": "Global",
        "account_name": server.account,
        "account_key": server.key,
        "container_name": container,
    }
