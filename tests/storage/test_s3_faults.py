"""What goes wrong on the way to a bucket: throttling, broken connections, refusals in every dress."""

from __future__ import annotations

import pytest
from aiohttp import web

from tensorbay.exception import (
    ObjectChangedError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tests.storage.filling import keys_of
from tests.storage.s3_double import Fault, S3Double, break_off, hang_up, refusal, s3_double, slow_down

BODY = bytes(range(256)) * 20_000


def refuse(status: int, code: str, extra: str = "") -> Fault:
    async def fault(_: web.Request) -> web.StreamResponse:
        return refusal(status, code, extra)

    return fault


@pytest.mark.parametrize("fault", [slow_down, hang_up, refuse(500, "InternalError"), refuse(502, "BadGateway")])
async def test_passing_faults_are_not_seen(fault: Fault) -> None:
    double = S3Double({"key": BODY})
    async with s3_double(double) as store:
        double.faults = [fault, fault]
        assert await store.get("key") == BODY
        double.faults = [fault, fault]
        assert await keys_of(store) == ["key"]
        double.faults = [fault, fault]
        assert (await store.head("key")).size == len(BODY)
        assert double.faults == []


async def test_throttling_without_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    double = S3Double({"key": BODY}, faults=[slow_down] * 100)
    async with s3_double(double) as store:
        with pytest.raises(StorageError, match=r"These are the server's words\. \(SlowDown, HTTP 503\)"):
            await store.get("key")
    assert len(double.requests) == 7


async def test_a_body_that_breaks_off_is_read_to_its_end() -> None:
    double = S3Double({"key": BODY})
    async with s3_double(double) as store:
        double.faults = [break_off(BODY, after=100_000)]
        assert await store.get("key") == BODY
        double.faults = [break_off(BODY, after=3_000_000)]
        assert b"".join([piece async for piece in store.stream("key")]) == BODY


async def test_a_body_that_is_replaced_half_way_is_not_mixed() -> None:
    double = S3Double({"key": BODY})

    async def replaced(request: web.Request) -> web.StreamResponse:
        double.objects["key"] = BODY[::-1]
        double.faults.insert(0, refuse(412, "PreconditionFailed"))
        return await break_off(BODY, after=100_000)(request)

    async with s3_double(double) as store:
        double.faults = [replaced]
        with pytest.raises(StorageError):
            await store.get("key")


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AccessDenied", StorageAccessError),
        (403, "InvalidAccessKeyId", StorageAccessError),
        (401, "Unauthorized", StorageAccessError),
        (404, "NoSuchBucket", StorageNotFoundError),
        (412, "PreconditionFailed", ObjectChangedError),
        (400, "InvalidRequest", StorageError),
        (409, "OperationAborted", StorageError),
    ],
)
async def test_refusals_are_told_at_once_and_in_the_words_of_the_server(
    status: int, code: str, error: type[StorageError]
) -> None:
    double = S3Double({"key": b"x"})
    async with s3_double(double) as store:
        double.faults = [refuse(status, code)]
        with pytest.raises(error) as caught:
            await store.get("key")
        assert type(caught.value) is error
        assert "key" in str(caught.value) or "'bucket'" in str(caught.value)
        assert len(double.requests) == 1
        if error in (StorageAccessError, StorageError):
            assert f"These are the server's words. ({code}, HTTP {status})" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AccessDenied", StorageAccessError),
        (404, "NoSuchBucket", StorageNotFoundError),
        (400, "InvalidRequest", StorageError),
    ],
)
async def test_refused_listings(status: int, code: str, error: type[StorageError]) -> None:
    double = S3Double()
    async with s3_double(double) as store:
        for call in (store.list_page, store.list_level):
            double.faults = [refuse(status, code)]
            with pytest.raises(error, match="bucket 'bucket'") as caught:
                await call("")
            assert type(caught.value) is error


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (refuse(403, "InvalidAccessKeyId"), StorageAccessError, "access key id 'id' is unknown at "),
        (refuse(403, "SignatureDoesNotMatch"), StorageAccessError, "secret does not belong to the access key id 'id'"),
        (refuse(403, "AccessDenied"), StorageAccessError, "needs the permission s3:ListBucket"),
        (refuse(403, "RequestTimeTooSkewed"), StorageAccessError, "clock of this machine"),
        (refuse(404, "NoSuchBucket"), StorageNotFoundError, "no bucket 'bucket' at "),
        (
            refuse(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
            StorageError,
            "is in region 'eu-west-1', not in 'us-east-1'",
        ),
        (refuse(301, "PermanentRedirect"), StorageError, "is in another region, not in 'us-east-1'"),
        (refuse(404, "Whatever"), StorageError, "These are the server's words"),
    ],
)
async def test_check_says_what_is_wrong(fault: Fault, error: type[StorageError], words: str) -> None:
    double = S3Double()
    async with s3_double(double) as store:
        double.faults = [fault] * 3
        with pytest.raises(error, match=words) as caught:
            await store.check()
        assert type(caught.value) is error


async def test_check_of_what_is_no_object_store() -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html><body>Welcome!", content_type="text/html")

    async with s3_double(S3Double(faults=[page] * 5)) as store:
        with pytest.raises(StorageError, match="answers with a web page, not as an S3 service"):
            await store.check()


async def test_check_repeats_what_passes() -> None:
    async with s3_double(S3Double(faults=[slow_down])) as store:
        await store.check()


async def test_check_when_the_connection_breaks() -> None:
    async with s3_double(S3Double(faults=[hang_up] * 10)) as store:
        with pytest.raises(StorageUnreachableError, match="does not answer"):
            await store.check()
