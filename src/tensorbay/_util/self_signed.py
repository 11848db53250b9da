from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tensorbay._util.private_files import create_once, replace

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

__all__ = ["ANY_ADDRESS", "ensure_self_signed"]

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104  (what a server listens on, not what a client asks for)
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def ensure_self_signed(home: Path, host: str, *more: str) -> tuple[Path, Path]:
    """Files with the certificate for `host` (and `more` names, and this machine's own) and with its private key.

    They are signed by an authority that is made once per home, so clients that trust `tls/ca.pem` go on trusting
    this server after restarts. Blocking.
    """
    folder = home / "tls"
    authority = _authority(folder)
    # A second process, perhaps for another host, must not come between certificate and key: one file has both.
    file = folder / f"{quote(host, safe='') or 'any'}.pem"
    names = dict.fromkeys([*_LOCAL_NAMES, *(name for name in (host, *more) if name not in ANY_ADDRESS)])
    replace(file, authority.issue_cert(*names).private_key_and_cert_chain_pem.bytes())
    return file, file


def _authority(folder: Path) -> trustme.CA:
    import trustme  # 100 ms that only a server with its own certificate spends

    file = folder / "ca.key"
    if file.exists():
        content = file.read_bytes()
    else:
        made = trustme.CA(organization_name="TensorBay", organization_unit_name="self-signed server")
        content = create_once(file, made.private_key_pem.bytes() + made.cert_pem.bytes())
    key, certificate = content.split(_CERTIFICATE, 1)
    certificate = _CERTIFICATE + certificate
    public = folder / "ca.pem"
    if not public.exists() or public.read_bytes() != certificate:
        replace(public, certificate)
        public.chmod(0o644)
    return trustme.CA.from_pem(certificate, key)
