"""Buckets of Google: key files, signatures, generations, the identity of the machine, the environment, errors."""

from __future__ import annotations

import base64
import json
import urllib.request
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import obstore
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from anyio.to_thread import run_sync
from obstore.store import GCSStore

from tensorbay.exception import (
    ObjectChangedError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage import GcsOptions, GoogleIdentity, ServiceAccount, open_store
from tests.clouds import GcsServer
from tests.gcs_gateway import Account
from tests.servers import free_ports
from tests.storage.filling import Place, keys_of
from tests.storage.road import is_copy, travelled
from tests.storage.test_store_objects import fetch


async def test_a_wrong_key_is_refused(gcs_options: GcsOptions) -> None:
    store = open_store(replace(gcs_options, credentials=ServiceAccount(json=Account().key_file)))
    for operation in (store.check, lambda: store.get("key"), lambda: store.put("key", b"")):
        with pytest.raises(StorageAccessError, match=r"was refused: Authentication required\. .*HTTP 401"):
            await operation()


async def test_a_missing_bucket_is_named(gcs_options: GcsOptions) -> None:
    store = open_store(replace(gcs_options, bucket="no-such"))
    for operation in (store.check, lambda: store.get("key"), lambda: store.put("key", b"")):
        with pytest.raises(StorageNotFoundError, match="There is no bucket 'no-such' at http://127"):
            await operation()
    with pytest.raises(ObjectNotFoundError, match="no-such"):  # a HEAD has no words
        await store.head("key")


async def test_where_nothing_listens(gcs_options: GcsOptions) -> None:
    [port] = free_ports(1)
    store = open_store(replace(gcs_options, endpoint=f"http://127.0.0.1:{port}"))
    with pytest.raises(StorageUnreachableError, match=f"127.0.0.1:{port} does not answer: Connection refused"):
        await store.check()


def broken(**change: object) -> ServiceAccount:
    return ServiceAccount(json=json.dumps({**json.loads(Account().key_file), **change}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "https://storage.googleapis.com/bucket"}, "the bucket is given apart"),
        ({"credentials": ServiceAccount(json="/path/to/hidden.json")}, "is no JSON: give its text"),
        ({"credentials": ServiceAccount(json='["hidden"]')}, "no key file of a service account"),
        ({"credentials": broken(type="authorized_user")}, "no key file of a service account"),
        ({"credentials": broken(client_email="")}, "has no client_email"),
        ({"credentials": broken(private_key="hidden")}, "is damaged"),
        ({"credentials": GoogleIdentity(), "endpoint": "https://evil.example"}, "identity is shown to https://"),
    ],
)
def test_what_is_wrong_is_refused(gcs_options: GcsOptions, change: dict[str, object], words: str) -> None:
    with pytest.raises(StorageError, match=words) as caught:
        open_store(replace(gcs_options, **change))  # type: ignore[arg-type]
    assert "hidden" not in str(caught.value)


async def test_the_environment_changes_nothing(gcs_options: GcsOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GOOGLE_SERVICE_ACCOUNT_KEY": "{}",
        "GOOGLE_APPLICATION_CREDENTIALS": "/none",
        "GOOGLE_BASE_URL": "http://127.0.0.1:1",
        "GOOGLE_BUCKET": "other",
        "GOOGLE_SKIP_SIGNATURE": "true",
    }.items():
        monkeypatch.setenv(name, value)
    store = open_store(gcs_options)
    await store.put("key", b"x")
    assert await keys_of(store) == ["key"]
    monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "other")
    with pytest.raises(StorageError, match="GOOGLE_BEARER_TOKEN is set"):
        open_store(gcs_options)


async def test_our_signatures_are_those_of_obstore(gcs_options: GcsOptions) -> None:
    """Which signs without generations, and plain names only: it would cut the URL at a "?" or "#"."""
    assert isinstance(gcs_options.credentials, ServiceAccount)
    fields = json.loads(gcs_options.credentials.json)
    del fields["gcs_base_url"], fields["disable_oauth"]
    other = GCSStore("bucket", service_account_key=json.dumps(fields), base_url="https://storage.googleapis.com")
    store = open_store(replace(gcs_options, bucket="bucket", endpoint=None))
    for path in ("plain", "dir/a-b_c~.txt"):
        for method in ("GET", "PUT"):
            for _ in range(3):  # a second may end in between
                [ours] = await store.sign([path], method=method, expires=60)
                theirs = obstore.sign(other, method, path, timedelta(seconds=60))
                if sorted(ours.split("&")) == sorted(theirs.split("&")):
                    break
            else:
                assert ours == theirs


async def test_a_generation_is_read_whatever_was_written_since(gcs_server: GcsServer, gcs_options: GcsOptions) -> None:
    store = open_store(replace(gcs_options, bucket=gcs_server.make_bucket(versioned=True)))
    first = await store.put("a b/ä", b"first")
    second = await store.put("a b/ä", b"second")
    assert first.version != second.version == (await store.head("a b/ä")).version
    assert await store.get("a b/ä", version=first.version) == b"first"
    assert (await store.head("a b/ä", version=first.version)).etag == first.etag
    assert await store.get("a b/ä", version=first.version, start=1, end=3) == b"ir"
    assert b"".join([piece async for piece in store.stream("a b/ä", version=first.version)]) == b"first"
    urls = await store.sign(["a b/ä"] * 3, versions=[first.version, None, second.version])
    assert [await fetch(url) for url in urls] == [b"first", b"second", b"second"]
    with pytest.raises(ObjectChangedError):
        await store.get("a b/ä", if_match=first.etag)
    assert await store.get("a b/ä", end=0, if_match=first.etag, version=first.version) == b""
    with pytest.raises(StorageError, match="versions"):
        await store.sign(["a b/ä"], versions=[])


async def test_markers_of_folders_are_no_files_and_odd_keys_are_named(
    gcs_server: GcsServer, gcs_options: GcsOptions
) -> None:
    store = open_store(gcs_options)

    def put_raw(key: str) -> None:
        url = f"{gcs_server.upstream}/upload/storage/v1/b/{gcs_options.bucket}/o?uploadType=media&name={quote(key)}"
        urllib.request.urlopen(urllib.request.Request(url, data=b"", method="POST")).close()

    for key in ("a/1", "b-2", "empty", "twin", "a/", "b/", "twin/", "z/deep/"):
        put_raw(key)
    files = ["a/1", "b-2", "empty", "twin"]
    assert await keys_of(store) == files
    assert await keys_of(store, limit=1) == files
    assert await keys_of(store, "z/") == []
    assert await store.list_level("") == (["a/", "b/", "twin/", "z/"], ["b-2", "empty", "twin"])
    put_raw("c//d")
    with pytest.raises(StorageError, match="c//d"):
        await store.list_page("")
    await store.check()


async def test_credentials_that_obstore_finds_copy_too(
    gcs_server: GcsServer, gcs_options: GcsOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With them it can only be seen afterwards that the source has changed."""
    fields = json.loads(gcs_server.account.key_file)
    del fields["gcs_base_url"], fields["disable_oauth"]
    (tmp_path / "key.json").write_text(json.dumps(fields))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    options = replace(gcs_options, credentials=GoogleIdentity())
    async with travelled(Place("gcs", options, gcs_server.endpoint)) as (road, store):
        await store.put("key", b"old!")
        assert (await store.copy("key", "copy")).size == 4
        other = open_store(gcs_options)

        async def write(request: web.Request) -> None:
            if is_copy(request):
                await other.put("key", b"new!")

        road.before = write
        with pytest.raises(ObjectChangedError, match="'key' was written to"):
            await store.copy("key", "another")
        assert await keys_of(other) == ["copy", "key"]
        await other.aclose()


async def test_the_identity_of_the_machine(
    gcs_server: GcsServer, gcs_options: GcsOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By doubles of the metadata server and of the service that signs for it."""
    account, asked = gcs_server.account, list[str]()
    token = account.make_token()

    async def metadata(request: web.Request) -> web.Response:
        asked.append(request.path.rpartition("/")[2])
        assert request.headers["Metadata-Flavor"] == "Google"
        if request.path.endswith("/default/token"):
            return web.json_response({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})
        return web.Response(text=f"{account.email}\n")

    async def sign(request: web.Request) -> web.Response:
        asked.append(request.path.rpartition("/")[2])
        if request.headers["Authorization"] != f"Bearer {token}":
            return web.Response(status=403)
        text = base64.b64decode((await request.json())["payload"])
        return web.json_response({"signedBlob": base64.b64encode(account.sign(text)).decode()})

    app = web.Application()
    app.router.add_get("/computeMetadata/v1/instance/service-accounts/default/{name}", metadata)
    app.router.add_post(f"/v1/projects/-/serviceAccounts/{account.email}:signBlob", sign)
    async with TestServer(app) as server:
        monkeypatch.setenv("HOME", "/none")
        monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{server.port}")
        monkeypatch.setattr("tensorbay.storage._google_keys._IAM", str(server.make_url("")).rstrip("/"))
        options = replace(gcs_options, credentials=GoogleIdentity())
        store = await run_sync(open_store, options)
        await store.check()
        await store.put("a ä", b"x")
        assert (await store.copy("a ä", "copy")).size == 1  # by its token: it need not be able to sign
        urls = await store.sign(["a ä"] * 3)
        assert [await fetch(url) for url in urls] == [b"x"] * 3
        assert sorted(asked) == ["email", *[f"{account.email}:signBlob"] * 3, "token"]
        other = await run_sync(open_store, options)
        account.email = "another@example.org"  # for which it may not sign
        with pytest.raises(StorageAccessError, match='needs the role "Service Account Token Creator"'):
            await other.sign(["a", "b"])
        await store.aclose()
        await other.aclose()
