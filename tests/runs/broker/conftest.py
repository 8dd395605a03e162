"""A broker on a socket of the test; names and far ends are the test's own, nothing leaves this machine."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address

import pytest
from studio_server.runs.executor.broker.serving import Broker

from studio_magics.tools.declared_network import Host

DECLARED = Host("api.example.org", 443)
PUBLIC = "93.184.215.14"


class Surroundings:
    """Names, and a far end that says what it hears in capitals."""

    def __init__(self):
        self.answers = [[PUBLIC]]
        """What the name means at the first lookup, at the next, and so on; the last answer stays."""
        self.lookups = []
        self.dialled = []
        self.far_ends = set()

    async def resolve(self, host):
        self.lookups.append(str(host))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ip_address(address) for address in answer]

    async def dial(self, address, port):
        self.dialled.append((str(address), port))
        near, far = socket.socketpair()
        task = asyncio.create_task(shout(*await asyncio.open_connection(sock=far)))
        self.far_ends.add(task)
        return await asyncio.open_connection(sock=near)

    def broker(self, **changed):
        """A broker with these surroundings."""
        given = {"resolve": self.resolve, "dial": self.dial} | changed
        return Broker(frozenset({DECLARED}), **given)


async def shout(reader, writer):
    try:
        while said := await reader.read(65_536):
            writer.write(said.upper())
            await writer.drain()
    finally:
        await close(writer)


async def close(writer):
    """Whatever the other side does."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def serving(broker, folder):
    """The broker at work; asks and returns what it answers."""
    path, before, writers = folder / "network", asyncio.all_tasks(), []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        task = asyncio.create_task(broker.serve(listening))

        async def connect(said=b""):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writers.append(writer)
            writer.write(said)
            return reader, writer

        try:
            yield connect
        finally:
            for writer in writers:
                await close(writer)
            begun = asyncio.all_tasks() - before
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)


async def status(connect, said):
    """The first line of the answer."""
    reader, writer = await connect(said)
    line = (await reader.readline()).decode().strip()
    await close(writer)
    return line.removeprefix("HTTP/1.1 ")


def connecting(authority):
    return f"CONNECT {authority} HTTP/1.1\r\n\r\n".encode()


@pytest.fixture
def around():
    return Surroundings()
