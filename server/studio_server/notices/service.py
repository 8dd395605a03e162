"""Tells people: posts what was found, hands what is new to the streams of this process."""

import asyncio
from collections.abc import Callable

from studio_magics.contracts.events import NoticeEvent
from studio_server.clock import Clock
from studio_server.ids import IdSource
from studio_server.notices import rows, watch
from studio_server.notices.rows import Draft
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

PUSHED_AT_ONCE = 500

Publish = Callable[[str, NoticeEvent], None]


class Notices:
    """One round tells what has become due. Everything new since the last round is pushed, whoever posted it.

    So a notice of another replica, or of a change of plan, reaches the streams of this one as well.
    """

    def __init__(self, db: Store, ids: IdSource, clock: Clock, publish: Publish) -> None:
        self._db = db
        self._ids = ids
        self._publish = publish
        self._last = (clock.now(), "")

    async def round(self) -> set[str]:
        """Post what was found and push what is new; the users concerned."""
        found = await asyncio.to_thread(self._db.read, watch.to_tell)
        if found:
            await self._db.write(lambda tx: self._post(tx, found))
        return self._push()

    def _post(self, tx: Tx, found: list[Draft]) -> None:
        for draft in found:
            rows.post(tx, self._ids.new("notice"), draft)

    def _push(self) -> set[str]:
        moment, last_id = self._last
        new = self._db.read(lambda tx: rows.after(tx, moment, last_id, limit=PUSHED_AT_ONCE))
        for notice in new:
            self._publish(
                notice.user_id,
                NoticeEvent(severity=notice.severity, text=notice.text, notice_id=notice.id),
            )
            self._last = (notice.created_at, notice.id)
        return {notice.user_id for notice in new}
