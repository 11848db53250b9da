"""What the commands share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tensorbay._util.config import config as sdk_config
from tensorbay.cli.gasconfig import DEFAULT_PROFILE, GasConfig, form_profile_value
from tensorbay.cli.tbrn import TBRN
from tensorbay.exception import ClientError, DatasetTypeError, TensorBayException

if TYPE_CHECKING:
    # Imported where they are used: `gas --help` does without the client and all that it stands on.
    from tensorbay.client import GAS
    from tensorbay.client.dataset import DatasetClient, FusionDatasetClient
    from tensorbay.client.settings import ClientSettings
    from tensorbay.client.struct import Branch, Tag

__all__ = [
    "INDENT",
    "Command",
    "ContextInfo",
    "Group",
    "ask_message",
    "checkout",
    "form_profile_value",
    "full_message",
    "parse_dataset",
    "require_draft",
    "sort_by",
    "sort_option",
    "with_options",
]

INDENT = "    "

F = TypeVar("F", bound=Callable[..., Any])
_N = TypeVar("_N", "Branch", "Tag")

_logger = logging.getLogger(__name__)
_quiet = logging.NullHandler()


class Command(click.Command):
    """Shows errors of ours and of the system as one line on stderr; a traceback is for bugs, and for `gas -d`.

    In its help the lines below "Synopsis:" stay lines.
    """

    def __init__(self, name: str | None, **options: Any) -> None:
        text = cleandoc(options.pop("help", None) or "")
        super().__init__(name, help=text.replace("Synopsis:", "\b\nSynopsis:"), **options)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (TensorBayException, OSError) as error:
            _logger.debug("The command failed", exc_info=True)
            click.secho(f"ERROR: {error}", fg="red", err=True)
            ctx.exit(1)


class Group(click.Group):
    command_class = Command
    group_class = type


@dataclass
class ContextInfo:
    """What the options before the command said; `profile_name` is None where none was asked for."""

    access_key: str = field(default="", repr=False)
    url: str = ""
    profile_name: str | None = None

    @cached_property
    def config(self) -> GasConfig:
        return GasConfig()

    def get_gas(self, access_key: str | None = None, url: str | None = None) -> GAS:
        """For the server that is given whole, by default that of `connection()`."""
        from pydantic import SecretStr

        from tensorbay.client.gas import GAS

        if access_key is None or url is None:
            access_key, url = self.connection()
        if self.config.option("is_internal"):
            sdk_config.is_internal = True
        # What went wrong is told in a line; without a handler, Python would print warnings of the client beside it.
        logging.getLogger("tensorbay.aio").addHandler(_quiet)
        server = {"access_key": SecretStr(access_key), "url": url}
        try:
            return GAS(settings=self.settings.model_copy(update=server))
        except TypeError as error:  # a malformed key or URL
            raise ClientError(str(error)) from None

    def connection(self) -> tuple[str, str]:
        """The access key and the URL: of the options, the profile asked for, the environment, the default profile.

        What one of them does not say the next one does, unless it is about another server: a key gets to no server that
        it is not for. Both are empty for the embedded home.
        """
        key = url = ""
        for its_key, its_url in self._sources():
            if not url or not its_url or url.rstrip("/") == its_url.rstrip("/"):
                key, url = key or its_key, url or its_url
        return key, url

    def _sources(self) -> Iterable[tuple[str, str]]:
        yield self.access_key, self.url
        asked_for = None if self.access_key and self.url else self.profile_name
        profile = self.config.profile(asked_for or DEFAULT_PROFILE)
        if asked_for and profile:
            yield profile.access_key, profile.url
        elif asked_for:
            raise ClientError(
                f'Profile "{asked_for}" does not exist. To make it: gas -p {asked_for} auth <url> <accessKey>'
            )
        yield self.settings.access_key.get_secret_value(), self.settings.url
        if profile and not asked_for:
            yield profile.access_key, profile.url

    @cached_property
    def settings(self) -> ClientSettings:
        """Of the environment, then of `gas config`."""
        from pydantic import ValidationError

        from tensorbay.client.settings import ClientSettings
        from tensorbay.wire import explain_settings

        try:
            settings = ClientSettings()
        except ValidationError as error:
            raise ClientError(explain_settings(error)) from None
        options = {name: self.config.option(name) for name in {"timeout", "max_retries"} - settings.model_fields_set}
        return settings.model_copy(update={name: value for name, value in options.items() if value is not None})


def checkout(gas: GAS, tbrn: TBRN) -> DatasetClient | FusionDatasetClient:
    """The dataset, on the version that `tbrn` names, else on the newest commit of its default branch."""
    client: DatasetClient | FusionDatasetClient
    try:
        client = gas.get_dataset(tbrn.dataset_name)
    except DatasetTypeError:
        client = gas.get_dataset(tbrn.dataset_name, is_fusion=True)
    if tbrn.has_version:
        client.checkout(tbrn.revision, tbrn.draft_number)
    return client


def parse_dataset(text: str, purpose: str) -> TBRN:
    """Of a dataset in any version."""
    tbrn = TBRN.parse(text)
    if tbrn.segment_name is not None:
        raise ClientError(f'To {purpose}, "{tbrn}" must be a dataset')
    return tbrn


def require_draft(tbrn: TBRN, purpose: str) -> int:
    """Its number."""
    if tbrn.draft_number is None:
        like = replace(tbrn, revision=None, draft_number=1)
        raise ClientError(f'To {purpose}, "{tbrn}" must be in draft status, like "{like}"')
    return tbrn.draft_number


def full_message(title: str, description: str) -> str:
    return "\n\n".join([title or "<no title>", *([description] if description else [])])


def ask_message(
    messages: Sequence[str], *, editor: Any, title: str = "", description: str = "", hint: str, abort: str
) -> tuple[str, str]:
    """Title and description: what -m gave, else what the editor is left with, which starts with what there is.

    ClientError with the words of `abort`: there is no title.
    """
    text = "\n".join(messages)
    if not messages:
        comment = "".join(f"# {line}\n" for line in (hint, "Lines starting with '#' are ignored."))
        before = f"{title}\n\n{description}".strip()
        written = click.edit(f"{before}\n\n{comment}", editor=editor, require_save=False) or ""
        text = "\n".join(line for line in written.splitlines() if not line.startswith("#"))
    title, _, description = text.strip().partition("\n")
    if not title:
        raise ClientError(abort)
    return title.rstrip(), description.strip()


def with_options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order that help shows them."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


sort_option = click.option(
    "--sort", default="name", help="By name or commit_date; -name and -commit_date: the other way round."
)


def sort_by(items: Iterable[_N], key: str) -> list[_N]:
    """By "name" or "commit_date", with a "-" before it the other way round."""
    name = key.removeprefix("-")
    if name not in ("name", "commit_date"):
        raise ClientError('The "--sort" option must be "name" or "commit_date" with an optional "-" before them')

    def date(item: _N) -> int:
        committer = getattr(item, "committer", None)  # absent where a branch has no commit
        return committer.date if committer else 0

    return sorted(items, key=(lambda item: item.name) if name == "name" else date, reverse=key.startswith("-"))
