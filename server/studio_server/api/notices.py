"""Notices over HTTP."""

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.notices import Notice, NoticeList
from studio_server.api.http import answer, number, services, signed_in
from studio_server.notices import rows
from studio_server.storage.tx import Tx

PAGE = 50
MOST_NOTICES = 500


async def list_notices(request: Request) -> Response:
    """Your latest notices, newest first."""
    server, user = services(request), await signed_in(request)
    limit = number(request, "limit", default=PAGE, least=1, most=MOST_NOTICES)

    def read(tx: Tx) -> NoticeList:
        found = rows.newest(tx, user.id, limit=limit)
        return NoticeList(notices=tuple(map(_wire, found)), unread=rows.unread(tx, user.id))

    return answer(server.db.read(read))


async def mark_read(request: Request) -> Response:
    """Count one of your notices as read; it is shown no more."""
    server, user = services(request), await signed_in(request)
    notice_id = request.path_params["notice"]
    notice = await server.db.write(lambda tx: rows.mark_read(tx, user.id, notice_id))
    server.announcer.money_moved(user.id)
    return answer(_wire(notice))


def _wire(notice: rows.Notice) -> Notice:
    return Notice(
        id=notice.id,
        kind=notice.kind,
        severity=notice.severity,
        text=notice.text,
        created_at=notice.created_at,
        read_at=notice.read_at,
    )
