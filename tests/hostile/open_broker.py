"""The broker as a program of its own, for which every name is this machine and, when told so, may be."""

import sys
from ipaddress import ip_address

from studio_server.runs.executor.broker.program import main
from studio_server.runs.executor.broker.serving import Broker

HERE = ip_address("127.0.0.1")


async def resolve(_host):
    return [HERE]


def open_here(hosts):
    return Broker(hosts, resolve=resolve, permits=lambda address: address == HERE)


def strict(hosts):
    return Broker(hosts, resolve=resolve)


if __name__ == "__main__":
    main({"open": open_here, "strict": strict}[sys.argv[1]])
