"""AWS's own client, set up. It is large and slow to load (0.8 s): that happens in a worker thread at first use."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tensorbay.exception import StorageAccessError, StorageError, StorageUnreachableError
from tensorbay.storage._aws_errors import why_unreachable
from tensorbay.storage._aws_logs import hide_secrets
from tensorbay.storage._endpoint import REFUSED_BY_PROXY, refused_by_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensorbay.storage._credentials import Refreshed
    from tensorbay.storage._options import AccessKey

_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_ATTEMPTS = 3
_CONNECTIONS = 10
# Of copies: a server may copy gigabytes before it answers, and is asked for many at a time, by more than one import.
_COPY_SECONDS = 600
_COPY_ATTEMPTS = 5
_COPY_CONNECTIONS = 64


@contextlib.contextmanager
def foreign(url: str) -> Iterator[None]:
    """Errors of the client that are no answers of the service.

    Without their causes: the frames of those have session tokens in them, and a proxy's password.
    """
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    try:
        yield
    except exceptions.ProxyConnectionError as exc:
        raise _no_tunnel(exc.kwargs["error"], url) from None
    except (exceptions.ConnectionError, exceptions.ConnectionClosedError, exceptions.ReadTimeoutError) as exc:
        raise StorageUnreachableError(why_unreachable(exc, url)) from None
    except exceptions.HTTPClientError as exc:
        # Without its own text, which may quote a header.
        reason = type(exc.kwargs.get("error", exc)).__name__
        raise StorageError(f"{url} cannot be asked: {reason}") from None
    except (exceptions.ProfileNotFound, exceptions.CredentialRetrievalError, exceptions.MetadataRetrievalError) as exc:
        raise StorageAccessError(f"This machine's identity at AWS cannot be had: {exc}") from None
    except (exceptions.BotoCoreError, ResponseParserError) as exc:
        words = str(exc).partition("\n")[0]
        raise StorageError(f"{url} does not answer as an AWS service should: {words}") from None


def _no_tunnel(cause: Any, url: str) -> StorageError:
    status = getattr(cause, "status", 0)
    if status == REFUSED_BY_PROXY:
        return refused_by_proxy(url)
    return StorageUnreachableError(f"{url} does not answer: {cause.message if status else type(cause).__name__}")


# Everything is given by our options: neither the environment nor a file of the user may change it. The values are the
# name in the file, the variables, the default and the conversion of each setting.
OWN = {"profile": (None, None, None, None), "config_file": (None, None, "", None)}


def open_session(
    credentials: Refreshed[AccessKey], addressing: str, proxy: str | None, *, copies: bool = False
) -> tuple[Any, Any]:
    """A session whose data files have been read, for later uses must not block, and the client's configuration."""
    import aiobotocore.session
    from aiobotocore.credentials import AioCredentials
    from botocore.credentials import ReadOnlyCredentials

    class Provided(AioCredentials):  # type: ignore[misc]
        async def get_frozen_credentials(self) -> Any:
            key = (await credentials.get()).value
            return ReadOnlyCredentials(key.key_id, key.secret, key.token)

    class Provider:
        async def load_credentials(self) -> Any:
            return Provided("", "")

    hide_secrets()
    session = aiobotocore.session.AioSession(session_vars=OWN)
    session.register_component("credential_provider", Provider())
    loader = session.get_component("data_loader")
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model("s3", kind, api_version=None)
    return session, client_config(
        proxy,
        copies=copies,
        s3={"addressing_style": addressing},
        signature_version="s3v4",
        # Services that only resemble S3 do not know the checksums of trailers.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def client_config(proxy: str | None, *, copies: bool = False, **more: Any) -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_COPY_SECONDS if copies else _READ_SECONDS,
        max_pool_connections=_COPY_CONNECTIONS if copies else _CONNECTIONS,
        retries={"total_max_attempts": _COPY_ATTEMPTS if copies else _ATTEMPTS, "mode": "standard"},
        proxies={"http": proxy, "https": proxy} if proxy is not None else None,
        **more,
    )
