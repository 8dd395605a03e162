"""What the plan of a run's user and the entry of its tool allow, as the ticket it waits with."""

from studio_server.accounts.people import People
from studio_server.registry.catalogue import DEFAULT_PLAN, Registry
from studio_server.runs.rows import RunRow
from studio_server.runs.turns import Ticket
from studio_server.storage.store import Store


class Shares:
    """Makes tickets; reads the plan as it is when the run is queued."""

    def __init__(self, db: Store, registry: Registry, people: People) -> None:
        self._db = db
        self._registry = registry
        self._people = people

    def ticket(self, run: RunRow) -> Ticket:
        """The ticket of a run; reads the books, changes nothing."""
        user = self._db.read(lambda tx: self._people.by_id(tx, run.user_id))
        plan = user.plan if user else self._registry.plans[DEFAULT_PLAN]
        tool = self._registry.tools[run.tool_id]
        return Ticket(
            run_id=run.id,
            user_id=run.user_id,
            tool_id=run.tool_id,
            weight=plan.queue_weight,
            user_at_once=plan.runs_at_once,
            tool_at_once=tool.runs_at_once,
            user_tool_at_once=tool.runs_at_once_per_user,
        )
