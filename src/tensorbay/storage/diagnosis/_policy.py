"""The least that a config needs to be allowed, as the store wants it written: read and write below one path."""

from __future__ import annotations

import json
import shlex
from typing import Any

from tensorbay.storage._options import (
    AzureOptions,
    GcsOptions,
    Options,
    S3Options,
    SasToken,
    ServiceAccount,
    ServiceOptions,
)
from tensorbay.storage._vending import literal
from tensorbay.storage.diagnosis._judge import kind_of

_ACTIONS = ("GetObject", "GetObjectVersion", "PutObject", "DeleteObject", "AbortMultipartUpload")


def policy_for(options: Options, path: str) -> str:
    """`path` is the config's: what lies outside of it is not opened."""
    if isinstance(options, S3Options):
        return json.dumps(_bucket_policy(options, path), indent=2, ensure_ascii=False)
    if isinstance(options, AzureOptions):
        return _azure_commands(options)
    if isinstance(options, GcsOptions):
        return _google_command(options, path)
    if isinstance(options, ServiceOptions):
        return "gas storage serve --root DIR --listen HOST:PORT    # as a user that may read and write below DIR"
    folder = shlex.quote(str(options.root))
    return (
        f"chmod -R u+rwX {folder}    # as its owner; the user that runs this needs it, or its group\n"
        f"gas serve --allow-folder {folder}    # where a server opens it"
    )


def _bucket_policy(options: S3Options, path: str) -> dict[str, Any]:
    """Of IAM or RAM, for the user or role; one of IAM is for the bucket with a "Principal" in each statement."""
    if kind_of(options) == "oss":
        version, service, lists, condition = "1", "oss", "oss:ListObjects", "oss:Prefix"
        bucket = f"acs:oss:*:*:{options.bucket}"
    else:
        version, service, lists, condition = "2012-10-17", "s3", "s3:ListBucket", "s3:prefix"
        bucket, path = f"arn:{_partition(options)}:s3:::{options.bucket}", literal(path)
    listing: dict[str, Any] = {"Effect": "Allow", "Action": lists, "Resource": bucket}
    if path:
        listing["Condition"] = {"StringLike": {condition: [path, f"{path}/*"]}}
    objects = {
        "Effect": "Allow",
        "Action": [f"{service}:{action}" for action in _ACTIONS],
        "Resource": f"{bucket}/{path}/*" if path else f"{bucket}/*",
    }
    return {"Version": version, "Statement": [listing, objects]}


def _partition(options: S3Options) -> str:
    if options.endpoint.rstrip("/").endswith(".amazonaws.com.cn"):
        return "aws-cn"
    return "aws-us-gov" if "us-gov-" in f"{options.endpoint} {options.region}" else "aws"


def _azure_commands(options: AzureOptions) -> str:
    """Azure opens whole containers: neither a role nor a SAS without directories can be held to a path."""
    account, container = shlex.quote(options.account), shlex.quote(options.container)
    if isinstance(options.credentials, SasToken):
        return (
            f"az storage container generate-sas --account-name {account} --name {container} "
            "--permissions rlcwd --https-only --expiry <YYYY-MM-DDTHH:MMZ>"
        )
    scope = (
        "/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage"
        f"/storageAccounts/{options.account}"
    )
    return "\n".join(
        f'az role assignment create --assignee <principal> --role "{role}" --scope {shlex.quote(place)}'
        for role, place in (
            ("Storage Blob Data Contributor", f"{scope}/blobServices/default/containers/{options.container}"),
            ("Storage Blob Delegator", scope),
        )
    )


def _google_command(options: GcsOptions, path: str) -> str:
    command = (
        f"gcloud storage buckets add-iam-policy-binding {shlex.quote(f'gs://{options.bucket}')} "
        f"--member={shlex.quote(_member(options))} --role=roles/storage.objectUser"
    )
    if not path:
        return command
    quoted = json.dumps(f"{path}/", ensure_ascii=False)
    objects = json.dumps(f"projects/_/buckets/{options.bucket}/objects/{path}/", ensure_ascii=False)
    listed = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "")'
    expression = f"resource.name.startsWith({objects}) || {listed}.startsWith({quoted})"
    # A file and no flag: the flag would be cut at the commas of the expression.
    condition = json.dumps({"title": "tensorbay", "expression": expression}, ensure_ascii=False)
    return f"echo {shlex.quote(condition)} > condition.json\n{command} --condition-from-file=condition.json"


def _member(options: GcsOptions) -> str:
    if isinstance(options.credentials, ServiceAccount):
        try:
            return f"serviceAccount:{json.loads(options.credentials.json)['client_email']}"
        except (ValueError, KeyError, TypeError):
            pass
    return "serviceAccount:<email>"
