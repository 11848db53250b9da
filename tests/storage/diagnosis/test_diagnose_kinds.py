"""Every kind of store, and what is particular to Azure, Google and OSS."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import anyio
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.exception import ObjectNotFoundError
from tensorbay.storage import (
    AccessKey,
    AccountKey,
    AssumeRole,
    AwsIdentity,
    AzureOptions,
    Diagnosis,
    GcsOptions,
    GoogleIdentity,
    ManagedIdentity,
    Options,
    S3Options,
    SasToken,
    ServiceAccount,
    Store,
    diagnose,
)
from tests.clouds import AzureServer
from tests.gcs_gateway import Account
from tests.servers import S3Server
from tests.storage.filling import KINDS, Place
from tests.storage.road import Road

REMOTE = pytest.mark.parametrize("place", [kind for kind in KINDS if kind != "folder"], indirect=True)


def failed(diagnosis: Diagnosis) -> list[str]:
    return [step.name for step in diagnosis.steps if step.is_failed]


def skipped(diagnosis: Diagnosis) -> dict[str, str]:
    return {step.name: step.words for step in diagnosis.steps if step.status == "skipped"}


def assert_nobody_is_known(diagnosis: Diagnosis, words: str, advice: str) -> None:
    """The one fault is who asks; no permission would help."""
    assert failed(diagnosis) == ["authentication"]
    step = diagnosis["authentication"]
    assert words in step.words
    assert advice in step.advice
    assert (step.permission, diagnosis.policy) == ("", None)
    assert diagnosis["list"].words == "needs authentication"


async def test_everything_works(place: Place, store: Store) -> None:
    await store.put("data/1.png", b"1")
    diagnosis = await diagnose(place.options, path="data", proxy=place.proxy)
    # The emulators have no CORS rules that this could ask for.
    assert [name for name in failed(diagnosis) if name != "cors"] == []
    assert (diagnosis.can_read, diagnosis.can_write, diagnosis.can_copy, diagnosis.can_sign) == (True,) * 4
    for name in ("list", "put", "get", "copy", "sign", "range", "delete"):
        assert diagnosis[name].is_ok
    assert diagnosis["list"].words == "1 object"
    assert diagnosis.policy is None


class Stall(Road):
    """Passes everything on, and keeps the answer to the first PUT."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self.arrived, self.over = asyncio.Event(), asyncio.Event()
        self.key = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        answer = await super().handle(request)
        if request.method == "PUT" and not self.key:
            name = re.search(r"check/([0-9a-f]{32})$", request.path)
            assert name is not None
            self.key = f"data/.tensorbay/check/{name[1]}"
            self.arrived.set()
            await self.over.wait()
        return answer


@REMOTE
async def test_what_was_written_is_deleted_when_the_check_is_cancelled(place: Place, store: Store) -> None:
    road = Stall(place.server)
    async with road.opened() as proxy:
        task = asyncio.create_task(diagnose(place.options, path="data", proxy=proxy))
        try:
            with anyio.fail_after(30):
                await road.arrived.wait()
            assert (await store.head(road.key)).size > 0
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        finally:
            road.over.set()
    with pytest.raises(ObjectNotFoundError):
        await store.head(road.key)


# --- who asks ---


async def test_a_machine_without_identity(
    azure_options: AzureOptions,
    gcs_options: GcsOptions,
    s3_options: S3Options,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/none")
    for options, words in (
        (replace(azure_options, credentials=ManagedIdentity()), "no identity that a store knows: http://127.0.0.1:9 "),
        (replace(gcs_options, credentials=GoogleIdentity()), "no identity that a store knows: http://127.0.0.1:9 "),
        (replace(s3_options, credentials=AwsIdentity()), "no identity at AWS: none in the environment"),
    ):
        diagnosis = await diagnose(options)
        assert_nobody_is_known(diagnosis, f"This machine has {words}", "Give this machine")
        # Ours, and not what the libraries in between make of it.
        assert "object at 0x" not in str(diagnosis)
        assert "credential provider" not in str(diagnosis)


async def test_a_role_that_sts_does_not_give(s3_options: S3Options) -> None:
    async def deny(_: web.Request) -> web.Response:
        text = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not you.</Message></Error></ErrorResponse>"
        return web.Response(status=403, text=text, content_type="text/xml")

    app = web.Application()
    app.router.add_post("/", deny)
    async with TestServer(app, host="127.0.0.1") as server:
        arn, source = "arn:aws:iam::123456789012:role/reader", AccessKey(key_id="id", secret="secret")
        role = AssumeRole(role_arn=arn, source=source, sts_endpoint=str(server.make_url("/")))
        diagnosis = await diagnose(replace(s3_options, credentials=role))
    assert_nobody_is_known(diagnosis, "Not you. (AccessDenied, HTTP 403)", "trust policy")


async def test_wrong_keys(
    azure_server: AzureServer,
    azure_options: AzureOptions,
    gcs_options: GcsOptions,
    oss_options: S3Options,
    s3_server: S3Server,
) -> None:
    container = azure_options.container
    for token in (
        azure_server.make_sas(container, lifetime=-60),
        azure_server.make_sas("another"),
        re.sub("sig=.*", "sig=cGxhbnRlZA%3D%3D", azure_server.make_sas(container)),
    ):
        diagnosis = await diagnose(replace(azure_options, credentials=SasToken(token=token)))
        assert_nobody_is_known(diagnosis, "Server failed to authenticate the request.", "ended, not yet valid")
        assert "cGxhbnRlZA" not in str(diagnosis)
    diagnosis = await diagnose(replace(azure_options, credentials=AccountKey(key="d3Jvbmc=")))
    assert_nobody_is_known(diagnosis, "Server failed to authenticate the request.", "Check the account key")

    diagnosis = await diagnose(replace(gcs_options, credentials=ServiceAccount(json=Account().key_file)))
    assert_nobody_is_known(diagnosis, "(AuthenticationRequired, HTTP 401)", "Check the key file")

    nobody = AccessKey(key_id="nobody", secret="nobodynobody")
    diagnosis = await diagnose(replace(oss_options, credentials=nobody), proxy=s3_server.endpoint)
    assert_nobody_is_known(diagnosis, "(InvalidAccessKeyId, HTTP 403)", "Check the access key id")


# --- for what ---


async def test_buckets_that_are_not_there(
    azure_options: AzureOptions, gcs_options: GcsOptions, oss_options: S3Options, s3_server: S3Server
) -> None:
    for options, proxy, noun in (
        (replace(azure_options, container="no-such"), None, "container"),
        (replace(gcs_options, bucket="no-such"), None, "bucket"),
        (replace(oss_options, bucket="no-such"), s3_server.endpoint, "bucket"),
    ):
        diagnosis = await diagnose(options, proxy=proxy)
        assert failed(diagnosis) == ["list"]
        assert f"There is no {noun} 'no-such'" in diagnosis["list"].words
        assert skipped(diagnosis)["put"] == "needs list"


@pytest.mark.parametrize(
    ("rights", "missing"),
    [
        ("rl", {"put": "cw"}),
        ("l", {"put": "cw"}),
        ("rcwl", {"delete": "d"}),
        ("w", {"list": "l", "get": "r", "copy": "rcw", "sign": "r", "delete": "d"}),
        ("cwdl", {"get": "r", "copy": "rcw", "sign": "r"}),
    ],
)
async def test_what_a_sas_lacks(
    azure_server: AzureServer, azure_options: AzureOptions, rights: str, missing: dict[str, str]
) -> None:
    token = azure_server.make_sas(azure_options.container, rights=rights)
    diagnosis = await diagnose(replace(azure_options, credentials=SasToken(token=token, is_shown=True)), path="data")
    assert diagnosis["authentication"].is_ok
    found = {name: diagnosis[name].permission for name in failed(diagnosis) if name != "cors"}
    assert {name: permission.rpartition(", or ")[2] for name, permission in found.items()} == {
        name: f'"{right}" in the SAS' for name, right in missing.items()
    }
    for name in found:
        assert "using this permission" in diagnosis[name].words or name == "copy"
        assert "\n" not in diagnosis[name].words
    assert diagnosis.policy is not None
    assert "--permissions rlcwd" in diagnosis.policy


async def test_a_sas_that_is_not_shown_is_no_fault(azure_server: AzureServer, azure_options: AzureOptions) -> None:
    """The server that has it gives out URLs of its own."""
    token = azure_server.make_sas(azure_options.container)
    diagnosis = await diagnose(replace(azure_options, credentials=SasToken(token=token)))
    assert failed(diagnosis) == []
    assert skipped(diagnosis)["sign"] == "a SAS signs nothing; a server gives out URLs of its own"
    assert (diagnosis.can_read, diagnosis.can_write, diagnosis.can_copy) == (True, True, True)


async def test_the_names_of_permissions_are_the_stores(oss_options: S3Options, s3_server: S3Server) -> None:
    lister = AccessKey(key_id="lister", secret="listerlister")
    diagnosis = await diagnose(replace(oss_options, credentials=lister), path="data", proxy=s3_server.endpoint)
    assert {name: diagnosis[name].permission for name in failed(diagnosis)} == {"put": "oss:PutObject"}
    assert diagnosis.policy is not None
    assert f"acs:oss:*:*:{oss_options.bucket}/data/*" in diagnosis.policy


# --- what is not told ---


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_who_asks_is_hidden_when_a_store_quotes_it(form: str) -> None:
    secrets: set[str] = set()

    async def quote(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "")
        secrets.add(re.split(r"[ :=]", given)[-1] or re.split(r"[ :]", given)[-1])
        secrets.add(request.headers.get("X-Amz-Security-Token", ""))
        text = " ".join(f"{name}: {value}" for name, value in request.headers.items())
        if form == "json":
            return web.json_response({"code": "Odd", "message": text}, status=403)
        error = f"<Error><Code>Odd</Code><Message>{text}</Message></Error>"
        return web.Response(status=403, text=error, content_type="application/xml")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", quote)
    async with TestServer(app, host="127.0.0.1") as server:
        url = str(server.make_url("")).rstrip("/")
        key = AccessKey(key_id="id", secret="planted-secret", token="planted/token+of=the/session=")
        account = AccountKey(key="cGxhbnRlZCBzZWNyZXQga2V5")
        everybody: list[Options] = [
            S3Options(endpoint=url, bucket="bucket", credentials=key),
            AzureOptions(endpoint=url, account="account", container="container", credentials=account),
            GcsOptions(endpoint=url, bucket="bucket", credentials=ServiceAccount(json=Account().key_file)),
        ]
        told = [str(await diagnose(options)) for options in everybody]
    secrets.discard("")
    assert len(secrets) > 4
    assert not [secret for secret in secrets for text in told if secret in text]
    assert form == "json" or all("***" in text for text in told)
