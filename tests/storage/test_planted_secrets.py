"""Secrets of every kind of credentials, looked for in what failed requests leave: errors, their frames, logs."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import anyio.lowlevel
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.exception import StorageError
from tensorbay.storage import (
    AccessKey,
    AccountKey,
    AssumeRole,
    AzureOptions,
    GcsOptions,
    ManagedIdentity,
    Options,
    S3Options,
    SasToken,
    ServiceAccount,
    open_store,
)
from tests.gcs_gateway import Account
from tests.reports import told

SECRET = "planted-secret-42"
ENCODED = base64.b64encode(SECRET.encode()).decode()
KEY_FILE = Account().key_file
PLANTED = (SECRET, ENCODED, json.loads(KEY_FILE)["private_key"].splitlines()[1])
KEY = AccessKey(key_id="i", secret=SECRET, token=SECRET)
ROLE = "arn:aws:iam::123456789012:role/reader"


def options(kind: str, endpoint: str) -> Options:
    s3: dict[str, Any] = {"endpoint": endpoint, "bucket": "bucket"}
    azure: dict[str, Any] = {"endpoint": endpoint, "account": "acc", "container": "c"}
    found: dict[str, Options] = {
        "key": S3Options(**s3, credentials=KEY),
        "role": S3Options(**s3, credentials=AssumeRole(role_arn=ROLE, source=KEY, sts_endpoint=endpoint)),
        "account": AzureOptions(**azure, credentials=AccountKey(key=ENCODED)),
        "sas": AzureOptions(**azure, credentials=SasToken(token=f"sv=2021-12-02&sig={SECRET}")),
        "identity": AzureOptions(**azure, credentials=ManagedIdentity()),
        "service account": GcsOptions(**s3, credentials=ServiceAccount(json=KEY_FILE)),
    }
    return found[kind]


async def give_token(_: web.Request) -> web.Response:
    return web.json_response({"access_token": SECRET, "expires_in": 3600})


async def find(_: web.Request) -> web.Response:
    headers = {"ETag": "x", "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT", "Content-Length": f"{6 << 30}"}
    return web.Response(headers=headers)


async def garbage(request: web.Request) -> web.Response:
    """Who is asked for a copy by PUT need not say more than that it is made."""
    return web.Response(status=400 if request.method == "PUT" else 200, text="abcd")


async def refuse(_: web.Request) -> web.Response:
    text = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    return web.Response(status=403, text=text, content_type="application/xml")


async def break_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "4000", "ETag": "x"})
    response.last_modified = 0
    await response.prepare(request)
    await response.write(b"abcd")
    assert request.transport is not None
    request.transport.abort()
    return response


@pytest.fixture(params=[garbage, refuse, break_off, None], ids=["garbage", "refused", "broken off", "dead"])
async def endpoint(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    if request.param is None:
        yield "http://127.0.0.1:9"
        return
    app = web.Application()
    app.router.add_get("/token", give_token)
    app.router.add_route("HEAD", "/{path:.*}", find)  # so that a copy is asked for
    app.router.add_route("*", "/{path:.*}", request.param)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(access_log=None)  # what a store writes down is not ours
    yield str(server.make_url("")).rstrip("/")
    await server.close()


@pytest.mark.parametrize("kind", ["key", "role", "account", "sas", "identity", "service account"])
async def test_what_fails_shows_no_secret(
    endpoint: str, kind: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Local variables neither: some tools write them into their reports, those of libraries too."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint}/token")
    monkeypatch.setenv("IDENTITY_HEADER", SECRET)
    monkeypatch.setattr("anyio.sleep", lambda _: anyio.lowlevel.checkpoint())  # before a request is repeated
    shown = []
    async with aclosing(open_store(options(kind, endpoint))) as store:
        for operation in (store.check, lambda: store.list_page(""), lambda: store.copy("key", "copy")):
            with pytest.raises(StorageError) as caught:
                await operation()
            shown += told(caught.value, knowing=__file__)
    assert any("tensorbay" in line for line in shown)
    for text in (*shown, caplog.text):
        assert not any(secret in text for secret in (*PLANTED, "Bearer "))


async def test_a_token_that_cannot_be_sent_is_not_quoted(s3_options: S3Options, sts_endpoint: str) -> None:
    key = AccessKey(key_id="i", secret=SECRET, token=f"{SECRET}\n")
    role = AssumeRole(role_arn=ROLE, source=key, sts_endpoint=sts_endpoint)
    for credentials in (key, role):
        async with aclosing(open_store(replace(s3_options, credentials=credentials))) as store:
            with pytest.raises(StorageError, match="cannot be asked: ValueError") as caught:
                await store.check()
        assert SECRET not in str(caught.value)
