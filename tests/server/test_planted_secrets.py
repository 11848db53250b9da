"""Secrets of every kind of credentials, planted in requests that fail in every way, and looked for everywhere."""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from cryptography.fernet import Fernet

from tensorbay.exception import ResponseError
from tensorbay.server import ServerSettings, create_key
from tensorbay.server.config_options import parse, secrets_of, shown_options
from tensorbay.server.services import Services
from tensorbay.wire import V1, V2, StorageConfigPatch
from tests.clouds import AzureServer, GcsServer
from tests.gcs_gateway import Account
from tests.reports import told
from tests.server.index.datasets import Work, make
from tests.server.running import Api, embedded_api, running_server, served_api
from tests.servers import S3Server

SECRET = "planted-secret-42"
FOREIGN_KEY_FILE = Account().key_file
KEY_FILE = json.dumps({"client_email": "a@b", "private_key": SECRET})
AWS: list[dict[str, Any]] = [
    {"type": "accessKey", "keyId": "i", "secret": SECRET},
    {"type": "accessKey", "keyId": "i", "secret": SECRET, "token": SECRET},
    {
        "type": "assumeRole",
        "roleArn": "arn:aws:iam::123456789012:role/r",
        "source": {"type": "accessKey", "keyId": "i", "secret": SECRET},
        "stsEndpoint": "http://127.0.0.1:9",
    },
]
AZURE: list[dict[str, Any]] = [{"type": "accountKey", "key": SECRET}, {"type": "sasToken", "token": f"sig={SECRET}"}]
GOOGLE: list[dict[str, Any]] = [{"type": "serviceAccount", "key": KEY_FILE}]
BODIES: list[dict[str, Any]] = [
    *({"type": "s3", "bucketName": "bucket", "credentials": one} for one in AWS),
    {"type": "oss", "bucketName": "bucket", "credentials": AWS[1]},
    *({"type": "azure", "accountName": "acc", "containerName": "c", "credentials": one} for one in AZURE),
    *({"type": "gcs", "bucketName": "bucket", "credentials": one} for one in GOOGLE),
]
BODIES = [{"name": f"config-{n}", "filePath": "", "endpoint": "http://127.0.0.1:9", **b} for n, b in enumerate(BODIES)]


@dataclass(frozen=True)
class Real:
    """Stores that answer, and refuse: by kind what leads to them."""

    s3: S3Server
    sts: str
    places: dict[str, dict[str, str]]

    def of(self, body: dict[str, Any]) -> dict[str, Any]:
        place = {**body, **self.places[body["type"]]}
        credentials = body["credentials"]
        if credentials["type"] == "assumeRole":
            return {**place, "credentials": {**credentials, "stsEndpoint": self.sts}}
        if credentials["type"] == "accountKey":  # that can be one
            return {**place, "credentials": {**credentials, "key": base64.b64encode(SECRET.encode()).decode()}}
        if credentials["type"] == "serviceAccount":
            return {**place, "credentials": {**credentials, "key": FOREIGN_KEY_FILE}}
        return place


@pytest.fixture
def real(
    s3_server: S3Server, s3_bucket: str, sts_endpoint: str, azure_server: AzureServer, gcs_server: GcsServer
) -> Real:
    bucket = {"endpoint": s3_server.endpoint, "bucketName": s3_bucket}
    azure = {"accountName": azure_server.account, "containerName": azure_server.make_container()}
    gcs = {"endpoint": gcs_server.endpoint, "bucketName": gcs_server.make_bucket()}
    places = {"s3": bucket, "oss": bucket, "azure": {**azure, "endpoint": azure_server.endpoint}, "gcs": gcs}
    return Real(s3_server, sts_endpoint, places)


def broken(body: dict[str, Any], real: Real) -> list[Any]:
    credentials = body["credentials"]
    return [
        body,
        real.of(body),
        {**body, "endpoint": f"http://user:{SECRET}@127.0.0.1"},
        {**body, "name": ""},
        {**body, "type": "nonsense"},
        {**body, "unknown": SECRET},
        {**body, "credentials": {**credentials, "type": "nonsense"}},
        {**body, "credentials": {**credentials, "unknown": SECRET}},
        {**body, "credentials": {name: [value] for name, value in credentials.items()}},
        {**body, "credentials": SECRET},
        [body],
    ]


async def force_failures(api: Api, real: Real, name: str) -> list[str]:
    """What the server answers."""
    calls: list[tuple[str, str, Any]] = []
    for body in BODIES:
        calls += [("POST", f"{V2}storage-configs", document) for document in broken(body, real)]
        for patch in ({"credentials": body["credentials"]}, {"credentials": [SECRET]}, {"endpoint": f"?sig={SECRET}"}):
            calls.append(("PATCH", f"{V2}storage-configs/{name}", patch))
    key = {"accesskeyId": "i", "accesskeySecret": SECRET, "sessionToken": SECRET}
    for kind in ("s3", "oss", "azure"):
        v1 = {"name": "v1", "filePath": "", "endpoint": "http://127.0.0.1:9", "bucketName": "b", **key}
        v1 |= {"containerName": "c", "accountType": "Global"}
        for document in (v1, {**v1, "accesskeySecret": [SECRET]}, {**v1, "endpoint": f"http://x?{SECRET}"}):
            calls.append(("POST", f"{V1}storage-configs/{kind}", document))
    answers = []

    async def call(method: str, path: str, document: Any) -> None:
        answers.append(await api.client.request(method, f"/{path}", json=document, timeout=60))

    async with anyio.create_task_group() as group:
        for one in calls:
            group.start_soon(call, *one)
    broken_off = json.dumps(BODIES[0]).encode()[:-3]
    answers.append(await api.client.post(f"/{V2}storage-configs", content=broken_off))
    assert {answer.status_code for answer in answers} <= {400, 403, 404}
    return [answer.text for answer in answers]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body["credentials"]["type"])
async def test_an_update_that_fails_shows_no_secret(home: Path, body: dict[str, Any]) -> None:
    """Local variables neither: some tools write them into their reports."""
    services = await Services.open(ServerSettings(home=home, embedded=True))
    try:
        team = await services.accounts.ensure_team("default")
        await add(services, team, body)
        patches: list[dict[str, Any]] = [{"filePath": ".."}, {"endpoint": "?"}, {"endpoint": "http://127.0.0.1:10"}]
        patches.append({"credentials": body["credentials"]})
        patches += [{"credentials": one} for one in (AWS[0], AZURE[0], GOOGLE[0])]
        for patch in patches:
            with pytest.raises(ResponseError) as caught:
                await services.registrar.update(team, body["name"], StorageConfigPatch(**patch))
            assert not any(SECRET in text for text in told(caught.value, knowing=__file__))
    finally:
        await services.aclose()


async def test_a_job_that_no_store_answers_shows_no_secret(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    services = await Services.open(ServerSettings(home=home, embedded=True))
    datasets = []
    try:
        team = await services.accounts.ensure_team("default")
        for body in BODIES:
            await add(services, team, body)
            config = (await services.configs.find(team, body["name"])).id
            row = await services.index.datasets.create(team, body["name"], config_id=config)
            work = Work(services.index, row.id)
            draft = await work.draft()
            await work.segment(draft, "train", [make("1", config=config)])
            await work.commit(draft)
            datasets.append(row.id)
    finally:
        await services.aclose()
    async with embedded_api(home) as api:
        for dataset in datasets:
            job = (await api.call("POST", f"datasets/{dataset}/verify", root=V2, json={"commit": "main"}))["jobId"]
            status = "QUEUING"
            with anyio.fail_after(60):
                while status in ("QUEUING", "PROCESSING"):
                    row = await api.call("GET", f"datasets/{dataset}/jobs/{job}", params={"jobType": "verify"})
                    status = row["status"]
            assert status == "FAILED" or "'unreadable': 1" in str(row), row
            assert SECRET not in str(row)
    assert SECRET not in caplog.text
    assert not any(SECRET.encode() in content for content in await anyio.to_thread.run_sync(contents_below, home))


async def add(services: Services, team: str, body: dict[str, Any]) -> None:
    """As if its store had answered."""
    parsed = parse(body)
    secrets = secrets_of(parsed)
    assert secrets is not None
    await services.configs.add(
        team,
        body["name"],
        kind=body["type"],
        file_path="",
        options=shown_options(parsed),
        seal=lambda: services.storages._box.seal(secrets),
    )


def contents_below(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


async def test_no_secret_is_anywhere(
    home: Path, real: Real, s3_bucket: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    s3_server = real.s3
    settings = ServerSettings(home=home, allow_private_endpoints=True)
    with running_server(settings) as url:
        async with served_api(url, await create_key(ServerSettings(home=home), "maria")) as api:
            good = {"type": "accessKey", "keyId": s3_server.access_key_id, "secret": s3_server.access_key_secret}
            place = {"name": "good", "filePath": "", "endpoint": s3_server.endpoint, "bucketName": s3_bucket}
            body = {"type": "s3", **place, "credentials": good}
            await api.call("POST", "storage-configs", root=V2, json=body)
            shown = await force_failures(api, real, "good")
            services = await Services.open(settings)
            try:
                team = await services.accounts.ensure_team("default")
                for one in BODIES:
                    await add(services, team, one)
                configs, _ = await services.configs.list(team)
                shown += [repr(config) for config in configs]
                shown += [repr(await services.storages.body_of(one)) for one in configs if one.secrets]
            finally:
                await services.aclose()
            shown.append((await api.client.get(f"/{V2}storage-configs")).text)
            for one in BODIES:
                path = f"cloud/{one['name']}/files"
                shown.append((await api.client.get(f"/{V1}{path}", params={"prefix": ""})).text)
    # With another key in its place nothing can be opened: that is told, and what was sealed is not shown.
    await anyio.Path(home / "secret.key").write_bytes(Fernet.generate_key())
    with running_server(settings) as url:
        async with served_api(url, await create_key(ServerSettings(home=home), "maria")) as api:
            _, code, message = await api.refusal("GET", "cloud/config-0/files", params={"prefix": ""})
            assert (code, "secret.key" in message) == ("Forbidden", True)
            shown.append(message)
            # The way out: new credentials.
            await api.call("PATCH", "storage-configs/good", root=V2, json={"credentials": good})
            await api.call("GET", "cloud/good/files", params={"prefix": ""})

    captured = capfd.readouterr()
    files = await anyio.to_thread.run_sync(contents_below, home)
    encoded = base64.b64encode(SECRET.encode()).decode()
    private = json.loads(FOREIGN_KEY_FILE)["private_key"].splitlines()[1]
    for secret in (SECRET, encoded, private, s3_server.access_key_secret):
        for text in (*shown, caplog.text, captured.out, captured.err):
            assert secret not in text
        assert not any(secret.encode() in content for content in files)
    assert '"config-0"' in shown[-2 - len(BODIES)]
