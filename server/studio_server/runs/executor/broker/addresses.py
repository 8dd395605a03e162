"""Which addresses a run may reach: public ones of other machines.

Sources: the special-purpose address registries of IANA, and what clouds use for metadata beside them.
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
    )
)
PUBLIC_6 = IPv6Network("2000::/3")
"""All that is given out; mapped, NAT64, unique local, link-local and multicast addresses are outside."""
NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def may_reach(address: Address) -> bool:
    """A public address of another machine."""
    return is_public(address) and not is_own(address)


def is_public(address: Address) -> bool:
    """An address in the open internet, whose packets go where it says."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    in_use = address in PUBLIC_6 and address.scope_id is None
    return in_use and not any(address in network for network in NOT_PUBLIC_6)


def is_own(address: Address) -> bool:
    """This machine answers at the address itself: only then it can be bound; nothing is sent."""
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as unused:
            unused.bind((str(address), 0))
    except OSError:
        return False
    return True
