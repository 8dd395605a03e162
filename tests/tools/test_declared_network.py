"""A declared host is a full name and a port, in one spelling; whatever could be an address is refused."""

import pytest

from studio_magics.tools.declared_network import Host, HostMisdeclared, Network


@pytest.mark.parametrize(
    "written",
    ["api.example.org:443", "API.Example.ORG:443", "api.example.org.:443", "api.EXAMPLE.org.:443"],
)
def test_case_and_a_dot_at_the_end_make_no_other_host(written):
    assert str(Host.of(written)) == "api.example.org:443"


@pytest.mark.parametrize(
    "written",
    [
        *("", ":", "example.org", "example.org:", "example.org:0", "example.org:080", "example.org:65536"),
        *("example.org:+443", "example.org:4_4", "example.org:443 ", " example.org:443", "example.org:443\n"),
        *(
            "localhost:80",
            "org:443",
            "127.0.0.1:80",
            "127.1:80",
            "0x7f.1:80",
            "2130706433:80",
            "0177.0.0.1:80",
        ),
        *("example.0x7f:80", "example.1:80", "[::1]:80", "::1:80", "fe80::1%eth0:80", "[fe80::1%25eth0]:80"),
        *(
            "example..org:443",
            ".example.org:443",
            "example.org..:443",
            "-a.example.org:443",
            "a_b.example.org:443",
        ),
        *(
            "user@example.org:443",
            "http://example.org:443",
            "example.org/:443",
            "exämple.org:443",
            "127。0。0。1:80",
        ),
        *("ⓔxample.org:443", "example.org\0.example.net:443", "a" * 64 + ".org:443", "a." * 127 + "org:443"),
        "example.org:４４３",
    ],
)
def test_what_is_no_full_name_with_a_port_is_refused(written):
    with pytest.raises(HostMisdeclared):
        Host.of(written)


def test_a_name_of_other_letters_is_declared_as_it_is_asked_for_in_ascii():
    assert Host.of("xn--exmple-cua.org:443").name == "xn--exmple-cua.org"


def test_loopback_is_no_host():
    network = Network.of(("loopback", "api.example.org:443"))
    assert (network.loopback, network.hosts) == (True, frozenset({Host("api.example.org", 443)}))
    assert Network.of(()) == Network(loopback=False, hosts=frozenset())
