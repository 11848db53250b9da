"""Which addresses a server opens for its users: never its own machine or network, unless its operator says so.

Whoever may register a storage names an endpoint, and the server connects to it: without a guard that is a way into
the network around the server. The check and the connection have to use one resolution of the name, whatever library
connects, so all of them are sent through a proxy in this process that resolves, checks and connects.
"""

from __future__ import annotations

from tensorbay.server.egress._addresses import Kind, kind_of
from tensorbay.server.egress._egress import Egress, Guard
from tensorbay.server.egress._network import Network, Refused, Unreachable
from tensorbay.server.egress._proxy import EgressProxy, Team

__all__ = ["Egress", "EgressProxy", "Guard", "Kind", "Network", "Refused", "Team", "Unreachable", "kind_of"]
