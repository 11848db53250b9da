"""Who asks there, of `gas storage create` and `update`.

Secrets come from the environment, a file or a prompt: an option would be seen in `ps`.
"""

from __future__ import annotations

import getpass
import os
import sys
import warnings
from collections.abc import Callable
from typing import IO, Any

import click

from tensorbay.exception import ClientError

__all__ = ["AWS", "AZURE", "GOOGLE", "credentials"]

_IDENTITY = click.option("--identity", is_flag=True, help="What the machine of the index is to the cloud.")
AWS = (
    click.option("--key-id", help="Access key id (AWS_ACCESS_KEY_ID); its secret is asked for."),
    _IDENTITY,
    click.option("--profile", help="With --identity: the profile of the machine's AWS configuration."),
    click.option("--role", help="ARN of a role to take on; by --key-id, else by the machine's identity."),
    click.option("--external-id", help="With --role: what its trust policy requires."),
)
AZURE = (
    click.option("--account-key", is_flag=True, help="One of the account's keys; it is asked for."),
    click.option("--sas", is_flag=True, help="A shared access signature; it is asked for."),
    _IDENTITY,
    click.option("--client-id", help="With --identity: which one, where the machine has several."),
)
GOOGLE = (
    click.option("--key-file", type=click.File(), help="Key file of a service account; - is the standard input."),
    _IDENTITY,
)


def _aws(*, key_id: str | None, identity: bool, profile: str | None, role: str | None, external_id: str | None) -> Any:
    from tensorbay import credentials as kinds

    if role is None and external_id is not None:
        raise click.UsageError("--external-id goes with --role")
    if identity or profile or (role is not None and key_id is None):
        source = _make(kinds.AwsIdentity, profile=profile)
    else:
        has_secret = bool(os.environ.get("AWS_SECRET_ACCESS_KEY"))
        source = _make(
            kinds.AccessKey,
            key_id=key_id or _ask("Access key id", "AWS_ACCESS_KEY_ID", hide=False),
            secret=_ask("Secret access key", "AWS_SECRET_ACCESS_KEY"),
            token=(os.environ.get("AWS_SESSION_TOKEN") or None) if has_secret else None,
        )
    return source if role is None else _make(kinds.AssumeRole, role_arn=role, source=source, external_id=external_id)


def _azure(*, account_key: bool, sas: bool, identity: bool, client_id: str | None) -> Any:
    from tensorbay import credentials as kinds

    if identity or client_id:
        return _make(kinds.ManagedIdentity, client_id=client_id)
    if sas and not account_key:
        return _make(kinds.SasToken, token=_ask("SAS token", "AZURE_STORAGE_SAS_TOKEN"))
    return _make(kinds.AccountKey, key=_ask("Account key", "AZURE_STORAGE_KEY"))


def _google(*, key_file: IO[str] | None, identity: bool) -> Any:
    from tensorbay import credentials as kinds

    if identity:
        return kinds.GoogleIdentity()
    if key_file is None:
        raise click.UsageError("--key-file or --identity is needed")
    return _make(kinds.ServiceAccount, key=key_file.read())


_READERS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "s3": (_aws, ("key_id", "identity", "profile", "role", "external_id")),
    "oss": (_aws, ("key_id", "identity", "profile", "role", "external_id")),
    "azure": (_azure, ("account_key", "sas", "identity", "client_id")),
    "gcs": (_google, ("key_file", "identity")),
    "local": (lambda: None, ()),
}
_ALL = {name for _, names in _READERS.values() for name in names}
# Options that each say who asks, by what they amount to: of two, one would be ignored.
_WAY = {
    **{name: f"--{name.replace('_', '-')}" for name in ("key_id", "account_key", "sas", "key_file", "identity")},
    "profile": "--identity",
    "client_id": "--identity",
}


def credentials(kind: str, options: dict[str, Any], *, is_needed: bool = True) -> Any:
    """What of `options` are credentials, taken out; those of another kind are a mistake."""
    read, names = _READERS[kind]
    given = {name: options.pop(name) for name in _ALL & options.keys()}
    if wrong := [name for name, value in given.items() if value and name not in names]:
        raise click.UsageError(f"--{wrong[0].replace('_', '-')} does not go with a storage config of type {kind}")
    ways = {_WAY[name] for name, value in given.items() if value and name in _WAY}
    if len(ways) > 1:
        raise click.UsageError(f"Give one of {' and '.join(sorted(ways))}")
    return read(**{name: given[name] for name in names}) if is_needed or any(given.values()) else None


def _ask(title: str, variable: str, *, hide: bool = True) -> str:
    if given := os.environ.get(variable):
        return given
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return str(click.prompt(title, hide_input=hide, err=True))
    except (getpass.GetPassWarning, click.Abort):
        if sys.stdin.isatty():
            raise
        raise ClientError(f"{title}: there is no terminal to ask for it; give it in {variable}") from None


def _make(kind: Callable[..., Any], **members: Any) -> Any:
    from pydantic import ValidationError

    from tensorbay.wire import explain

    try:
        return kind(**members)
    except ValidationError as error:
        raise click.UsageError(explain(error)) from None
