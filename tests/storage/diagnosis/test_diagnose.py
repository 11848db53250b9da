"""Configs with one fault each, against the real thing where it can be had."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.exception import StorageAccessError
from tensorbay.storage import AccessKey, Diagnosis, FolderOptions, S3Options, Store, diagnose
from tests.servers import S3Server, free_ports
from tests.storage.s3_double import Fault, S3Double, refusal, s3_double

ALL = (
    *("dns", "tcp", "tls", "clock", "authentication", "region"),
    *("list", "put", "get", "copy", "sign", "range", "cors", "versioning", "delete"),
)


def limited(options: S3Options, name: str) -> S3Options:
    return replace(options, credentials=AccessKey(key_id=name, secret=name * 2))


def status(diagnosis: Diagnosis) -> dict[str, str]:
    assert tuple(step.name for step in diagnosis.steps) == ALL
    return {step.name: step.status for step in diagnosis.steps}


def assert_only_failed(diagnosis: Diagnosis, name: str) -> None:
    """One fault; what comes after it needs it."""
    found = status(diagnosis)
    assert found.pop(name) == "failed"
    for later in ALL[ALL.index(name) + 1 :]:
        assert (found.pop(later), diagnosis[later].words) == ("skipped", f"needs {name}")
    assert "failed" not in found.values()
    assert not diagnosis
    assert f"cannot be read: {name} failed" in diagnosis.summary


async def test_everything_works_and_nothing_is_left(
    s3_store: Store, s3_options: S3Options, s3_server: S3Server
) -> None:
    await s3_store.put("data/1.png", b"1")
    diagnosis = await diagnose(s3_options, path="/data/")
    assert {name: found for name, found in status(diagnosis).items() if found != "ok"} == {"tls": "skipped"}
    assert (diagnosis.ok, diagnosis.can_read, diagnosis.can_write) == (True, True, True)
    assert (diagnosis.can_copy, diagnosis.can_sign) == (True, True)
    assert diagnosis.policy is None
    assert "http://" in diagnosis["tls"].words
    assert diagnosis["list"].words == "1 object"
    assert diagnosis["dns"].words == "127.0.0.1"
    assert diagnosis.storage == f"S3 bucket {s3_options.bucket!r} at {s3_server.endpoint}, below data"
    assert await keys_in(s3_server, s3_options) == ["data/1.png"]


async def keys_in(server: S3Server, options: S3Options) -> list[str]:
    """By a witness: our own listings do not show what we wrote."""
    answer = await anyio.to_thread.run_sync(lambda: server.client.list_objects_v2(Bucket=options.bucket))
    return [item["Key"] for item in answer.get("Contents", ())]


async def test_a_key_that_may_only_read_is_good_for_imports_in_place(s3_store: Store, s3_options: S3Options) -> None:
    await s3_store.put("data/empty", b"")
    await s3_store.put("data/full", b"full")
    diagnosis = await diagnose(limited(s3_options, "reader"), path="data")
    assert diagnosis.ok
    assert (diagnosis.can_read, diagnosis.can_sign) == (True, True)
    assert (diagnosis.can_write, diagnosis.can_copy) == (False, False)
    assert diagnosis.summary == "Imports in place work; uploads and copies will not."
    assert diagnosis["put"].permission == "s3:PutObject"
    assert "(AccessDenied, HTTP 403)" in diagnosis["put"].words
    assert diagnosis["get"].words == "a byte of 'data/full'"
    assert diagnosis["copy"].words == diagnosis["delete"].words == "needs put"
    assert diagnosis["range"].status == "ok"
    assert diagnosis.policy is not None
    assert f"arn:aws:s3:::{s3_options.bucket}/data/*" in diagnosis.policy


async def test_a_key_that_may_only_read_and_nothing_to_read(s3_options: S3Options) -> None:
    diagnosis = await diagnose(limited(s3_options, "reader"))
    assert diagnosis.can_read
    assert not diagnosis.can_sign
    assert diagnosis["list"].words == "no objects"
    for name in ("get", "sign", "range"):
        assert (diagnosis[name].status, diagnosis[name].words) == ("skipped", "needs put, or an object to read")


@pytest.mark.parametrize(
    ("name", "missing", "fault"),
    [
        ("lister", {"put": "s3:PutObject", "get": "s3:GetObject", "sign": "s3:GetObject"}, "get"),
        ("getter", {"list": "s3:ListBucket", "put": "s3:PutObject"}, "list"),
        (
            "writer",
            {
                "list": "s3:ListBucket",
                "get": "s3:GetObject",
                "copy": "s3:GetObject and s3:PutObject",
                "sign": "s3:GetObject",
            },
            "list",
        ),
        ("nothing", {"list": "s3:ListBucket", "put": "s3:PutObject"}, "list"),
    ],
)
async def test_permissions_that_are_missing(
    s3_store: Store, s3_options: S3Options, s3_server: S3Server, name: str, missing: dict[str, str], fault: str
) -> None:
    await s3_store.put("1.png", b"1")
    diagnosis = await diagnose(limited(s3_options, name))
    assert {step.name: step.permission for step in diagnosis.steps if step.status == "failed"} == missing
    assert diagnosis["authentication"].status == "ok"
    assert not diagnosis.ok
    assert f"{fault} failed" in diagnosis.summary
    assert diagnosis.policy is not None
    assert await keys_in(s3_server, s3_options) == ["1.png"]


async def test_wrong_credentials(s3_options: S3Options, s3_server: S3Server) -> None:
    wrong = AccessKey(key_id=s3_server.access_key_id, secret="planted/wrong+secret")
    diagnosis = await diagnose(replace(s3_options, credentials=wrong))
    assert_only_failed(diagnosis, "authentication")
    assert "(SignatureDoesNotMatch, HTTP 403)" in diagnosis["authentication"].words
    assert "planted" not in f"{diagnosis} {diagnosis.dumps()}"

    diagnosis = await diagnose(limited(s3_options, "nobody"))
    assert_only_failed(diagnosis, "authentication")
    assert "'nobody' is unknown" in diagnosis["authentication"].words
    assert "key id" in diagnosis["authentication"].advice


async def test_a_bucket_that_is_not_there(s3_options: S3Options) -> None:
    diagnosis = await diagnose(replace(s3_options, bucket="no-such-bucket"))
    assert_only_failed(diagnosis, "list")
    assert "no bucket 'no-such-bucket'" in diagnosis["list"].words


async def test_the_way_there(s3_options: S3Options, s3_server: S3Server) -> None:
    (port,) = free_ports(1)
    for name, endpoint, words in (
        ("dns", "http://no-such-host.invalid", "'no-such-host.invalid' is unknown"),
        ("tcp", f"http://127.0.0.1:{port}", f"Nothing listens at 127.0.0.1:{port}"),
        ("tls", s3_server.endpoint.replace("http:", "https:"), "does not speak TLS"),
    ):
        diagnosis = await diagnose(replace(s3_options, endpoint=endpoint))
        assert_only_failed(diagnosis, name)
        assert words in diagnosis[name].words
        # The rest shares one line.
        assert len(str(diagnosis).splitlines()) <= ALL.index(name) + 4


async def test_a_bucket_before_the_host(s3_options: S3Options) -> None:
    options = replace(s3_options, endpoint="http://oss.invalid", addressing="virtual")
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        raise StorageAccessError("This server contacts no private addresses.")

    diagnosis = await diagnose(options, resolve=resolve)
    assert asked == [(f"{options.bucket}.oss.invalid", 80)]
    assert_only_failed(diagnosis, "dns")
    assert diagnosis["dns"].words == "This server contacts no private addresses."


async def test_a_proxy_looks_names_up_itself(s3_options: S3Options) -> None:
    (port,) = free_ports(1)
    diagnosis = await diagnose(limited(s3_options, "nobody"), proxy=f"http://127.0.0.1:{port}")
    for name in ("dns", "tcp", "tls"):
        assert (diagnosis[name].status, diagnosis[name].words) == ("skipped", "requests take a proxy")
    assert diagnosis["clock"].status == "failed"


async def test_certificates(s3_options: S3Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    async with double_server(web.Application(), ssl=context) as url:
        options = replace(s3_options, endpoint=url.replace("127.0.0.1", "localhost"))
        diagnosis = await diagnose(options)
        assert_only_failed(diagnosis, "tls")
        assert "certificate of localhost is refused: " in diagnosis["tls"].words
        assert "authority that this machine trusts" in diagnosis["tls"].advice

        await anyio.to_thread.run_sync(authority.cert_pem.write_to_path, tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        diagnosis = await diagnose(options)
        assert diagnosis["tls"].status == "ok"
        assert "TLSv1.3; the certificate is valid until " in diagnosis["tls"].words

        diagnosis = await diagnose(replace(s3_options, endpoint=url))
        assert_only_failed(diagnosis, "tls")
        assert "not valid for '127.0.0.1'" in diagnosis["tls"].words
        assert "host name" in diagnosis["tls"].advice


@contextlib.asynccontextmanager
async def double_server(app: web.Application, **options: Any) -> AsyncIterator[str]:
    server = TestServer(app, scheme="https" if "ssl" in options else "http")
    await server.start_server(**options)
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@pytest.mark.parametrize(
    ("date", "found", "words"),
    [
        ("Wed, 01 Jan 2025 00:00:00 GMT", "failed", " days ahead of the store's."),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "failed", " days behind the store's."),
        ("yesterday", "skipped", "the store does not tell its time"),
    ],
)
async def test_clocks(date: str, found: str, words: str) -> None:
    async def tell(_: web.Request) -> web.Response:
        return web.Response(headers={"Date": date})

    app = web.Application()
    app.router.add_get("/", tell)
    app.router.add_route("*", "/{key:.*}", S3Double().handle)
    async with double_server(app) as url:
        diagnosis = await diagnose(double_options(url))
    assert diagnosis["clock"].status == found
    assert words in diagnosis["clock"].words


def double_options(url: str) -> S3Options:
    return S3Options(endpoint=url, bucket="bucket", credentials=AccessKey(key_id="id", secret="secret-of-double"))


async def test_another_region() -> None:
    async def elsewhere(_: web.Request) -> web.StreamResponse:
        return refusal(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")

    diagnosis = await diagnose_double(elsewhere)
    assert_only_failed(diagnosis, "region")
    assert "is in region 'eu-west-1', not in 'us-east-1'" in diagnosis["region"].words
    assert diagnosis["authentication"].words == "needs region"


async def test_the_region_that_amazon_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(request: web.Request) -> web.StreamResponse:
        if "location" in request.query:
            return web.Response(text="<LocationConstraint>EU</LocationConstraint>", content_type="application/xml")
        return await double.handle(request)

    double, resolve = S3Double(), socket.getaddrinfo
    app = web.Application()
    app.router.add_route("*", "/bucket{slash:/?}{key:.*}", tell)
    async with double_server(app) as url:
        monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: resolve("127.0.0.1", *rest, **more))
        diagnosis = await diagnose(double_options(url.replace("127.0.0.1", "s3.us-west-1.amazonaws.com")))
    assert diagnosis["authentication"].status == "ok"
    assert_only_failed(diagnosis, "region")
    assert "in region 'eu-west-1', not in 'us-west-1'" in diagnosis["region"].words
    assert "endpoint and region" in diagnosis["region"].advice


async def diagnose_double(fault: Fault) -> Diagnosis:
    double = S3Double({"1.png": b"1"}, faults=[fault] * 100)
    async with s3_double(double):
        return await diagnose(double_options(double.url))


async def test_a_clock_that_the_store_itself_refuses() -> None:
    async def skewed(_: web.Request) -> web.StreamResponse:
        return refusal(403, "RequestTimeTooSkewed")

    diagnosis = await diagnose_double(skewed)
    assert_only_failed(diagnosis, "authentication")
    assert "Set the clock" in diagnosis["authentication"].advice


async def test_secrets_and_signatures_that_a_store_quotes_are_not_told() -> None:
    async def chatty(request: web.Request) -> web.StreamResponse:
        quoted = f"secret-of-double {request.url}&amp;sig=planted X-Amz-Signature=planted"
        text = f"<Error><Code>Odd</Code><Message>{quoted}</Message></Error>"
        return web.Response(status=403, text=text, content_type="application/xml")

    diagnosis = await diagnose_double(chatty)
    assert diagnosis["list"].status == diagnosis["put"].status == "failed"
    for text in (str(diagnosis), str(diagnosis.dumps())):
        assert "*** http://" in text
        for secret in ("planted", "secret-of-double", "X-Amz-Credential"):
            assert secret not in text


class Bucket(S3Double):
    """What may be written, too; what is refused is a set of methods."""

    def __init__(self, *refused: str) -> None:
        super().__init__({"1.png": b"1"})
        self.refused = refused
        self.ignores_range = False
        self.hanging = ""
        self.is_hanging = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = "DELETE" if "delete" in request.query else request.method
        if method == "GET" and "X-Amz-Signature" in request.query:
            method = "SIGNED"
        key = request.match_info["key"]
        if method == self.hanging:
            self.objects[key] = await request.read()
            self.is_hanging.set()
            await asyncio.sleep(60)
        if method in self.refused:
            return refusal(403, "AccessDenied")
        if method == "SIGNED" and self.ignores_range:
            return web.Response(body=self.objects[key])
        if method == "PUT":
            source = request.headers.get("x-amz-copy-source", "").removeprefix("bucket/").removeprefix("/bucket/")
            self.objects[key] = self.objects[source] if source else await request.read()
            return web.Response(text="<CopyObjectResult/>", headers={"ETag": '"1"'})
        if method == "DELETE":
            body = (await request.read()).decode()
            deleted = [name for name in self.objects if f"<Key>{name}</Key>" in body]
            for name in deleted:
                del self.objects[name]
            rows = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in deleted)
            return web.Response(text=f"<DeleteResult>{rows}</DeleteResult>", content_type="application/xml")
        return await super().handle(request)


async def test_a_key_that_may_not_delete_leaves_something_and_says_so() -> None:
    double = Bucket("DELETE")
    async with s3_double(double):
        diagnosis = await diagnose(double_options(double.url), path="data")
    assert (diagnosis["put"].status, diagnosis["delete"].status) == ("ok", "failed")
    assert diagnosis["delete"].permission == "s3:DeleteObject"
    (left,) = (key for key in double.objects if key.startswith("data/.tensorbay/check/") and "copy" not in key)
    assert f"Left behind: {left}, {left}-copy" in diagnosis["delete"].words


async def test_urls_that_are_refused_and_ranges_and_origins_that_are_ignored() -> None:
    double = Bucket("SIGNED")
    async with s3_double(double):
        diagnosis = await diagnose(double_options(double.url))
        assert (diagnosis["get"].status, diagnosis["sign"].status, diagnosis.can_sign) == ("ok", "failed", False)
        assert "The signed URL is refused: These are the server's words." in diagnosis["sign"].words
        assert diagnosis["cors"].words == "needs sign"

        double.refused, double.ignores_range = (), True
        diagnosis = await diagnose(double_options(double.url))
        assert (diagnosis["sign"].status, diagnosis["range"].status, diagnosis.can_sign) == ("ok", "failed", True)
        assert "ignores Range" in diagnosis["range"].words

        double.ignores_range = False
        diagnosis = await diagnose(double_options(double.url))
    assert (diagnosis["sign"].status, diagnosis["range"].status, diagnosis["cors"].status) == ("ok", "ok", "failed")
    assert "no CORS rule" in diagnosis["cors"].words
    assert (diagnosis.ok, diagnosis["copy"].status, diagnosis["delete"].status) == (True, "ok", "ok")
    assert [*double.objects] == ["1.png"]


async def test_what_was_written_is_deleted_when_the_check_is_cancelled() -> None:
    double = Bucket()
    double.hanging = "PUT"
    async with s3_double(double):
        task = asyncio.create_task(diagnose(double_options(double.url)))
        await double.is_hanging.wait()
        assert len(double.objects) == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [*double.objects] == ["1.png"]


async def test_a_store_that_hangs_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", hang)
    async with double_server(app) as url:
        monkeypatch.setattr("tensorbay.storage.diagnosis._steps._STEP_SECONDS", 2)
        diagnosis = await diagnose(double_options(url))
        assert (diagnosis["clock"].status, diagnosis["tcp"].status) == ("failed", "ok")
        assert "no answer within" in diagnosis["clock"].words

        monkeypatch.setattr("tensorbay.storage.diagnosis._steps._TOTAL_SECONDS", 0)
        diagnosis = await diagnose(double_options(url))
    assert {step.status for step in diagnosis.steps} == {"skipped"}
    assert "whole check are over" in diagnosis["dns"].words


async def test_cors_rules_for_some_origins(s3_options: S3Options, s3_server: S3Server) -> None:
    rules = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://app.acme.test"]}]}
    put = s3_server.client.put_bucket_cors
    await anyio.to_thread.run_sync(lambda: put(Bucket=s3_options.bucket, CORSConfiguration=rules))
    diagnosis = await diagnose(s3_options)
    assert diagnosis["cors"].words == "pages of https://app.acme.test may read"


async def test_versioning(s3_options: S3Options, s3_server: S3Server) -> None:
    assert (await diagnose(s3_options))["versioning"].words.startswith("off")
    put = s3_server.client.put_bucket_versioning
    await anyio.to_thread.run_sync(lambda: put(Bucket=s3_options.bucket, VersioningConfiguration={"Status": "Enabled"}))
    assert (await diagnose(s3_options))["versioning"].words == "on"


async def test_folders(tmp_path: Path) -> None:
    root = tmp_path / "root"
    diagnosis = await diagnose(FolderOptions(root=root))
    assert_only_failed(diagnosis, "list")
    assert "does not exist" in diagnosis["list"].words

    await anyio.to_thread.run_sync(root.write_bytes, b"a file")
    assert "is a file, not a folder" in (await diagnose(FolderOptions(root=root)))["list"].words

    await anyio.to_thread.run_sync(root.unlink)
    await anyio.to_thread.run_sync(root.mkdir)
    await anyio.to_thread.run_sync((root / "data").write_bytes, b"in the way")
    diagnosis = await diagnose(FolderOptions(root=root), path="data")
    assert "a file is where it needs a folder" in diagnosis["put"].words
    assert (diagnosis.can_read, diagnosis.can_write) == (True, False)

    diagnosis = await diagnose(FolderOptions(root=root))
    assert {name for name, found in status(diagnosis).items() if found == "ok"} == {
        *("list", "put", "get", "copy", "sign", "range", "delete"),
    }
    assert diagnosis["dns"].words == "a folder of this machine"
    left = await anyio.to_thread.run_sync(lambda: [path for path in root.rglob("*") if path.is_file()])
    assert left == [root / "data"]
