from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from anyio import to_thread

from tensorbay.exception import ForbiddenError, StorageAccessError, StorageUnreachableError
from tensorbay.server.egress._network import Network, Refused, Unreachable
from tensorbay.server.egress._proxy import EgressProxy, Team
from tensorbay.storage import (
    AssumeRole,
    AzureOptions,
    GcsOptions,
    S3Options,
    ServiceOptions,
    open_store,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from tensorbay.server.settings import ServerSettings
    from tensorbay.storage import Options, Store


class Egress:
    """Opens stores that users have named, such that they reach only what its network allows."""

    def __init__(self, proxy: EgressProxy | None) -> None:
        self._proxy = proxy

    @classmethod
    async def open(cls, settings: ServerSettings) -> Self:
        """A server that lives in the program of its user guards nothing: the program could connect itself."""
        network = Network(allow_private=settings.allow_private_endpoints, allowed=settings.allow_networks)
        return cls(None if settings.embedded else await EgressProxy.open(network))

    async def aclose(self) -> None:
        if self._proxy is not None:
            await self._proxy.aclose()

    def guard(self, team_id: str) -> Guard | None:
        """For requests of the team's that are not a store's own; None where nothing is guarded."""
        return None if self._proxy is None else Guard(self._proxy.team(team_id))

    async def open_store(self, team_id: str, options: Options) -> Store:
        """Like `storage.open_store`.

        ForbiddenError for an endpoint that is not allowed now. The proxy is what holds: it looks again at every
        connection, also to where a store redirects; this is for the words.
        """
        proxy = None
        if (guard := self.guard(team_id)) is not None:
            proxy = guard.proxy
            for url in _urls(options):
                await guard.check(url)
        # In a thread: it looks at folders, and the first store of a kind loads its library.
        return await to_thread.run_sync(partial(open_store, options, proxy=proxy))


class Guard:
    """What a team's requests go through."""

    def __init__(self, team: Team) -> None:
        self._network = team.network
        self.proxy = team.url

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """For who connects without the proxy: to one of these addresses, and asks again for the next connection."""
        try:
            return await self._network.addresses(host, port)
        except Refused:
            raise StorageAccessError(_refusal(host)) from None
        except Unreachable as exc:
            raise StorageUnreachableError(str(exc)) from None

    async def check(self, url: str) -> None:
        """ForbiddenError for what is known to be refused; of anything else others have the words."""
        try:
            parts = urlsplit(url if "://" in url else f"https://{url}")
            host, port = parts.hostname, parts.port
        except ValueError:
            return
        if not host:
            return
        try:
            await self.resolve(host, port or 443)
        except StorageAccessError:
            raise ForbiddenError(_refusal(url)) from None
        except StorageUnreachableError:
            return


def _refusal(place: str) -> str:
    """The same words for every address, and not which one it is: that would draw a map of the network."""
    return (
        f"{place} is at an address that is not public, and this server does not open it. Its operator can allow it: "
        "`gas serve --allow-network` (TENSORBAY_ALLOW_NETWORKS), or --allow-private-endpoints."
    )


def _urls(options: Options) -> list[str]:
    """Every URL in the options that a request may go to."""
    if isinstance(options, S3Options):
        role = options.credentials
        return [options.endpoint, *([role.sts_endpoint or ""] if isinstance(role, AssumeRole) else ())]
    if isinstance(options, (AzureOptions, ServiceOptions)):
        return [options.endpoint]
    if isinstance(options, GcsOptions):
        return [options.endpoint or ""]  # those in a key file are not used
    return []
