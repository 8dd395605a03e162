"""What a run may say to the broker: one CONNECT in one spelling. All else is refused, nothing is repaired."""

import re

from studio_magics.tools.declared_network import Host, HostMisdeclared

HEAD_BYTES = 4_096
END = b"\r\n\r\n"
_REQUEST = re.compile(rb"CONNECT ([\x21-\x7e]+) HTTP/1\.1\Z")
_HEADER = re.compile(rb"([A-Za-z0-9-]+): ?([\x20-\x7e]*)\Z")
OF_A_BODY = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect", b"trailer"})


class Refused(Exception):
    """No connection; `status` and `reason` go to the run."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


def asked(head: bytes) -> Host:
    """The host that the head of a request, without its empty line, asks for.

    Raises:
        Refused: It is not exactly a CONNECT to a name and a port.
    """
    first, *headers = head.split(b"\r\n")
    request = _REQUEST.match(first)
    if request is None:
        raise Refused(400, "only CONNECT name:port HTTP/1.1 is understood")
    host = _host(request.group(1))
    for line in headers:
        _check_header(line, host)
    return host


def _check_header(line: bytes, host: Host) -> None:
    header = _HEADER.match(line)
    if header is None or header.group(1).lower() in OF_A_BODY:
        raise Refused(400, "a header that does not belong to a CONNECT")
    if header.group(1).lower() == b"host" and _host(header.group(2)) != host:
        raise Refused(400, "two different hosts")


def _host(written: bytes) -> Host:
    try:
        return Host.of(written.decode("ascii"))
    except (HostMisdeclared, UnicodeDecodeError):
        raise Refused(403, "not a full name and a port") from None
