from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest
from moto.server import ThreadedMotoServer

from tensorbay import AsyncGAS
from tensorbay.exception import StorageAccessError
from tensorbay.server import ServerSettings, create_key
from tensorbay.server.storages import Access, Storages
from tensorbay.server.vending import lend
from tensorbay.storage import AccessKey, AssumeRole, S3Options
from tensorbay.wire import V2
from tests.server.routes.scenes import local_config, make_files
from tests.server.running import Api, embedded_api, running_server, served_api
from tests.servers import free_ports

KEY = AccessKey(key_id="AKIAPLANTED", secret="planted-secret")


@pytest.fixture(scope="module")
def role() -> Iterator[S3Options]:
    """A bucket that is opened with a role."""
    (port,) = free_ports(1)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    arn, sts = "arn:aws:iam::123456789012:role/reader", f"http://127.0.0.1:{port}"
    credentials = AssumeRole(role_arn=arn, source=KEY, sts_endpoint=sts)
    yield S3Options(endpoint="https://s3.eu-west-1.amazonaws.com", bucket="photos", credentials=credentials)
    server.stop()


async def ask(api: Api, name: str = "b", **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await api.call("POST", f"storage-configs/{name}/credentials", root=V2, json=body)
    return answer


async def test_a_role_is_lent_for_its_path(
    embedded: Api, role: S3Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await local_config(embedded, "b", await make_files(tmp_path / "b", "data/1"), "data")
    monkeypatch.setattr(Storages, "access", AsyncMock(return_value=Access(role, "data")))
    answer = await ask(embedded)
    lent = answer["credentials"]
    assert (lent["bucketName"], lent["prefix"], lent["endpoint"]) == ("photos", "data", role.endpoint)
    assert lent["sessionToken"]
    assert time.time() < lent["expireAt"] < time.time() + 3700
    assert KEY.secret not in str(answer)
    assert KEY.key_id not in str(answer)

    answer = await ask(embedded, write=True)
    assert answer["credentials"] is None
    assert "to read only" in answer["reason"]


async def test_a_client_gets_a_key_for_its_tools(
    role: S3Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = await make_files(tmp_path / "b", "data/1")
    async with AsyncGAS(url=(tmp_path / "home").as_uri()) as gas:
        client = await gas.create_local_storage_config("a b", "data", folder.as_uri())
        with pytest.raises(StorageAccessError, match="Only the credentials of a role"):
            await client.get_credentials()
        monkeypatch.setattr(Storages, "access", AsyncMock(return_value=Access(role, "data")))
        lent = await client.get_credentials()
    assert (lent.bucket_name, lent.prefix) == ("photos", "data")
    assert lent.session_token
    assert lent.session_token not in repr(lent)
    assert lent.secret_access_key not in repr(lent)


async def test_the_server_asks_no_sts_that_it_may_not_open(home: Path, role: S3Options) -> None:
    assert isinstance(role.credentials, AssumeRole)
    server = str(role.credentials.sts_endpoint)
    key = {"type": "accessKey", "keyId": KEY.key_id, "secret": KEY.secret}
    given = {"type": "assumeRole", "roleArn": role.credentials.role_arn, "source": key, "stsEndpoint": server}
    place = {"type": "s3", "name": "b", "filePath": "data", "bucketName": "photos", "endpoint": server}
    async with httpx.AsyncClient() as client:
        assert (await client.put(f"{server}/photos")).is_success
    async with embedded_api(home) as api:
        await api.call("POST", "storage-configs", root=V2, json={**place, "credentials": given})
    token = await create_key(ServerSettings(home=home), "maria")
    with running_server(ServerSettings(home=home)) as url:
        async with served_api(url, token) as api:
            answer = await ask(api)
            assert answer["credentials"] is None
            assert "not at a public address" in answer["reason"]
    with running_server(ServerSettings(home=home, allow_networks=(ip_network("127.0.0.1"),))) as url:
        async with served_api(url, token) as api:
            assert (await ask(api))["credentials"]["prefix"] == "data"


async def test_what_is_not_lent_has_a_reason(api: Api, tmp_path: Path) -> None:
    await local_config(api, "b", await make_files(tmp_path / "b", "1"))
    answer = await ask(api)
    assert answer["credentials"] is None
    assert "Only the credentials of a role" in answer["reason"]
    refused = await api.refusal("POST", "storage-configs/none/credentials", root=V2, json={})
    assert refused[:2] == (404, "ResourceNotExist")


async def test_the_operator_decides(role: S3Options, tmp_path: Path) -> None:
    def settings(allowed: Any) -> ServerSettings:
        return ServerSettings(home=tmp_path, vend_credentials=allowed)

    assert "operator" in str(await lend(Access(role, "data"), settings("no"), write=False))
    assert not isinstance(await lend(Access(role, "data"), settings("write"), write=True), str)
    # An access key is never lent, whatever AWS would make of it.
    plain = S3Options(endpoint=role.endpoint, bucket="photos", credentials=KEY)
    assert "Only the credentials of a role" in str(await lend(Access(plain, "data"), settings("write"), write=False))
