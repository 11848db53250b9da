"""The least that a config needs to be allowed, as the store wants it written: read and write below one path."""

from __future__ import annotations

import json
import re
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
from tensorbay.storage.diagnosis._judge import kind_of


def policy_for(options: Options, path: str) -> str:
    """`path` is the config's: what lies outside of it is not opened."""
    if isinstance(options, S3Options):
        document = _oss_policy if kind_of(options) == "oss" else _aws_policy
        return json.dumps(document(options, path), indent=2, ensure_ascii=False)
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


def _aws_policy(options: S3Options, path: str) -> dict[str, Any]:
    """Of IAM, for the user or role; with a "Principal" in each statement it is one for the bucket."""
    bucket = f"arn:{_partition(options)}:s3:::{options.bucket}"
    # What stands for other characters in a policy, and does not here.
    escaped = re.sub(r"[*?$]", lambda match: f"${{{match[0]}}}", path)
    listing: dict[str, Any] = {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket}
    if path:
        listing["Condition"] = {"StringLike": {"s3:prefix": [escaped, f"{escaped}/*"]}}
    actions = ["GetObject", "GetObjectVersion", "PutObject", "DeleteObject", "AbortMultipartUpload"]
    objects = {
        "Sid": "Objects",
        "Effect": "Allow",
        "Action": [f"s3:{action}" for action in actions],
        "Resource": f"{bucket}/{escaped}/*" if path else f"{bucket}/*",
    }
    return {"Version": "2012-10-17", "Statement": [listing, objects]}


def _partition(options: S3Options) -> str:
    if options.endpoint.rstrip("/").endswith(".amazonaws.com.cn"):
        return "aws-cn"
    return "aws-us-gov" if "us-gov-" in f"{options.endpoint} {options.region}" else "aws"


def _oss_policy(options: S3Options, path: str) -> dict[str, Any]:
    """Of RAM, for the user or role."""
    bucket = f"acs:oss:*:*:{options.bucket}"
    listing: dict[str, Any] = {"Effect": "Allow", "Action": "oss:ListObjects", "Resource": bucket}
    if path:
        listing["Condition"] = {"StringLike": {"oss:Prefix": [path, f"{path}/*"]}}
    actions = ["GetObject", "GetObjectVersion", "PutObject", "DeleteObject", "AbortMultipartUpload"]
    objects = {
        "Effect": "Allow",
        "Action": [f"oss:{action}" for action in actions],
        "Resource": f"{bucket}/{path}/*" if path else f"{bucket}/*",
    }
    return {"Version": "1", "Statement": [listing, objects]}


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
