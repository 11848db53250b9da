from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import click

from tensorbay.cli.serve import FILE, FOLDER, check_tls, tls_options
from tensorbay.cli.utility import Command

__all__ = ["serve"]

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def _size(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    match = re.fullmatch(r"(\d{1,12})([KMGT]?)(?:i?B)?", value, re.ASCII | re.IGNORECASE)
    if match is None:
        raise click.BadParameter(f"{value!r} is no number of bytes; write 500M, 20G or 2T")
    return int(match[1]) << _UNITS[match[2].upper()]


def _address(_: click.Context, __: click.Parameter, value: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{value}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if port is None:
        raise click.BadParameter(f"{value!r} is no address; write 127.0.0.1:9000, 0.0.0.0:9000 or [::]:9000")
    return host, port


@click.command("serve", cls=Command)
@click.option("--root", type=FOLDER, required=True, help="Folder to serve; nothing outside of it can be reached.")
@click.option(
    "--listen",
    callback=_address,
    metavar="HOST:PORT",
    default="127.0.0.1:9000",
    show_default=True,
    help="Address to listen on.",
)
@click.option(
    "--endpoint",
    multiple=True,
    help="URL of this service in storage configs, often if need be; default: that of --listen.",
)
@click.option("--server-url", help="Server to trust: its public key is fetched once, and kept in HOME.")
@click.option(
    "--server-ca", type=FILE, envvar="TENSORBAY_CA_BUNDLE", help="Authority of the server's certificate, PEM."
)
@click.option("--public-key", type=FILE, help="Key of the server to trust, as `gas server public-key` prints it.")
@click.option("--team", multiple=True, help="Serve only this team of the server, by its id; often if need be.")
@click.option("--home", type=FOLDER, help="Folder for the kept key and the certificates; outside of the root.")
@click.option("--max-upload", callback=_size, metavar="SIZE", default="50G", show_default=True, help="Largest upload.")
@click.option("--quota", callback=_size, metavar="SIZE", help="What uploads may take altogether; default: no limit.")
@click.option(
    "--reserve", callback=_size, metavar="SIZE", default="1G", show_default=True, help="Space that uploads leave free."
)
@tls_options
def serve(
    root: Path,
    listen: tuple[str, int],
    endpoint: tuple[str, ...],
    server_url: str | None,
    server_ca: Path | None,
    public_key: Path | None,
    team: tuple[str, ...],
    home: Path | None,
    max_upload: int,
    quota: int | None,
    reserve: int,
    tls: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> None:
    """Serve a folder of this machine to whom the server gives tokens, until Ctrl-C.

    A storage config names it: `gas.create_local_storage_config(name, path, "http://host:9000")`.
    """
    # Imported here: the commands of a client do without.
    import platformdirs

    from tensorbay._util.self_signed import ensure_self_signed
    from tensorbay.local_storage import ServiceSettings, run
    from tensorbay.storage import service_url

    check_tls(tls, tls_cert, tls_key)
    root = root.expanduser().absolute()
    home = (home or platformdirs.user_data_path("tensorbay", appauthor=False) / "storage-service").absolute()
    _keep_apart(root, [home] if tls or server_url else [], [file for file in (tls_key,) if file])
    host, port = listen
    endpoints = tuple(map(service_url, endpoint)) or (_endpoint(host, port, is_tls=bool(tls or tls_cert)),)
    settings = ServiceSettings(
        root=root,
        public_key=_public_key(public_key, server_url, home, server_ca),
        endpoints=endpoints,
        teams=frozenset(team),
        max_upload=max_upload,
        quota=quota,
        reserve=reserve,
    )
    if tls:
        names = [urlsplit(url).hostname or "" for url in endpoints]
        tls_cert, tls_key = ensure_self_signed(home, host, *names)
    click.echo(f"Serving {root} as {', '.join(endpoints)}", err=True)
    run(settings, host=host, port=port, certificate=tls_cert, key=tls_key)


def _keep_apart(root: Path, folders: list[Path], files: list[Path]) -> None:
    if not root.is_dir():
        raise click.UsageError(f"--root {root} is no folder")
    for path in [*folders, *files]:
        if path.resolve().is_relative_to(root.resolve()):
            raise click.UsageError(f"{path} lies below the root, whose files are served; choose another place")


def _endpoint(host: str, port: int, *, is_tls: bool) -> str:
    from tensorbay._util.self_signed import ANY_ADDRESS
    from tensorbay.storage import service_url

    if host in ANY_ADDRESS:
        raise click.UsageError(
            "Who listens on every address has to say which one storage configs name: --endpoint http://this-host:9000"
        )
    shown = f"[{host}]" if ":" in host else host
    return service_url(f"{'https' if is_tls else 'http'}://{shown}:{port}")


def _public_key(file: Path | None, server_url: str | None, home: Path, ca_bundle: Path | None) -> str:
    import anyio

    from tensorbay.local_storage import fetch_public_key

    if file is not None and server_url is None:
        return file.read_text(errors="replace")  # what is no key is told later
    if server_url is not None and file is None:
        return anyio.run(lambda: fetch_public_key(server_url, home=home, ca_bundle=ca_bundle))
    raise click.UsageError("Whom to trust: give either --server-url or --public-key")
