from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from tensorbay.server.egress import Kind, Network, kind_of

ADDRESSES = {
    Kind.PUBLIC: [
        *("1.1.1.1", "8.8.8.8", "52.216.0.1", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"),
        *("172.15.255.255", "172.32.0.0", "169.253.255.255", "192.167.255.255", "192.169.0.0", "198.20.0.0"),
        *("223.255.255.255", "168.63.129.15"),
        *("2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "2600:1f60::1"),
        # Inside: 8.8.8.8.
        *("::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
    ],
    Kind.LOOPBACK: [
        *("127.0.0.1", "127.0.0.2", "127.255.255.255", "::1"),
        *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
    Kind.PRIVATE: [
        *("10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"),
        *("fc00::1", "fd12:3456::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:c0a8:1::1"),
    ],
    Kind.LINK_LOCAL: ["169.254.169.253", "169.254.0.1", "fe80::1", "fe80::1%1", "febf::1", "::ffff:169.254.0.1"],
    Kind.METADATA: [
        *("169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.0.23"),
        *("192.0.0.192", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"),
        *("fd00:c1::a9fe:a9fe", "fd00:42::42", "fe80::a9fe:a9fe", "fe80::a9fe:a9fe%1"),
        *("::ffff:168.63.129.16", "64:ff9b::a83f:8110", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
        *("2002:a9fe:a9fe::1", "2002:6464:64c8::"),
    ],
    Kind.SPECIAL: [
        *("0.0.0.0", "0.1.2.3", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255"),
        *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *("::", "::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2001:10::1", "3fff::1", "4000::1"),
        *("5f00::1", "8000::1", "fec0::1", "ff02::1", "::ffff:0.0.0.0", "64:ff9b::"),
    ],
}
TABLE = [(text, kind) for kind, texts in ADDRESSES.items() for text in texts]


@pytest.mark.parametrize(("text", "kind"), TABLE)
def test_the_kind_of_an_address(text: str, kind: Kind) -> None:
    address = ip_address(text)
    assert kind_of(address) is kind
    assert Network().allows(address) == (kind is Kind.PUBLIC)
    opened = kind in (Kind.PUBLIC, Kind.LOOPBACK, Kind.PRIVATE)
    assert Network(allow_private=True).allows(address) == opened
    everything = Network(allow_private=True, allowed=(ip_network("0.0.0.0/0"), ip_network("::/0")))
    # The credentials of the machine are nobody's.
    assert everything.allows(address) == (kind is not Kind.METADATA)


def test_a_network_opens_what_it_contains() -> None:
    network = Network(allowed=(ip_network("10.1.0.0/16"), ip_network("169.254.9.0/24"), ip_network("fd00:1::/32")))
    for text in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "169.254.9.1", "fd00:1::5", "8.8.8.8"):
        assert network.allows(ip_address(text))
    for text in ("10.2.0.0", "::ffff:10.2.0.0", "169.254.8.1", "fd00:2::5", "127.0.0.1"):
        assert not network.allows(ip_address(text))


def test_a_network_that_contains_a_metadata_service_does_not_open_it() -> None:
    """Alibaba has the private endpoints of its stores and its metadata service in one network."""
    network = Network(allowed=(ip_network("100.64.0.0/10"), ip_network("169.254.169.254"), ip_network("fd00::/8")))
    for text in ("100.100.100.200", "::ffff:100.100.100.200", "169.254.169.254", "fd00:ec2::254"):
        assert not network.allows(ip_address(text))
    for text in ("100.118.28.44", "fd00:1::5"):
        assert network.allows(ip_address(text))
