"""Only public addresses of other machines may be reached, however they are written down."""

import socket
from ipaddress import ip_address

import pytest
from studio_server.runs.executor.broker.addresses import is_own, is_public, may_reach

KEPT_FROM = [
    "0.0.0.0",  # noqa: S104  - an address to refuse, nothing is bound
    *("0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "168.63.129.16", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
    *(
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:20::1",
        "2001:db8::1",
    ),
    *(
        "2002:7f00:1::",
        "2002:a00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%1",
    ),
    *("fec0::1", "ff02::1", "ff0e::1", "2606:4700::1%1", "::ffff:0:127.0.0.1"),
]
PUBLIC = [
    *(
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
    ),
    *("93.184.215.14", "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111"),
    *("2001:4860:4860::8888", "2a00:1450::1"),
]


@pytest.mark.parametrize("written", KEPT_FROM)
def test_an_address_that_is_not_in_the_open_internet_is_not_public(written):
    assert not is_public(ip_address(written))
    assert not may_reach(ip_address(written))


@pytest.mark.parametrize("written", PUBLIC)
def test_the_neighbours_of_the_refused_networks_are_public(written):
    assert is_public(ip_address(written))


def test_every_address_of_this_machine_is_its_own():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        assert is_own(ip_address(unused.getsockname()[0]))
    assert is_own(ip_address("127.8.8.8"))
    assert not is_own(ip_address("192.0.2.1"))
