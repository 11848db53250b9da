from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync

if TYPE_CHECKING:
    from pathlib import Path

    from tensorbay.exception import TensorBayException

__all__ = ["tls_context"]


async def tls_context(ca_bundle: Path | None, *, error: type[TensorBayException]) -> ssl.SSLContext:
    """Trusts the system's authorities, and those of the bundle; `error` is raised where that is none."""
    return await run_sync(partial(_load, ca_bundle, error))  # it reads files


def _load(ca_bundle: Path | None, error: type[TensorBayException]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_bundle is not None:
        try:
            context.load_verify_locations(ca_bundle.expanduser())
        except OSError as exc:  # that of ssl is one too
            words = "it has no certificate in PEM" if isinstance(exc, ssl.SSLError) else exc.strerror
            raise error(f"The CA bundle {ca_bundle} (TENSORBAY_CA_BUNDLE) cannot be used: {words}.") from exc
    return context
