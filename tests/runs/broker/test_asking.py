"""The broker understands one way of asking; whatever could mean two things to two readers is refused."""

import pytest
from studio_server.runs.executor.broker.asking import Refused, asked

from studio_magics.tools.declared_network import Host

NAMED = b"CONNECT api.example.org:443 HTTP/1.1"


@pytest.mark.parametrize(
    "head",
    [
        NAMED,
        b"CONNECT API.example.org.:443 HTTP/1.1",
        NAMED + b"\r\nHost: api.example.org:443",
        NAMED + b"\r\nHost: API.EXAMPLE.ORG.:443\r\nUser-Agent: anything",
    ],
)
def test_a_plain_request_is_understood(head):
    assert asked(head) == Host("api.example.org", 443)


@pytest.mark.parametrize(
    "head",
    [
        *(b"", b"\r\n" + NAMED, b" " + NAMED, NAMED + b" ", b"connect api.example.org:443 HTTP/1.1"),
        *(
            b"GET http://api.example.org/ HTTP/1.1",
            b"CONNECT api.example.org:443",
            NAMED.replace(b"1.1", b"1.0"),
        ),
        *(b"CONNECT  api.example.org:443 HTTP/1.1", b"CONNECT\tapi.example.org:443 HTTP/1.1"),
        *(b"CONNECT api.example.org:443 x HTTP/1.1", b"CONNECT api.example.org:443\0 HTTP/1.1"),
        *(b"CONNECT api.example.org:443\nHost: a.b:1 HTTP/1.1", NAMED + b"\n", NAMED + b"\r", NAMED + b"\0"),
        *(NAMED + b"\r\nContent-Length: 5", NAMED + b"\r\nTransfer-Encoding: chunked"),
        *(NAMED + b"\r\ncontent-LENGTH:0", NAMED + b"\r\nUpgrade: h2c", NAMED + b"\r\nExpect: 100-continue"),
        *(NAMED + b"\r\nHost: other.example.org:443", NAMED + b"\r\nHost: api.example.org:80"),
        *(NAMED + b"\r\n folded: line", NAMED + b"\r\nno colon", NAMED + b"\r\nHost : api.example.org:443"),
        *(NAMED + b"\r\nA: b\nContent-Length: 5", NAMED + b"\r\nA: b\rB: c", NAMED + b"\r\nA: \xff"),
        *(b"CONNECT \xc3\xa4.example.org:443 HTTP/1.1", b"CONNECT 127.0.0.1:443 HTTP/1.1"),
        *(b"CONNECT 0x7f.1:443 HTTP/1.1", b"CONNECT 2130706433:443 HTTP/1.1", b"CONNECT [::1]:443 HTTP/1.1"),
        *(b"CONNECT [fe80::1%25eth0]:443 HTTP/1.1", b"CONNECT user@api.example.org:443 HTTP/1.1"),
        *(b"CONNECT api.example.org:0443 HTTP/1.1", b"CONNECT api.example.org HTTP/1.1"),
        *(b"CONNECT api.example.org:443/ HTTP/1.1", b"CONNECT localhost:443 HTTP/1.1"),
    ],
)
def test_anything_else_is_refused(head):
    with pytest.raises(Refused):
        asked(head)
