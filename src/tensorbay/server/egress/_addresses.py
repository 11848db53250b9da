"""What kind of address an address is.

`ipaddress.is_global` will not do: what it says differs between the versions of Python, it calls multicast global, and
it knows neither the metadata services at public addresses nor the IPv4 addresses inside IPv6 ones.
"""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

Address: TypeAlias = IPv4Address | IPv6Address


class Kind(Enum):
    PUBLIC = "public"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    LINK_LOCAL = "link-local"
    METADATA = "metadata"
    SPECIAL = "special"


def _networks(*texts: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in texts]


# The first that contains an address tells. What clouds keep for themselves goes first, the rest is as in IANA's
# registries of special-purpose addresses.
_KINDS = {
    Kind.METADATA: _networks(
        # Nearly all clouds; Tencent; containers of AWS (ECS, EKS); Oracle, Alibaba, Azure.
        *("169.254.169.254", "169.254.0.23", "169.254.170.2", "169.254.170.23"),
        *("192.0.0.192", "100.100.100.200", "168.63.129.16"),
        # OpenStack, AWS, Google, Oracle, Scaleway.
        *("fe80::a9fe:a9fe", "fd00:ec2::/32", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"),
    ),
    Kind.LOOPBACK: _networks("127.0.0.0/8", "::1"),
    Kind.PRIVATE: _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    Kind.LINK_LOCAL: _networks("169.254.0.0/16", "fe80::/10"),
    Kind.SPECIAL: _networks(
        *("0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20"),
        # Of IPv6, only 2000::/3 has been given out.
        *("::/3", "4000::/2", "8000::/1"),
    ),
}
_NAT64 = ip_network("64:ff9b::/96")


def kind_of(address: Address) -> Kind:
    address = embedded(address)
    return next((kind for kind, networks in _KINDS.items() if any(address in one for one in networks)), Kind.PUBLIC)


def embedded(address: Address) -> Address:
    """The IPv4 address that a mapped, 6to4 or NAT64 one leads to; any other as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
