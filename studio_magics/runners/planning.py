"""What plan the caller is on, and where to begin, change or cancel one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_magics.contracts.plans import PlanLink
    from studio_magics.display.plans import PlanPage
    from studio_magics.runners.session import Session


class Planning:
    """What a Studio knows of plans."""

    session: Session

    def plan(self, name: str | None = None) -> PlanPage | PlanLink:
        """Your plan, and those on sale; with a name the page to begin, change or (with 'free') cancel it on.

        Nothing is charged before you confirm on that page.

        Raises:
            StudioRefusal: The server cannot be asked, or sells no such plan.
        """
        from studio_magics.display.plans import PlanPage  # on first use

        with self.session.server() as client:
            if name is not None:
                return client.plan_checkout(name)
            return PlanPage(client.account(), client.plan_standing(), client.plans().plans)
