"""JSON of a request, row, body, options of a store: nothing is lost or shown on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay import storage
from tensorbay.exception import InvalidParamsError
from tensorbay.server.config_options import Body, from_row, parse, secrets_of, shown_options, to_options
from tensorbay.server.configs import StorageConfig

ROLE = "arn:aws:iam::123456789012:role/"
SECRET = "planted"
secrets = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).map(SECRET.__add__)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=3, max_size=24)
endpoints = st.sampled_from(["http://127.0.0.1:8333", "https://s3.example.org"])


def optional(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


def merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {name: value for part in found for name, value in part.items()})


def fixed(type_: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(type_), **members})


access_keys = merged(fixed("accessKey", keyId=names, secret=secrets), optional(token=secrets))
aws_identities = merged(fixed("awsIdentity"), optional(profile=names))
roles = merged(
    fixed("assumeRole", roleArn=names.map(ROLE.__add__)),
    optional(source=access_keys | aws_identities, externalId=names, stsEndpoint=endpoints),
)
aws = access_keys | aws_identities | roles
azure = (
    fixed("accountKey", key=secrets)
    | fixed("sasToken", token=secrets)
    | merged(fixed("managedIdentity"), optional(clientId=names))
)
service_keys = st.builds(lambda key: json.dumps({"client_email": "a@b", "private_key": key}), secrets)
google = fixed("serviceAccount", key=service_keys) | fixed("googleIdentity")

places = st.fixed_dictionaries({"name": names, "filePath": names})
documents = (
    merged(fixed("s3", bucketName=names, credentials=aws), places, optional(endpoint=endpoints, region=names))
    | merged(fixed("oss", bucketName=names, credentials=aws, endpoint=endpoints), places, optional(region=names))
    | merged(
        fixed("azure", accountName=names, containerName=names, credentials=azure),
        places,
        optional(endpoint=endpoints, accountType=st.sampled_from(["Global", "China"])),
    )
    | merged(fixed("gcs", bucketName=names, credentials=google), places, optional(endpoint=endpoints))
    | merged(fixed("local", endpoint=st.sampled_from(["file:///folder", "file:///a%20b"])), places)
)


def row(body: Body) -> StorageConfig:
    return StorageConfig(
        id="1",
        team_id="2",
        name=body.name,
        kind=body.type,
        file_path=body.file_path,
        options=json.loads(json.dumps(shown_options(body))),
    )


@given(documents)
def test_a_config_survives_its_row(document: dict[str, Any]) -> None:
    body = parse(document)
    assert parse(json.dumps(document)) == body
    kept = json.loads(json.dumps(secrets_of(body)))
    assert from_row(row(body), kept) == body
    assert parse(body.to_json()) == body


@given(documents)
def test_what_is_shown_has_no_secret(document: dict[str, Any]) -> None:
    body = parse(document)
    options = to_options(body)
    for shown in (json.dumps(shown_options(body)), repr(body), str(body), repr(row(body)), repr(options)):
        assert SECRET not in shown
    if (credentials := secrets_of(body)) is not None:
        assert shown_options(body)["credentials"]["type"] == credentials["type"]


@given(documents)
def test_the_store_is_given_what_the_request_said(document: dict[str, Any]) -> None:
    options = to_options(parse(document))
    credentials = document.get("credentials", {})
    match options:
        case storage.S3Options():
            assert options.bucket == document["bucketName"]
            assert options.region == document.get("region")
            assert options.addressing == ("virtual" if document["type"] == "oss" else "path")
        case storage.AzureOptions():
            assert (options.account, options.container) == (document["accountName"], document["containerName"])
        case storage.GcsOptions():
            assert (options.bucket, options.endpoint) == (document["bucketName"], document.get("endpoint"))
    match getattr(options, "credentials", None):
        case storage.AccessKey(key_id=key_id, secret=secret, token=token):
            assert (key_id, secret, token) == (credentials["keyId"], credentials["secret"], credentials.get("token"))
        case storage.AwsIdentity(profile=profile):
            assert profile == credentials.get("profile")
        case storage.AssumeRole() as role:
            assert role.role_arn == credentials["roleArn"]
            assert role.external_id == credentials.get("externalId")
            assert role.sts_endpoint == credentials.get("stsEndpoint")
            assert isinstance(role.source, storage.AccessKey) == ("secret" in credentials.get("source", {}))
        case storage.AccountKey(key=key):
            assert key == credentials["key"]
        case storage.SasToken(token=token):
            assert token == credentials["token"]
        case storage.ManagedIdentity(client_id=client_id):
            assert client_id == credentials.get("clientId")
        case storage.ServiceAccount(json=key):
            assert key == credentials["key"]
        case storage.GoogleIdentity():
            assert credentials == {"type": "googleIdentity"}
        case None:
            assert document["type"] == "local"


@pytest.mark.parametrize(
    ("members", "url"),
    [
        ({"type": "s3", "bucketName": "b"}, "https://s3.us-east-1.amazonaws.com"),
        ({"type": "s3", "bucketName": "b", "region": "eu-central-1"}, "https://s3.eu-central-1.amazonaws.com"),
        ({"type": "s3", "bucketName": "b", "region": "cn-north-1"}, "https://s3.cn-north-1.amazonaws.com.cn"),
        ({"type": "s3", "bucketName": "b", "endpoint": "http://h:1"}, "http://h:1"),
        ({"type": "azure", "accountName": "acc", "containerName": "c"}, "https://acc.blob.core.windows.net"),
        (
            {"type": "azure", "accountName": "acc", "containerName": "c", "accountType": "China"},
            "https://acc.blob.core.chinacloudapi.cn",
        ),
        ({"type": "azure", "accountName": "acc", "containerName": "c", "endpoint": "http://h:1/acc"}, "http://h:1/acc"),
    ],
)
def test_endpoints_that_need_not_be_given(members: dict[str, str], url: str) -> None:
    keys = {"s3": {"type": "accessKey", "keyId": "i", "secret": "s"}, "azure": {"type": "accountKey", "key": "k"}}
    options = to_options(parse({"name": "n", "filePath": "", "credentials": keys[members["type"]], **members}))
    assert not isinstance(options, storage.FolderOptions)
    assert options.endpoint == url


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"type": "ftp"}, "'s3', 'oss', 'azure', 'gcs', 'local'"),
        ({"endpoint": f"https://user:{SECRET}@host"}, "endpoint"),
        ({"endpoint": f"https://host?sig={SECRET}"}, "endpoint"),
        ({"containerName": SECRET}, "containerName"),
        ({"credentials": {"type": "accountKey", "key": SECRET}}, "credentials"),
        ({"credentials": {"type": "accessKey", "keyId": "i"}}, "credentials.accessKey.secret: Field required"),
        ({"credentials": {"type": "accessKey", "keyId": "i", "secret": [SECRET]}}, "secret: Input should be"),
        ({"credentials": {"type": "accessKey", "keyId": "i", "secret": SECRET, "tokn": SECRET}}, "tokn: Extra"),
        (
            {"credentials": {"type": "accessKey", "keyId": "i", "secret": f"{SECRET}\n"}},
            "secret: it has a",
        ),
        (
            {"credentials": {"type": "accessKey", "keyId": "i", "secret": "s", "token": f"{SECRET}\n"}},
            "token: it has a",
        ),
        ({"credentials": {"type": "assumeRole", "roleArn": SECRET}}, "roleArn"),
        (
            {
                "credentials": {
                    "type": "assumeRole",
                    "roleArn": f"{ROLE}r",
                    "stsEndpoint": f"https://user:{SECRET}@host",
                }
            },
            "stsEndpoint: it",
        ),
        ({"type": "gcs", "credentials": {"type": "serviceAccount", "key": f"{{{SECRET}"}}, "key file"),
    ],
)
def test_what_is_wrong_is_told_without_the_value(members: dict[str, Any], words: str) -> None:
    good = {"type": "s3", "name": "n", "filePath": "", "bucketName": "b"}
    with pytest.raises(InvalidParamsError) as caught:
        parse({**good, "credentials": {"type": "accessKey", "keyId": "i", "secret": "s"}, **members})
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_secrets_of_the_first_version_are_still_read() -> None:
    options = {"endpoint": "http://h", "bucketName": "b", "credentials": {"type": "accessKey", "keyId": "i"}}
    config = StorageConfig(id="1", team_id="2", name="n", kind="s3", file_path="", options=options)
    opened = to_options(from_row(config, {"access_key_secret": SECRET}))
    assert isinstance(opened, storage.S3Options)
    assert opened.credentials == storage.AccessKey(key_id="i", secret=SECRET)
