"""Containers: addresses, keys and signatures, the identity of the machine, the environment, errors."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.exception import (
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage import AccountKey, AzureOptions, ManagedIdentity, SasToken, open_store
from tests.clouds import AzureServer
from tests.servers import free_ports
from tests.storage.filling import keys_of


async def test_a_wrong_key_is_refused(azure_options: AzureOptions) -> None:
    store = open_store(replace(azure_options, credentials=AccountKey(key="d3Jvbmc=")))
    with pytest.raises(StorageAccessError, match=r"AuthorizationFailure, HTTP 403\) Is it this account's key"):
        await store.check()
    with pytest.raises(StorageAccessError, match="'key'"):
        await store.put("key", b"")


async def test_a_missing_container_is_named(azure_options: AzureOptions) -> None:
    store = open_store(replace(azure_options, container="no-such"))
    with pytest.raises(StorageNotFoundError, match="There is no container 'no-such' at http://127"):
        await store.check()
    with pytest.raises(StorageNotFoundError, match="There is no container"):
        await store.put("key", b"")
    with pytest.raises((StorageNotFoundError, ObjectNotFoundError), match="no-such"):
        await store.get("key")


async def test_where_nothing_listens(azure_options: AzureOptions) -> None:
    [port] = free_ports(1)
    store = open_store(replace(azure_options, endpoint=f"http://127.0.0.1:{port}"))
    with pytest.raises(StorageUnreachableError, match=f"127.0.0.1:{port} does not answer: Connection refused"):
        await store.check()


async def test_a_sas_reads_and_writes_and_signs_nothing(azure_server: AzureServer, azure_options: AzureOptions) -> None:
    token = azure_server.make_sas(azure_options.container)
    store = open_store(replace(azure_options, credentials=SasToken(token=f"?{token}")))
    await store.check()
    await store.put("ä b", b"x" * 20_000_000)
    await store.copy("ä b", "copy")
    assert await keys_of(store) == ["copy", "ä b"]
    assert await store.get("copy", end=3) == b"xxx"
    with pytest.raises(StorageError, match="A SAS cannot sign URLs"):
        await store.sign(["copy"])
    await store.delete(["copy"])
    await store.aclose()
    assert token not in repr(store) + str(vars(store))


async def test_a_sas_is_in_the_urls_where_it_is_shown(azure_server: AzureServer, azure_options: AzureOptions) -> None:
    token = azure_server.make_sas(azure_options.container, lifetime=600)
    store = open_store(replace(azure_options, credentials=SasToken(token=token, is_shown=True)))
    urls = await store.sign(["ä ?b"], method="PUT")
    async with httpx.AsyncClient() as client:
        assert (await client.put(urls[0], content=b"x", headers=urls.headers)).status_code == 201
        assert (await client.get((await store.sign(["ä ?b"]))[0])).content == b"x"
    assert time.time() + 500 < urls.expire_at <= time.time() + 600  # with the SAS, not when it was asked for
    assert time.time() + 50 < (await store.sign(["key"], expires=60)).expire_at <= time.time() + 60
    [url] = await store.sign(["key"], versions=["2026-01-01T00:00:00.0000000Z"])  # Azurite keeps none
    assert parse_qsl(urlsplit(url).query)[0] == ("versionid", "2026-01-01T00:00:00.0000000Z")


@pytest.mark.parametrize(("rights", "lifetime"), [("w", 3600.0), ("rl", -60.0)])
async def test_a_sas_that_is_not_enough(
    azure_server: AzureServer, azure_options: AzureOptions, rights: str, lifetime: float
) -> None:
    token = azure_server.make_sas(azure_options.container, rights=rights, lifetime=lifetime)
    store = open_store(replace(azure_options, credentials=SasToken(token=token)))
    with pytest.raises(StorageAccessError, match=r"HTTP 403\) (Is it|The identity or SAS)") as caught:
        await store.check()
    assert dict(parse_qsl(token))["sig"] not in str(caught.value)


async def test_the_last_day_of_a_sas_is_that_of_azure(
    azure_options: AzureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = datetime.now(timezone.utc).date() + timedelta(days=1)
    shown = SasToken(token=f"se={day}&sig=x", is_shown=True)
    store = open_store(replace(azure_options, credentials=shown))
    monkeypatch.setenv("TZ", "XYZ-9")
    time.tzset()
    try:
        urls = await store.sign(["key"], expires=7 * 86400)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert urls.expire_at == datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "https://account.blob.core.windows.net/container"}, "the container is given apart"),
        ({"endpoint": "https://account.blob.core.windows.net?sig=hidden"}, "credentials are given apart"),
        ({"endpoint": "ftp://account"}, "not http or https"),
        ({"account": "Bad_Account"}, "no name of a storage account"),
        ({"container": "a/b"}, "no name of a container"),
        ({"credentials": AccountKey(key="hidden!")}, "not valid base64"),
        ({"credentials": SasToken(token="sv=hidden")}, "has no signature"),
        ({"credentials": ManagedIdentity(), "endpoint": "https://evil.example"}, "identity is shown to https://"),
        ({"credentials": ManagedIdentity(), "endpoint": "http://a.blob.core.windows.net"}, "identity is shown to"),
        (
            {"credentials": ManagedIdentity(), "endpoint": "https://core.windows.net.evil.example"},
            "identity is shown to",
        ),
    ],
)
def test_what_is_wrong_is_refused(azure_options: AzureOptions, change: dict[str, object], words: str) -> None:
    with pytest.raises(StorageError, match=words) as caught:
        open_store(replace(azure_options, **change))  # type: ignore[arg-type]
    assert "hidden" not in str(caught.value)


async def test_the_environment_changes_nothing(azure_options: AzureOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AZURE_STORAGE_ACCOUNT_NAME": "other",
        "AZURE_STORAGE_ACCOUNT_KEY": "b3RoZXI=",
        "AZURE_STORAGE_SAS_KEY": "sv=1&sig=x",
        "AZURE_STORAGE_TOKEN": "token",
        "AZURE_STORAGE_ENDPOINT": "http://127.0.0.1:1",
        "AZURE_STORAGE_USE_EMULATOR": "true",
        "AZURE_SKIP_SIGNATURE": "true",
        "AZURE_CONTAINER_NAME": "other",
        "AZURE_CREDENTIAL_TYPE": "bearer_token",
        "AZURE_CLIENT_ID": "x",
        "AZURE_CLIENT_SECRET": "x",
        "AZURE_TENANT_ID": "x",
        "AZURE_USE_AZURE_CLI": "true",
        "AZURE_FEDERATED_TOKEN_FILE": "/none",
    }.items():
        monkeypatch.setenv(name, value)
    store = open_store(azure_options)
    await store.put("key", b"x")
    assert await keys_of(store) == ["key"]
    [url] = await store.sign(["key"])
    assert url.startswith(f"{azure_options.endpoint}/{azure_options.container}/key?")


async def test_the_identity_of_the_machine(azure_options: AzureOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """By doubles of the metadata service and of Azure: Azurite takes tokens over TLS only."""
    asked: list[web.Request] = []

    async def metadata(request: web.Request) -> web.Response:
        asked.append(request)
        end = str(int(time.time()) + 3600)
        return web.json_response({"access_token": "t0ken", "expires_on": end, "token_type": "Bearer"})

    async def blob(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(text="<EnumerationResults><Blobs/></EnumerationResults>", content_type="application/xml")

    app = web.Application()
    app.router.add_get("/token", metadata)
    app.router.add_get("/{path:.*}", blob)
    async with TestServer(app) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", str(server.make_url("/token")))
        monkeypatch.setenv("IDENTITY_HEADER", "of-this-app")
        endpoint = str(server.make_url("/devstoreaccount1"))
        store = open_store(replace(azure_options, endpoint=endpoint, credentials=ManagedIdentity(client_id="mine")))
        await store.check()
        await store.check()
        with pytest.raises(StorageError, match="cannot be signed by the identity of a machine"):
            await store.sign(["ä"])
    first, *rest = asked
    assert (first.path, first.query["client_id"]) == ("/token", "mine")
    assert (first.headers["Metadata"], first.headers["X-IDENTITY-HEADER"]) == ("true", "of-this-app")
    assert [request.headers["Authorization"] for request in rest] == ["Bearer t0ken"] * 2


async def test_a_machine_without_identity(azure_options: AzureOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    [port] = free_ports(1)
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{port}/token")
    store = open_store(replace(azure_options, credentials=ManagedIdentity()))
    with pytest.raises(StorageAccessError, match=r"This machine has no identity .* does not answer"):
        await store.check()


async def test_a_put_through_a_signed_url_needs_its_headers(azure_options: AzureOptions) -> None:
    store = open_store(azure_options)
    urls = await store.sign(["ä%?#/ b"], method="PUT")
    async with httpx.AsyncClient() as client:
        assert (await client.put(urls[0], content=b"x")).status_code == 400
        assert (await client.put(urls[0], content=b"x", headers=urls.headers)).status_code == 201
        assert (await client.get(urls[0])).status_code == 403
        assert urlsplit(urls[0]).query not in (await store.sign(["ä%?#/ b"]))[0]
    assert await store.get("ä%?#/ b") == b"x"


async def put_raw(azure_server: AzureServer, options: AzureOptions, path: str) -> None:
    url = f"{options.endpoint}/{options.container}/{path}?{azure_server.make_sas(options.container)}"
    async with httpx.AsyncClient() as client:
        (await client.put(url, headers={"x-ms-blob-type": "BlockBlob"})).raise_for_status()


async def test_markers_of_folders_are_no_files(azure_server: AzureServer, azure_options: AzureOptions) -> None:
    store = open_store(azure_options)
    for key in ("a/1", "b-2", "empty", "twin"):
        await store.put(key, b"" if key != "a/1" else b"x")
    for marker in ("a/", "b/", "twin/", "z/deep/"):
        await put_raw(azure_server, azure_options, marker)
    files = ["a/1", "b-2", "empty", "twin"]
    assert await keys_of(store) == files
    assert await keys_of(store, limit=1) == files
    assert await keys_of(store, "z/") == []
    assert await store.list_level("") == (["a/", "b/", "twin/", "z/"], ["b-2", "empty", "twin"])
    assert await store.list_level("a/") == ([], ["a/1"])


async def test_a_key_that_cannot_travel_is_named(azure_server: AzureServer, azure_options: AzureOptions) -> None:
    await put_raw(azure_server, azure_options, "a//b")
    store = open_store(azure_options)
    with pytest.raises(StorageError, match="a//b"):
        await store.list_page("")
    await store.check()
