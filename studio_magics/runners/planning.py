"""What plan the caller is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_magics.display.buying import PlanPage
    from studio_magics.runners.session import Session


def plan_of(session: Session) -> PlanPage:
    """The plan, as the server says.

    Raises:
        StudioRefusal: The server cannot be asked.
    """
    from studio_magics.display.buying import PlanPage  # on first use

    with session.server() as client:
        return PlanPage(client.account())
