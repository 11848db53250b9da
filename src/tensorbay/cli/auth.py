from __future__ import annotations

import sys
from collections.abc import Iterable
from urllib.parse import urlsplit

import click

from tensorbay._util.access_key import PREFIXES
from tensorbay.cli.gasconfig import DEFAULT_PROFILE, Profile
from tensorbay.cli.utility import INDENT, Command, ContextInfo
from tensorbay.exception import ClientError, TensorBayException, UnauthorizedError

__all__ = ["INDENT", "auth"]

_LENGTH = 42
_WRONG_KEY = 'Wrong accesskey format: it is "Accesskey-" with 32 characters; `gas server create-key NAME` makes one'


@click.command(cls=Command)
@click.argument("url_or_key", metavar="[URL]", default="")
@click.argument("key", metavar="[ACCESSKEY]", default="")
@click.option("-g", "--get", "is_get", is_flag=True, help="Print the access key, in full.")
@click.option("-s", "--status", "is_status", is_flag=True, help="Show whose access key it is.")
@click.option("-u", "--unset", "is_unset", is_flag=True, help="Forget the access key.")
@click.option("-a", "--all", "is_all", is_flag=True, help="With the other options: of all profiles.")
@click.pass_obj
def auth(
    context: ContextInfo, url_or_key: str, key: str, is_get: bool, is_status: bool, is_unset: bool, is_all: bool
) -> None:
    """Store a server and an access key for it.

    They go to ~/.gasconfig, as the default profile or under the name of `gas -p`.

    Synopsis:
      gas auth                               asks for both
      gas auth <url> <accessKey>
      gas auth <accessKey>                   another key for the same server
      gas auth -g [-a]
      gas auth -s [-a]
      gas auth -u [-a]
    """
    chosen = [do for do, is_chosen in ((_get, is_get), (_status, is_status), (_unset, is_unset)) if is_chosen]
    if len(chosen) > 1:
        raise ClientError('Use at most one of "--get", "--unset" and "--status"')
    if is_all and not chosen:
        raise ClientError('Use "--all" option with "--get", "--unset" or "--status" option')
    if chosen and url_or_key:
        raise ClientError("Option requires 0 arguments")
    name = context.profile_name or DEFAULT_PROFILE
    if chosen:
        chosen[0](context, None if is_all else name)
    else:
        _set(context, name, *_parse(url_or_key, key))


def _parse(first: str, second: str) -> tuple[str, str]:
    """URL and key; what is not given is empty."""
    if _is_key(first):
        if _is_url(second):
            raise ClientError('Please use "gas auth [url] [accessKey]" to specify the url and accessKey')
        if second:
            raise ClientError(f'Redundant argument "{_masked(second)}"')
        return "", first
    if first and not _is_url(first):
        is_meant = first.startswith(PREFIXES)
        raise ClientError(_WRONG_KEY if is_meant else f'Invalid argument "{first}"')
    return first, second


def _set(context: ContextInfo, name: str, url: str, key: str) -> None:
    stored = context.config.profile(name)
    url = url or context.url or (stored.url if stored else "") or click.prompt("Paste the URL of your server here")
    if not _is_url(url):
        raise ClientError(f'Invalid argument "{url}": a server is at http://host:port or https://host:port')
    key = key or context.access_key or _ask_key()
    if not _is_key(key):
        raise ClientError(_WRONG_KEY)
    try:
        with context.get_gas(key, url) as gas:
            user = gas.get_user()
    except UnauthorizedError:
        raise ClientError(f"{_masked(key)} is not a valid AccessKey") from None
    context.config.set_profile(name, key, url)
    team = f' in "{user.team.name}" team' if user.team else ""
    profile = "" if name == DEFAULT_PROFILE else f' into profile "{name}"'
    click.echo(f'Successfully set authentication info of "{user.name}"{team}{profile}')


def _ask_key() -> str:
    click.echo("An AccessKey is made on the machine of the server:\n\n > gas server create-key <your name>\n")
    # Where there is no terminal, a hidden prompt would look for one instead of reading what is piped in.
    return str(click.prompt("Paste your AccessKey here", hide_input=sys.stdin.isatty()))


def _get(context: ContextInfo, name: str | None) -> None:
    for profile in _profiles(context, name):
        click.echo(f"{profile.name} = ")
        for line in filter(None, (profile.access_key, profile.url)):
            click.echo(f"{INDENT}{line}")
        click.echo()


def _status(context: ContextInfo, name: str | None) -> None:
    is_failed = False
    for profile in _profiles(context, name):
        click.echo(profile.name)
        try:
            lines = _whose(context, profile)
        except TensorBayException as error:  # of all profiles, some server may be gone
            click.secho(f"{INDENT}ERROR: {error}", fg="red", err=True)
            lines, is_failed = [], True
        for line in filter(None, (*lines, _masked(profile.access_key), profile.url)):
            click.echo(f"{INDENT}{line}")
        click.echo()
    if is_failed:
        raise SystemExit(1)


def _whose(context: ContextInfo, profile: Profile) -> list[str]:
    if not profile.url:
        raise ClientError(f"No URL is stored with it: gas -p {profile.name} auth <url> <accessKey>")
    with context.get_gas(profile.access_key, profile.url) as gas:
        user = gas.get_user()
    return [f"USER: {user.name}", *([f"TEAM: {user.team.name}"] if user.team else [])]


def _unset(context: ContextInfo, name: str | None) -> None:
    if name is None:
        context.config.unset_profiles()
    else:
        context.config.unset_profile(name)
    unset = "all" if name is None else f'"{name}"'
    click.echo(f"Successfully unset {unset} auth info")


def _profiles(context: ContextInfo, name: str | None) -> Iterable[Profile]:
    if name is None:
        return context.config.profiles()
    profile = context.config.profile(name)
    if profile is None:
        raise ClientError(f'Profile "{name}" does not exist.')
    return [profile]


def _is_key(text: str) -> bool:
    return text.startswith(PREFIXES) and len(text) == _LENGTH


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _masked(text: str) -> str:
    """Of an access key, enough to tell it from others."""
    return f"{text[:10]}****{text[-4:]}" if text.startswith(PREFIXES) else text
