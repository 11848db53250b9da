"""The group `gas`. Modules of commands import what they need when they run: help and completion come at once."""

from __future__ import annotations

import logging
from functools import partial

import click

from tensorbay._util.config import config as sdk_config
from tensorbay.cli.auth import auth
from tensorbay.cli.branch import branch
from tensorbay.cli.commit import commit
from tensorbay.cli.config import config
from tensorbay.cli.cp import cp
from tensorbay.cli.dataset import dataset
from tensorbay.cli.draft import draft
from tensorbay.cli.import_data import import_data
from tensorbay.cli.log import log
from tensorbay.cli.ls import ls
from tensorbay.cli.quickstart import quickstart
from tensorbay.cli.rm import rm
from tensorbay.cli.serve import serve, server
from tensorbay.cli.storage import storage
from tensorbay.cli.tag import tag
from tensorbay.cli.utility import ContextInfo, Group
from tensorbay.cli.verify import verify

__all__ = [
    "auth",
    "branch",
    "cli",
    "commit",
    "config",
    "cp",
    "dataset",
    "draft",
    "import_data",
    "log",
    "ls",
    "quickstart",
    "rm",
    "serve",
    "server",
    "storage",
    "tag",
    "verify",
]


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-k", "--key", default="", help="Access key for the server.")
@click.option("-u", "--url", default="", help="Server, or file:///folder for an embedded home.")
@click.option("-p", "--profile", "profile_name", help="Server and key that `gas auth` stored under this name.")
@click.option("-d", "--debug", is_flag=True, help="Show requests and answers, without secrets, and tracebacks.")
@click.version_option(package_name="tensorbay")
@click.pass_context
def cli(ctx: click.Context, key: str, url: str, profile_name: str | None, debug: bool) -> None:
    """Datasets that stay in your storage: index, version and read them.

    Which server: the options here, the profile of -p, TENSORBAY_URL and TENSORBAY_ACCESS_KEY, the default profile;
    without any of them the embedded home, TENSORBAY_HOME.
    """
    ctx.obj = ContextInfo(key, url, profile_name)
    sdk_config._x_source = "PYTHON-CLI"
    ctx.call_on_close(partial(delattr, sdk_config, "_x_source"))
    if debug:
        _log_to_stderr(ctx)


def _log_to_stderr(ctx: click.Context) -> None:
    logger, handler = logging.getLogger("tensorbay"), logging.StreamHandler()
    ctx.call_on_close(partial(logger.setLevel, logger.level))
    ctx.call_on_close(partial(logger.removeHandler, handler))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)


for command in (
    *(auth, branch, commit, config, cp, dataset, draft, import_data, log),
    *(ls, quickstart, rm, serve, server, storage, tag, verify),
):
    cli.add_command(command)
