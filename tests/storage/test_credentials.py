"""Credentials that end: fetched once for all who wait, well before the end, and kept while they serve."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from anyio import to_thread

from tensorbay.exception import StorageAccessError, StorageError, StorageUnreachableError
from tensorbay.storage import AccessKey, AssumeRole, AwsIdentity, FormStore, S3Options, open_store
from tensorbay.storage._credentials import Lease, Refreshed
from tests.servers import S3Server, free_ports

ROLE = "arn:aws:iam::123456789012:role/reader"


class Source:
    def __init__(self, clock: Callable[[float], None]) -> None:
        self.count = 0
        self.error: Exception | None = None
        self.lifetime = 3600.0
        self.duration = 0.0
        self.pass_time = clock
        self.gate = anyio.Event()
        self.gate.set()

    async def fetch(self) -> Lease[str]:
        self.count += 1
        count = self.count
        await self.gate.wait()
        self.pass_time(self.duration)
        if self.error is not None:
            raise self.error
        return Lease(f"key {count}", time.time() + self.lifetime)


@pytest.fixture
async def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    now = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    return Source(pass_time)


async def test_a_crowd_shares_one_fetch(source: Source) -> None:
    refreshed = Refreshed(source.fetch)
    source.gate = anyio.Event()
    found: list[Lease[str]] = []

    async def ask() -> None:
        found.append(await refreshed.get())

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        source.gate.set()
    assert {lease.value for lease in found} == {"key 1"}
    assert len(found) == 50
    assert source.count == 1


async def test_another_loop_does_not_wait_for_a_fetch_of_this_one(source: Source) -> None:
    """Nor does a forked child, whose loops are others."""
    refreshed = Refreshed(source.fetch)
    source.gate = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(refreshed.get)
        await anyio.wait_all_tasks_blocked()
        gate, source.gate = source.gate, anyio.Event()
        source.gate.set()
        there = asyncio.wait_for(refreshed.get(), 10)
        assert (await to_thread.run_sync(asyncio.run, there)).value == "key 2"
        gate.set()


@pytest.mark.parametrize(("lifetime", "margin"), [(3600, 360), (1800, 300), (43_200, 4320), (60, 30)])
async def test_it_is_refreshed_well_before_the_end(source: Source, lifetime: float, margin: float) -> None:
    refreshed = Refreshed(source.fetch)
    source.lifetime = lifetime
    await refreshed.get()
    source.pass_time(lifetime - margin - 1)
    assert (await refreshed.get()).value == "key 1"
    source.pass_time(1)
    assert refreshed.fresh() is None
    assert (await refreshed.get()).value == "key 2"


async def test_while_one_refreshes_the_others_go_on_with_what_serves(source: Source) -> None:
    refreshed = Refreshed(source.fetch)
    await refreshed.get()
    source.pass_time(3300)
    source.gate = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(refreshed.get)
        await anyio.wait_all_tasks_blocked()
        assert (await refreshed.get()).value == "key 1"
        source.gate.set()
    assert (await refreshed.get()).value == "key 2"


async def test_a_failed_refresh_goes_on_with_the_old_and_is_tried_again_later(source: Source) -> None:
    refreshed = Refreshed(source.fetch)
    await refreshed.get()
    source.pass_time(3300)
    source.error = StorageUnreachableError("STS sleeps.")
    assert (await refreshed.get()).value == "key 1"
    assert (await refreshed.get()).value == "key 1"
    assert source.count == 2
    source.pass_time(30)
    source.error = None
    assert (await refreshed.get()).value == "key 3"


async def test_what_serves_is_gone_on_with_also_after_a_refresh_that_took_long_to_fail(source: Source) -> None:
    refreshed = Refreshed(source.fetch)
    await refreshed.get()
    source.pass_time(3300)
    source.error, source.duration = StorageUnreachableError("STS sleeps."), 90
    assert [(await refreshed.get()).value for _ in range(3)] == ["key 1"] * 3
    assert source.count == 2


async def test_a_failed_refresh_does_not_keep_the_old_beyond_its_end(source: Source) -> None:
    refreshed = Refreshed(source.fetch)
    await refreshed.get()
    source.pass_time(3590)
    source.error = StorageUnreachableError("STS sleeps.")
    assert (await refreshed.get()).value == "key 1"
    source.pass_time(10)
    assert refreshed.fresh() is None
    with pytest.raises(StorageUnreachableError):
        await refreshed.get()


async def test_when_nothing_serves_the_failure_is_told_to_all_and_not_repeated_for_each(source: Source) -> None:
    refreshed = Refreshed(source.fetch)
    await refreshed.get()
    source.pass_time(3600)
    source.error = StorageUnreachableError("STS sleeps.")
    failures: list[StorageError] = []

    async def ask() -> None:
        try:
            await refreshed.get()
        except StorageError as error:
            failures.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert len(failures) == 20
    assert source.count == 2
    source.pass_time(2)
    source.error = None
    assert (await refreshed.get()).value == "key 3"


async def test_who_is_cancelled_while_fetching_leaves_it_to_the_next(source: Source) -> None:
    refreshed = Refreshed(source.fetch)
    source.gate = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(refreshed.get)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    source.gate.set()
    assert (await refreshed.get()).value == "key 2"


# --- AWS ---


@pytest.fixture
def role_options(s3_options: S3Options, sts_endpoint: str) -> S3Options:
    source = AccessKey(key_id="id", secret="secret")
    role = AssumeRole(role_arn=ROLE, source=source, external_id="ours", sts_endpoint=sts_endpoint, duration=900)
    return replace(s3_options, credentials=role)


async def test_a_role_gives_keys_with_a_token_and_an_end(role_options: S3Options) -> None:
    store = open_store(role_options)
    urls = await store.sign(["key"], expires=3600)
    assert "X-Amz-Security-Token=" in urls[0]
    assert "X-Amz-Credential=id" not in urls[0]
    assert time.time() + 600 < urls.expire_at <= time.time() + 900  # with the keys, not when it was asked for
    assert time.time() + 290 < (await store.sign(["key"], expires=300)).expire_at <= time.time() + 300
    assert isinstance(store, FormStore)
    form = await store.post_form("folder/", expires=3600)
    assert time.time() + 600 < form.expire_at <= time.time() + 900
    assert time.time() + 290 < (await store.post_form("folder/", expires=300)).expire_at <= time.time() + 300
    [again] = await store.sign(["key"])
    credential = httpx.URL(urls[0]).params["X-Amz-Credential"]
    assert httpx.URL(again).params["X-Amz-Credential"] == credential
    # Both clients use them; SeaweedFS does not know them, and says so.
    for operation in (store.check, lambda: store.get("key"), lambda: store.list_page("")):
        with pytest.raises(StorageAccessError):
            await operation()
    await store.aclose()


async def test_a_role_that_sts_does_not_answer_for(role_options: S3Options) -> None:
    role = role_options.credentials
    assert isinstance(role, AssumeRole)
    [port] = free_ports(1)
    store = open_store(replace(role_options, credentials=replace(role, sts_endpoint=f"http://127.0.0.1:{port}")))
    for operation in (store.check, lambda: store.sign(["key"]), lambda: store.get("key")):
        with pytest.raises(StorageError, match=f"Nothing listens at http://127.0.0.1:{port}") as caught:
            await operation()
        assert "secret" not in str(caught.value)
    await store.aclose()


async def test_another_service_where_sts_should_be(role_options: S3Options) -> None:
    async def unavailable(_: web.Request) -> web.Response:
        return web.Response(status=503)

    app = web.Application()
    app.router.add_post("/", unavailable)
    role = role_options.credentials
    assert isinstance(role, AssumeRole)
    async with TestServer(app, host="127.0.0.1") as server:
        url = str(server.make_url("/"))
        store = open_store(replace(role_options, credentials=replace(role, sts_endpoint=url)))
        with pytest.raises(StorageUnreachableError, match=r"STS does not answer as it should: .*HTTP 503"):
            await store.check()
        await store.aclose()


async def test_an_sts_that_never_answers_takes_no_thread_that_others_need(role_options: S3Options) -> None:
    role = role_options.credentials
    assert isinstance(role, AssumeRole)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        options = replace(role_options, credentials=replace(role, sts_endpoint=url))
        async with anyio.create_task_group() as group:
            threads = int(to_thread.current_default_thread_limiter().total_tokens)
            for _ in range(threads):
                group.start_soon(open_store(options).check)
            with anyio.fail_after(60):
                for _ in range(threads):
                    connection, _ = await asyncio.get_running_loop().sock_accept(listener)
                    stack.enter_context(connection)
            with anyio.fail_after(60):
                await to_thread.run_sync(lambda: None)
            group.cancel_scope.cancel()


async def test_the_identity_of_this_machine_is_its_environment(
    s3_server: S3Server, s3_options: S3Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.access_key_secret)
    store = open_store(replace(s3_options, credentials=AwsIdentity()))
    await store.check()
    await store.put("key", b"x")
    urls = await store.sign(["key"], expires=60)
    assert (await store.get("key"), urls.expire_at - time.time() > 50) == (b"x", True)
    await store.aclose()


SECRET = "planted-secret-42"
PROFILES = f"""
[profile of-a-person]
aws_access_key_id = id
aws_secret_access_key = {SECRET}
[profile of-a-role]
role_arn = {ROLE}
source_profile = of-a-person
region = us-east-1
"""


@pytest.fixture
async def metadata() -> AsyncIterator[str]:
    """What AWS has beside its machines and containers."""
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1800))
    key = {"Code": "Success", "AccessKeyId": "machine", "SecretAccessKey": SECRET, "Token": SECRET, "Expiration": end}

    async def answer(request: web.Request) -> web.Response:
        if request.method == "PUT":
            return web.Response(text=SECRET)
        return web.Response(text="role") if request.path.endswith("/") else web.json_response(key)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.mark.parametrize("kind", ["instance", "container", "web identity", "profile"])
async def test_the_identity_of_this_machine_is_where_aws_keeps_it(
    s3_options: S3Options,
    metadata: str,
    sts_endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("token", "config"):
        await anyio.Path(tmp_path / name).write_text({"token": SECRET, "config": PROFILES}[name])
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts_endpoint)
    variables = {
        "instance": {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata},
        "container": {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{metadata}/key",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": SECRET,
        },
        "web identity": {
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ROLE_ARN": ROLE,
            "AWS_REGION": "us-east-1",
        },
        "profile": {"AWS_CONFIG_FILE": str(tmp_path / "config")},
    }
    for name, value in variables[kind].items():
        monkeypatch.setenv(name, value)
    identity = AwsIdentity(profile="of-a-role" if kind == "profile" else None)
    async with aclosing(open_store(replace(s3_options, credentials=identity))) as store:
        urls = await store.sign(["key"], expires=7 * 86400)
    token = httpx.URL(urls[0]).params["X-Amz-Security-Token"]
    assert time.time() + 1700 < urls.expire_at < time.time() + 3700
    assert (token == SECRET) == (kind in ("instance", "container"))
    assert "botocore" in caplog.text
    assert SECRET not in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("answer", ["<AssumeRoleResponse/>", "a web page", ""])
async def test_an_sts_that_is_none(s3_options: S3Options, answer: str) -> None:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(text=answer)

    app = web.Application()
    app.router.add_post("/", handle)
    async with TestServer(app, host="127.0.0.1") as server:
        source = AccessKey(key_id="id", secret=SECRET)
        role = AssumeRole(role_arn=ROLE, source=source, sts_endpoint=str(server.make_url("")).rstrip("/"))
        async with aclosing(open_store(replace(s3_options, credentials=role))) as store:
            for operation in (store.check, lambda: store.sign(["key"])):
                with pytest.raises(StorageError, match=r"http://127.0.0.1:\d+ does not answer as an AWS service"):
                    await operation()


@pytest.mark.parametrize("endpoint", ["ftp://sts", "http://", "http://sts:99999", "http://s t s", "https://u:p@sts"])
async def test_an_sts_endpoint_is_a_url(s3_options: S3Options, endpoint: str) -> None:
    role = AssumeRole(role_arn=ROLE, source=AccessKey(key_id="id", secret=SECRET), sts_endpoint=endpoint)
    async with aclosing(open_store(replace(s3_options, credentials=role))) as store:
        with pytest.raises(StorageError, match="is no endpoint of an STS"):
            await store.check()


async def test_a_machine_without_identity(s3_options: S3Options, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_SHARED_CREDENTIALS_FILE", "/none")]:
        monkeypatch.setenv(name, value)
    store = open_store(replace(s3_options, credentials=AwsIdentity()))
    for operation in (store.check, lambda: store.sign(["key"]), lambda: store.get("key")):
        with pytest.raises(StorageError, match="This machine has no identity at AWS"):
            await operation()
    await store.aclose()
    store = open_store(replace(s3_options, credentials=AwsIdentity(profile="no-such")))
    with pytest.raises(StorageAccessError, match="no-such"):
        await store.check()
    await store.aclose()
