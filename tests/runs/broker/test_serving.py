"""Only declared hosts, only at addresses that were checked, only so much, and only while the run lasts."""

import asyncio
from ipaddress import ip_address

import pytest
from studio_server.runs.executor.broker.addresses import is_public
from studio_server.runs.executor.broker.serving import Bounds, Broker, dial

from tests.runs.broker.conftest import DECLARED, PUBLIC, close, connecting, serving, status

ASKED = connecting("api.example.org:443")
PATIENCE_SECONDS = 20.0


async def opened(connect, said=ASKED):
    reader, writer = await connect(said)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    return reader, writer


async def ended(reader):
    """The rest of what comes, to the end."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


async def test_what_goes_to_a_declared_host_and_comes_back_is_carried_and_counted(around, tmp_path):
    broker = around.broker()
    async with serving(broker, tmp_path) as connect:
        reader, writer = await opened(connect)
        writer.write(b"hello")
        writer.write_eof()
        assert await ended(reader) == b"HELLO"
    traffic = broker.traffic[DECLARED]
    assert (traffic.connections, traffic.sent_bytes, traffic.received_bytes) == (1, 5, 5)
    assert around.dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "authority",
    [
        *("other.example.org:443", "api.example.org:80", "api.example.org:8443", "example.org:443"),
        *(
            "a.api.example.org:443",
            "api.example.org.evil.net:443",
            "localhost:443",
            "0x7f.1:443",
            "127.0.0.1:443",
        ),
        *(
            "2130706433:443",
            "[::1]:443",
            "[fe80::1%25lo]:443",
            "169.254.169.254:80",
            "xn--pi-9ja.example.org:443",
        ),
    ],
)
async def test_no_other_name_or_port_is_even_resolved(around, tmp_path, authority):
    async with serving(around.broker(), tmp_path) as connect:
        assert (await status(connect, connecting(authority))).startswith("403 ")
    assert (around.lookups, around.dialled) == ([], [])


@pytest.mark.parametrize("authority", ["API.EXAMPLE.org:443", "api.example.org.:443"])
async def test_another_spelling_of_a_declared_name_is_that_name(around, tmp_path, authority):
    async with serving(around.broker(), tmp_path) as connect:
        await opened(connect, connecting(authority))
    assert around.lookups == ["api.example.org:443"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1",
    ],
)
async def test_a_declared_name_at_an_address_that_is_not_public_is_refused_after_resolution(
    around, tmp_path, address
):
    around.answers = [[address]]
    async with serving(around.broker(), tmp_path) as connect:
        assert await status(connect, ASKED) == "403 the host is at no public address"
    assert around.dialled == []


async def test_without_the_policy_the_same_address_is_reached(around, tmp_path):
    around.answers = [["127.0.0.1"]]
    async with serving(around.broker(permits=lambda _: True), tmp_path) as connect:
        await opened(connect)
    assert around.dialled == [("127.0.0.1", 443)]


async def test_of_several_addresses_only_public_ones_are_tried(around, tmp_path):
    around.answers = [["127.0.0.1", "::1", PUBLIC, "10.0.0.1"]]
    async with serving(around.broker(), tmp_path) as connect:
        await opened(connect)
    assert around.dialled == [(PUBLIC, 443)]


async def test_a_name_that_changes_its_address_is_reached_where_it_was_checked_and_checked_again_next_time(
    around, tmp_path
):
    around.answers = [[PUBLIC], ["127.0.0.1"]]
    async with serving(around.broker(), tmp_path) as connect:
        await opened(connect)
        assert around.lookups == ["api.example.org:443"]
        assert await status(connect, ASKED) == "403 the host is at no public address"
    assert around.dialled == [(PUBLIC, 443)]


async def test_the_next_hop_of_a_redirect_is_a_connection_that_is_checked_anew(around, tmp_path):
    """As a client follows it: it hears of another place in the tunnel, and asks for that."""
    async with serving(around.broker(), tmp_path) as connect:
        reader, writer = await opened(connect)
        writer.write(b"location: http://169.254.169.254/")
        heard = (await reader.readexactly(33)).decode()
        hop = heard.rpartition("//")[2].strip("/")
        assert (await status(connect, connecting(f"{hop}:80"))).startswith("403 ")
    assert around.dialled == [(PUBLIC, 443)]


async def test_a_second_request_on_a_connection_is_the_hosts_and_opens_nothing(around, tmp_path):
    async with serving(around.broker(), tmp_path) as connect:
        reader, writer = await opened(connect, ASKED + connecting("other.example.org:443"))
        writer.write_eof()
        assert await ended(reader) == connecting("other.example.org:443").upper()
    assert around.lookups == ["api.example.org:443"]


@pytest.mark.parametrize(
    "said",
    [
        b"CONNECT api.example.org:443 HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd",
        b"x" * 100_000,
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_a_request_of_another_kind_is_refused_and_nothing_is_resolved(around, tmp_path, said):
    async with serving(around.broker(), tmp_path) as connect:
        assert (await status(connect, said)).startswith("400 ")
    assert around.lookups == []


async def test_who_asks_too_slowly_is_refused_and_holds_up_nobody(around, tmp_path):
    broker = around.broker(bounds=Bounds(asking_seconds=0.2))
    async with serving(broker, tmp_path) as connect:
        slow, _ = await connect(b"CONNECT api.ex")
        await opened(connect)
        assert (await ended(slow)).startswith(b"HTTP/1.1 408 ")


async def test_a_name_that_takes_too_long_is_not_known(around, tmp_path):
    async def never(_):
        await asyncio.Event().wait()

    broker = around.broker(resolve=never, bounds=Bounds(resolving_seconds=0.1))
    async with serving(broker, tmp_path) as connect:
        assert await status(connect, ASKED) == "502 the name is not known"


async def test_a_host_that_does_not_answer_is_tried_at_its_next_address(around, tmp_path):
    around.answers = [["93.184.215.1", PUBLIC]]
    tried = []

    async def stubborn(address, port):
        tried.append(str(address))
        if str(address) != PUBLIC:
            await asyncio.Event().wait()
        return await around.dial(address, port)

    broker = around.broker(dial=stubborn, bounds=Bounds(connecting_seconds=0.1))
    async with serving(broker, tmp_path) as connect:
        await opened(connect)
    assert tried == ["93.184.215.1", PUBLIC]


async def test_a_run_has_so_many_bytes_for_all_its_connections(around, tmp_path):
    broker = around.broker(bounds=Bounds(all_bytes=1_000))
    async with serving(broker, tmp_path) as connect:
        reader, writer = await opened(connect)
        writer.write(b"a" * 400)
        assert await reader.readexactly(400) == b"A" * 400
        other, second = await opened(connect)
        second.write(b"b" * 400)
        assert len(await ended(other)) < 400
    assert broker.refusals == {"cut off": 1}


async def test_a_connection_on_which_nothing_moves_is_cut(around, tmp_path):
    broker = around.broker(bounds=Bounds(idle_seconds=0.1))
    async with serving(broker, tmp_path) as connect:
        reader, _ = await opened(connect)
        assert await ended(reader) == b""


async def test_a_run_has_so_many_connections(around, tmp_path):
    broker = around.broker(bounds=Bounds(connections=2, all_connections=4))
    async with serving(broker, tmp_path) as connect:
        first, one = await opened(connect)
        await opened(connect)
        assert await status(connect, ASKED) == "429 too many connections"
        one.write_eof()
        await ended(first)
        await opened(connect)
        assert await status(connect, ASKED) == "429 too many connections"


async def test_when_the_broker_ends_every_connection_ends(around, tmp_path):
    async with serving(around.broker(), tmp_path) as connect:
        reader, _ = await opened(connect)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:  # as the end of its process does
            task.cancel()
        assert await ended(reader) == b""


async def test_the_real_way_connects_to_the_very_address_and_resolves_nothing(tmp_path):
    async def answer(reader, writer):
        writer.write(b"here")
        await close(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await dial(ip_address("127.0.0.1"), port)
        assert await reader.read() == b"here"
        await close(writer)


def test_by_default_only_public_addresses_of_other_machines_are_permitted():
    permits = Broker(frozenset()).permits
    assert not permits(ip_address("127.0.0.1"))
    assert permits(ip_address(PUBLIC)) == is_public(ip_address(PUBLIC))
