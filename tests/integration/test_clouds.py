"""Storage of every kind from its config to its bytes, by the clients, against real servers."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import botocore.session
import pytest

from tensorbay import GAS
from tensorbay.client.cloud_storage import CloudClient
from tensorbay.client.dataset import DatasetClient
from tensorbay.credentials import AccessKey, AccountKey, AssumeRole, SasToken, ServiceAccount
from tensorbay.dataset import AuthData, Data, Dataset
from tensorbay.exception import AccessDeniedError, ResponseError, StorageAccessError
from tensorbay.label import SemanticMask
from tensorbay.server import ServerSettings, create_key
from tensorbay.wire import AnyCredentials
from tests.clouds import AzureServer, GcsServer, let_oss_resolve, moto_knows_its_keys
from tests.gcs_gateway import Account
from tests.server.running import running_server
from tests.servers import OSS_DOMAIN, S3Server

ROLE = "arn:aws:iam::123456789012:role/reader"
IMAGES = [f"data/images/{number}.png" for number in range(3)]
COPIED = "elsewhere/copied ä?.png"


@dataclass(frozen=True)
class Cloud:
    """A bucket or container, and what opens it: one key, another, and a wrong one."""

    kind: str
    place: dict[str, Any]
    key: AnyCredentials
    other: AnyCredentials
    wrong: AnyCredentials
    put: Callable[[str, bytes], object]
    urls: str  # how those that it signs begin
    secrets: list[str] = field(repr=False)
    sts: str | None = None

    def create(self, gas: GAS, credentials: AnyCredentials, *, name: str = "cloud") -> CloudClient:
        create = getattr(gas, f"create_{self.kind}_storage_config")
        client: CloudClient = create(name, "data", **self.place, credentials=credentials)
        return client


def azure(server: AzureServer) -> Cloud:
    container = server.make_container()
    return Cloud(
        "azure",
        {"endpoint": server.endpoint, "account_name": server.account, "container_name": container},
        AccountKey(key=server.key),
        AccountKey(key=server.second_key),
        AccountKey(key="d3Jvbmctd3Jvbmc="),
        lambda key, content: server.put(container, key, content),
        f"{server.endpoint}/{container}/",
        [server.key, server.second_key, "d3Jvbmctd3Jvbmc="],
    )


def azure_sas(server: AzureServer) -> Cloud:
    cloud = azure(server)
    container = cloud.place["container_name"]
    given = [
        server.make_sas(container),
        server.make_sas(container, lifetime=7200),
        server.make_sas(container, lifetime=-60),
    ]
    key, other, wrong = (SasToken(token=token) for token in given)
    secrets = [parse_qs(token)["sig"][0] for token in given]
    return Cloud("azure", cloud.place, key, other, wrong, cloud.put, cloud.urls, secrets)


def gcs(server: GcsServer, *, versioned: bool = False) -> Cloud:
    bucket = server.make_bucket(versioned=versioned)
    files = [server.account.key_file, server.account.second_key_file, Account().key_file]
    key, other, wrong = (ServiceAccount(key=text) for text in files)
    return Cloud(
        "gcs",
        {"endpoint": server.endpoint, "bucket_name": bucket},
        key,
        other,
        wrong,
        lambda key, content: server.put(bucket, key, content),
        f"{server.endpoint}/{bucket}/",
        [json.loads(text)["private_key"].splitlines()[1] for text in files],
    )


def role(endpoint: str) -> Cloud:
    """A bucket of moto, whose STS and S3 know each other."""

    def source(name: str) -> AssumeRole:
        key = AccessKey(key_id=f"AKIA{name}", secret=f"secret-of-{name}")
        return AssumeRole(role_arn=ROLE, source=key, sts_endpoint=endpoint)

    session = botocore.session.get_session()
    client = session.create_client(
        "s3", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="x"
    )
    client.create_bucket(Bucket="bucket")
    return Cloud(
        "s3",
        {"endpoint": endpoint, "bucket_name": "bucket"},
        source("first"),
        source("second"),
        source("wrong"),
        lambda key, content: client.put_object(Bucket="bucket", Key=key, Body=content),
        f"{endpoint}/bucket/",
        [f"secret-of-{name}" for name in ("first", "second", "wrong")],
        sts=endpoint,
    )


def oss(server: S3Server) -> Cloud:
    bucket = server.make_bucket()
    host = f"{OSS_DOMAIN}:{urlsplit(server.endpoint).port}"
    return Cloud(
        "oss",
        {"endpoint": f"http://{host}", "bucket_name": bucket},
        AccessKey(key_id=server.access_key_id, secret=server.access_key_secret),
        AccessKey(key_id=server.second_key_id, secret=server.second_key_secret),
        AccessKey(key_id=server.access_key_id, secret="wrong-secret"),
        lambda key, content: server.client.put_object(Bucket=bucket, Key=key, Body=content),
        f"http://{bucket}.{host}/",
        [server.access_key_secret, server.second_key_secret, "wrong-secret"],
    )


MAKERS: dict[str, tuple[Callable[..., Cloud], str]] = {
    "azure": (azure, "azure_server"),
    "azure-sas": (azure_sas, "azure_server"),
    "gcs": (gcs, "gcs_server"),
    "role": (role, "sts_endpoint"),
    "oss": (oss, "s3_server"),
}


@pytest.fixture(params=MAKERS)
def cloud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    make, fixture = MAKERS[request.param]
    if make is oss:
        let_oss_resolve(request.getfixturevalue(fixture), monkeypatch)
    return make(request.getfixturevalue(fixture))


@dataclass(frozen=True)
class Site:
    """Where the index is, and clients that know nothing of each other."""

    home: Path
    url: str
    access_key: str
    is_served: bool

    def open(self) -> GAS:
        return GAS(self.access_key, self.url)


@pytest.fixture(params=["embedded", "served"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("index")
    if request.param == "embedded":
        yield Site(home, home.as_uri(), "", False)
        return
    with running_server(ServerSettings(home=home, allow_private_endpoints=True)) as url:
        yield Site(home, url, asyncio.run(create_key(ServerSettings(home=home), "maria")), True)


def fill(gas: GAS, client: CloudClient, folder: Path) -> DatasetClient:
    """A dataset with files in place, a copied one, an uploaded one and its mask."""
    for name in ("local.png", "mask.png"):
        (folder / name).write_bytes(name.encode())
    gas.create_dataset("D", config_name="cloud")
    dataset = Dataset("D")
    segment = dataset.create_segment("train")
    segment.extend(client.list_auth_data("data/images/"))
    segment.extend(client.list_auth_data("elsewhere/"))
    data = Data(folder / "local.png")
    data.label.semantic_mask = SemanticMask(folder / "mask.png")
    segment.append(data)
    dataset_client = gas.upload_dataset(dataset, quiet=True)
    dataset_client.commit("first")
    return dataset_client


def read(site: Site) -> dict[str, bytes]:
    """By a client that has the dataset's name only."""
    with site.open() as gas:
        (segment,) = [gas.get_dataset("D").get_segment("train")]
        found = {data.path: data.open().read() for data in segment.list_data()}
        mask = next(data for data in segment.list_data() if data.path == "local.png").label.semantic_mask
        return {**found, "mask": mask.open().read()}


def test_from_a_config_to_its_bytes(
    cloud: Cloud, site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for key in (*IMAGES, COPIED):
        cloud.put(key, key.encode())
    with site.open() as gas:
        client = cloud.create(gas, cloud.key)
        assert [data.path for data in client.list_auth_data("data/images/")] == IMAGES
        config = gas.get_auth_storage_config("cloud")
        assert (config.type, config.file_path, config.is_graviti_storage) == (cloud.kind, "data", False)
        shown = [repr(config)]

        dataset_client = fill(gas, client, tmp_path)
        contents = {path.rpartition("/")[2]: path.encode() for path in IMAGES}
        contents |= {"copied ä?.png": COPIED.encode(), "local.png": b"local.png", "mask": b"mask.png"}
        assert read(site) == contents
        shown += [url for url in _urls(dataset_client) if not _is_shown(cloud, site)]
        is_by_server = site.is_served and isinstance(cloud.key, SasToken)
        start = f"{site.url}objects/" if is_by_server else cloud.urls
        assert all(url.startswith(start) for url in _urls(dataset_client))

        diagnosis = gas.check_storage_config("cloud")
        assert (diagnosis.ok, diagnosis.can_write, diagnosis.can_copy) == (True, True, True), str(diagnosis)
        assert diagnosis.can_sign == (not is_by_server), str(diagnosis)
        shown.append(str(diagnosis))

        # Somebody writes to the store; the index knows.
        assert dataset_client.verify().is_intact
        cloud.put(IMAGES[0], IMAGES[1].encode())
        cloud.put(COPIED, b"")
        report = dataset_client.verify()
        assert (report.unchanged, report.changed, [one.path for one in report.drifts]) == (5, 1, ["0.png"])

        assert gas.update_storage_config("cloud", credentials=cloud.other) == gas.get_auth_storage_config("cloud")
        contents["0.png"] = IMAGES[1].encode()
        assert read(site) == contents
        shown += [_refused(cloud, gas)]
        with pytest.raises(AccessDeniedError), _sts_looks(cloud):
            gas.update_storage_config("cloud", credentials=cloud.wrong)
        assert read(site) == contents
        assert [one.name for one in gas.list_auth_storage_configs()] == ["cloud", "managed"]
    captured = capfd.readouterr()
    files = b"".join(path.read_bytes() for path in site.home.rglob("*") if path.is_file())
    for secret in (form for plain in cloud.secrets for form in (plain, quote(plain, safe=""))):
        assert not [text for text in (*shown, caplog.text, captured.out, captured.err) if secret in text]
        assert secret.encode() not in files


@pytest.mark.parametrize("kind", ["gcs", "gcs-through-server", "oss"])
def test_what_was_indexed_is_read_after_it_was_overwritten(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    """Where the store keeps versions, and told which one it was: listings do not, a look at the single file does."""
    if kind == "gcs-through-server":
        # As it passes on what lies behind a SAS; Azurite keeps no versions.
        monkeypatch.setattr("tensorbay.server.storages._is_by_sas", lambda _: True)
    if kind.startswith("gcs"):
        cloud = gcs(request.getfixturevalue("gcs_server"), versioned=True)
    else:
        server: S3Server = request.getfixturevalue("s3_server")
        let_oss_resolve(server, monkeypatch)
        cloud = oss(server)
        versioning = {"Status": "Enabled"}
        server.client.put_bucket_versioning(Bucket=cloud.place["bucket_name"], VersioningConfiguration=versioning)
    for key in IMAGES[:2]:
        cloud.put(key, b"first")
    with site.open() as gas:
        listed = cloud.create(gas, cloud.key).list_auth_data(IMAGES[1])
        client = gas.create_dataset("D", config_name="cloud")
        client.create_draft("versions")
        segment = client.create_segment("train")
        segment.import_auth_data(AuthData(IMAGES[0]))
        segment.import_auth_data(listed[0])
        client.commit("first")
        assert client.verify().is_intact
        for key in IMAGES[:2]:
            cloud.put(key, b"second")
    with site.open() as gas:
        client = gas.get_dataset("D")
        assert [data.open().read() for data in client.get_segment("train").list_data()] == [b"first", b"second"]
        report = client.verify()
        assert (report.unchanged, report.changed) == (0, 2)
        kept, lost = report.drifts
        assert (kept.size, kept.size_now, lost.version) == (5, 6, None)
        assert kept.version
        assert f"the indexed version {kept.version} is kept, and read" in str(report)
        is_by_server = [url.startswith(f"{site.url}objects/") for url in _urls(client)]
        assert is_by_server == [kind == "gcs-through-server" and site.is_served] * 2


def test_a_sas_that_may_only_read_says_what_it_lacks(azure_server: AzureServer, site: Site, tmp_path: Path) -> None:
    cloud = azure_sas(azure_server)
    cloud.put(IMAGES[0], b"image")
    reading = SasToken(token=azure_server.make_sas(cloud.place["container_name"], rights="rl"))
    (tmp_path / "local.png").write_bytes(b"local")
    with site.open() as gas:
        client = cloud.create(gas, reading)
        diagnosis = gas.check_storage_config("cloud")
        assert (diagnosis.ok, diagnosis.can_write, diagnosis.can_copy) == (True, False, False)
        assert diagnosis["put"].is_failed
        assert diagnosis["put"].permission == 'role Storage Blob Data Contributor, or "cw" in the SAS'
        assert parse_qs(reading.token)["sig"][0] not in str(diagnosis)
        gas.create_dataset("D", config_name="cloud")
        dataset = Dataset("D")
        dataset.create_segment("train").extend(client.list_auth_data("data/"))
        dataset_client = gas.upload_dataset(dataset, quiet=True)
        dataset_client.commit("in place")
        assert dataset_client.get_segment("train").list_data()[0].open().read() == b"image"
        dataset_client.create_draft("more")
        with pytest.raises((StorageAccessError, ResponseError), match="refuse") as caught:
            dataset_client.get_segment("train").upload_file(str(tmp_path / "local.png"))
        assert parse_qs(reading.token)["sig"][0] not in str(caught.value)


def _urls(client: DatasetClient) -> list[str]:
    return list(client.get_segment("train").list_urls())


def _is_shown(cloud: Cloud, site: Site) -> bool:
    """Its owner sees the SAS."""
    return isinstance(cloud.key, SasToken) and not site.is_served


def _sts_looks(cloud: Cloud) -> AbstractContextManager[None]:
    return nullcontext() if cloud.sts is None else moto_knows_its_keys(cloud.sts)


def _refused(cloud: Cloud, gas: GAS) -> str:
    with pytest.raises(AccessDeniedError) as caught, _sts_looks(cloud):
        cloud.create(gas, cloud.wrong, name="wrong")
    assert len(str(caught.value)) > 60  # in words
    return str(caught.value)
