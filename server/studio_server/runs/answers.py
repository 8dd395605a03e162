"""Stored results: the same work for the same user is not done, and not paid for, twice.

The same work is the same tool version on the same inputs, whatever it cost and whichever ceiling it had. An
answer is a run of its own that did no work: it has a receipt over 0 credits and an event on the chain, but no
hold. It points at the run that worked and lasts no longer than that one's result and files. Only a run that
succeeded is ever given again, and none that used a secret or talks to hosts: what is behind them changes. A
tool that measures, and so does not repeat itself, is asked anew each time.
"""

from dataclasses import replace
from datetime import timedelta

from studio_magics.contracts.billing import Receipt
from studio_magics.tools.declared_network import Network
from studio_server.accounts.people import User
from studio_server.audit.events import RunAnswered, record
from studio_server.ids import IdSource
from studio_server.ledger import Ledger
from studio_server.registry.catalogue import Registry
from studio_server.runs import rows
from studio_server.runs.inputs import Prepared
from studio_server.runs.rows import RunRow
from studio_server.runs.user_secrets import named
from studio_server.storage.tx import Tx

NO_HOLD = "none:"
"""Begins the `hold_id` of a run that set nothing aside."""


class Answers:
    """Finds stored results and gives them, inside the transaction handed in."""

    def __init__(self, registry: Registry, ledger: Ledger, ids: IdSource, *, kept_for: timedelta) -> None:
        """A result is given again for `kept_for` after its run ended; zero never gives one."""
        self._registry = registry
        self._ledger = ledger
        self._ids = ids
        self._kept_for = kept_for

    def find(self, tx: Tx, user_id: str, prepared: Prepared) -> str | None:
        """The run of this user whose stored result answers these inputs."""
        tool = prepared.tool
        if not self._kept_for or _changes(prepared):
            return None
        return rows.stored_answer(
            tx, user_id, (tool.id, tool.version, prepared.digest), ended_since=tx.now - self._kept_for
        )

    def give(self, tx: Tx, user: User, asked: RunRow, source_id: str) -> RunRow:
        """Store the asked run as answered by `source_id`: over at once, nothing set aside or charged."""
        receipt = self._receipt(tx, user, asked, source_id)
        run = replace(
            asked,
            state="succeeded",
            hold_id=f"{NO_HOLD}{asked.id}",
            minimum_credits=0,
            typical_credits=0,
            maximum_credits=0,
            charged_credits=0,
            receipt_id=receipt.id,
            ended_at=tx.now,
            answered_from=source_id,
        )
        rows.insert(tx, run)
        rows.insert_receipt(tx, user.id, receipt)
        record(tx, user.id, _answered(run, receipt))
        return run

    def _receipt(self, tx: Tx, user: User, asked: RunRow, source_id: str) -> Receipt:
        return Receipt(
            id=self._ids.new("rcpt"),
            run_id=asked.id,
            tool_id=asked.tool_id,
            tool_title=self._registry.tools[asked.tool_id].title,
            tool_version=asked.tool_version,
            price_version=asked.price_version,
            outcome="succeeded",
            reason=f"the stored result of {source_id}: same tool version, same inputs, no work done",
            min_credits=0,
            typical_credits=0,
            max_credits=0,
            charged_credits=0,
            returned_credits=0,
            lines=(),
            measured=None,
            available_credits_after=self._ledger.wallet_view(tx, user.wallet_id).available,
            created_at=tx.now,
            answered_from=source_id,
        )


def _changes(prepared: Prepared) -> bool:
    """Whether the same inputs may mean something else the next time."""
    tool = prepared.tool
    return not tool.repeats or any(named(tool, prepared.inputs)) or bool(Network.of(tool.network).hosts)


def _answered(run: RunRow, receipt: Receipt) -> RunAnswered:
    return RunAnswered(
        run.id,
        tool_id=run.tool_id,
        input_digest=run.input_digest,
        answered_from=run.answered_from,
        receipt_id=receipt.id,
        charged_credits=0,
    )
