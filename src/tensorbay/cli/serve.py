from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tensorbay.cli.utility import Command, Group, with_options

if TYPE_CHECKING:
    from tensorbay.server import ServerSettings

__all__ = ["FILE", "FOLDER", "check_tls", "serve", "server", "tls_options"]

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_HOME = click.option("--home", type=FOLDER, help="Folder of the index; default: TENSORBAY_HOME.")
_TEAM = click.option("--team", default="default", show_default=True, help="Keys of one team see the same datasets.")
tls_options = with_options(
    click.option(
        "--tls", type=click.Choice(["self-signed"]), help="Make a certificate: clients trust HOME/tls/ca.pem."
    ),
    click.option("--tls-cert", type=FILE, help="Certificate chain, PEM."),
    click.option("--tls-key", type=FILE, help="Private key of the certificate, PEM."),
)


def check_tls(tls: str | None, certificate: Path | None, key: Path | None) -> None:
    if (certificate is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    if tls and certificate:
        raise click.UsageError("Either --tls self-signed or a certificate of your own, not both")


def _networks(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(value) for value in values)
    except ValueError as exc:
        raise click.BadParameter(f"{exc}; a network looks like 10.1.0.0/16 or 10.1.2.3", ctx, param) from None


@click.command(cls=Command)
@_HOME
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen on.")
@tls_options
@click.option("--tls-name", multiple=True, help="Host that clients call it by, for that certificate; again: one more.")
@click.option("--allow-folder", type=FOLDER, multiple=True, help="Local folder that storage configs may name.")
@click.option(
    "--allow-private-endpoints", is_flag=True, help="Storage configs may name this machine and private networks."
)
@click.option(
    "--allow-network", multiple=True, callback=_networks, help="Network that storage configs may name: 10.1.0.0/16."
)
@click.option(
    "--allow-server-identity", is_flag=True, help="Teams may use what this machine is to AWS, Azure and Google."
)
def serve(
    home: Path | None,
    host: str,
    port: int,
    tls: str | None,
    tls_name: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    allow_folder: tuple[Path, ...],
    allow_private_endpoints: bool,
    allow_network: tuple[IPv4Network | IPv6Network, ...],
    allow_server_identity: bool,
) -> None:
    """Serve the Open API until Ctrl-C.

    Clients need an access key: `gas server create-key NAME`.
    """
    # Imported here: the commands of a client do without the server's dependencies.
    from tensorbay.server import serve as run

    check_tls(tls, tls_cert, tls_key)
    if tls_name and not tls:
        raise click.UsageError("--tls-name goes with --tls self-signed")
    given: dict[str, Any] = {
        "allow_folders": allow_folder,
        "allow_private_endpoints": allow_private_endpoints,
        "allow_networks": allow_network,
        "allow_server_identity": allow_server_identity,
    }
    given = {name: value for name, value in given.items() if value}
    settings = _settings(home, **given)
    run(
        settings,
        host=host,
        port=port,
        self_signed=tls is not None,
        names=tls_name,
        certificate=tls_cert,
        key=tls_key,
    )


@click.group(cls=Group)
def server() -> None:
    """Run a server's affairs, on its machine."""


@server.command("create-key")
@click.argument("name")
@_HOME
@_TEAM
def create_key(name: str, home: Path | None, team: str) -> None:
    """Print a new access key for the user NAME. It is stored hashed and can't be shown again."""
    import anyio

    from tensorbay.server import create_key as create

    click.echo(anyio.run(create, _settings(home), name, team))


@server.command("list-keys")
@_HOME
def list_keys(home: Path | None) -> None:
    """List whose access keys there are: team, name, and when each was made."""
    import anyio

    from tensorbay.server import list_keys as read

    for key in anyio.run(read, _settings(home)):
        click.echo(f"{key.team}\t{key.name}\t{datetime.fromtimestamp(key.created):%Y-%m-%d %H:%M:%S}")


@server.command("revoke-key")
@click.argument("name")
@_HOME
@_TEAM
def revoke_key(name: str, home: Path | None, team: str) -> None:
    """End all access keys of the user NAME, or the one key that NAME is. Servers may run meanwhile."""
    import anyio

    from tensorbay.server import revoke_keys as revoke

    revoked = anyio.run(revoke, _settings(home), name, team)
    click.echo(f"Access keys revoked: {revoked}. URLs that were signed for them last until they expire.")


@server.command("rotate-key")
@_HOME
def rotate_key(home: Path | None) -> None:
    """Encrypt the credentials of all storage configs with a new key, and drop the old one.

    Servers may run meanwhile. Killed in the middle, it is finished by running it again.
    """
    import anyio

    from tensorbay.server import rotate_key as rotate

    done = anyio.run(rotate, _settings(home))
    click.echo(f"{done.encrypted} storage configs are encrypted with the new key.")
    if done.lost:
        click.echo(f"{done.lost} more could not be opened with any key: update them with their credentials.")
    if done.is_by_hand:
        click.echo("Now drop the older keys from TENSORBAY_SECRET_KEY and restart the servers.")
    else:
        click.echo("Restart the servers of this home together: signed URLs given out before then end with that.")


@server.command("public-key")
@_HOME
@click.option("--renew", is_flag=True, help="Make another pair; then restart the servers, and tell each service.")
def public_key(home: Path | None, renew: bool) -> None:
    """Print the key that local storage services trust this server by. It is not secret."""
    import anyio

    from tensorbay.server import public_key as read

    settings = _settings(home)
    click.echo(anyio.run(lambda: read(settings, renew=renew)), nl=False)


def _settings(home: Path | None, **given: Any) -> ServerSettings:
    from tensorbay.server import ServerSettings

    return ServerSettings.load(**given, **({} if home is None else {"home": home}))
