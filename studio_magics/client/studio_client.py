"""One method per endpoint of the credit server; contracts in, contracts out."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from studio_magics.client.connection import Connection, Endpoint
from studio_magics.client.refusals import Unknown
from studio_magics.client.transfers import PIECE_BYTES, Told, Transfers
from studio_magics.contracts.account import Account, Balance, SpendControls, SpendControlsChange, Statement
from studio_magics.contracts.billing import Estimate, EstimateRequest, Receipt
from studio_magics.contracts.cards import CardPage, Recharge, RechargeChange, TopUpRequest
from studio_magics.contracts.catalogue import Catalogue, ToolPage
from studio_magics.contracts.inputs import UploadInfo
from studio_magics.contracts.leaving import AccountErased
from studio_magics.contracts.notices import Notice, NoticeList
from studio_magics.contracts.payments import (
    Checkout,
    CheckoutRequest,
    PackList,
    PaymentStatus,
    PurchaseList,
)
from studio_magics.contracts.plans import PlanLink, PlanList, PlanRequest, PlanStanding
from studio_magics.contracts.runs import Run, RunList, RunRequest
from studio_magics.contracts.secrets import SecretInfo, SecretList

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WAIT_SECONDS = 20
CHARGE_SECONDS = 60
"""How much longer than other answers a charge may take: the bank is asked."""
EXPORT_SECONDS = 90
"""How much longer than other answers an archive may take: the server makes it first."""


class StudioClient:
    """Speaks to one credit server; blocking, safe to share between threads."""

    def __init__(self, endpoint: Endpoint, *, pause: Callable[[float], None] | None = None) -> None:
        self._connection = Connection(endpoint, pause=pause) if pause else Connection(endpoint)
        self._transfers = Transfers(self._connection, pause or time.sleep)

    @property
    def endpoint(self) -> Endpoint:
        """The server spoken to and how it was found."""
        return self._connection.endpoint

    def account(self) -> Account:
        """Who the server takes this kernel for."""
        return self._connection.ask("GET", "/api/account", Account)

    def tools(self, words: str = "") -> Catalogue:
        """The catalogue, or the part of it that matches the words."""
        return self._connection.ask("GET", "/api/tools", Catalogue, parameters={"q": words or None})

    def tool(self, name: str) -> ToolPage:
        """One tool, by identifier or short name."""
        return self._connection.ask("GET", f"/api/tools/{_part(name)}", ToolPage)

    def estimate(self, request: EstimateRequest) -> Estimate:
        """What a run would cost; nothing is set aside."""
        return self._connection.ask("POST", "/api/billing/estimate", Estimate, body=request)

    def upload_info(self, digest: str) -> UploadInfo | None:
        """What the server holds under this digest, or None."""
        try:
            return self._connection.ask("GET", f"/api/uploads/{_part(digest)}", UploadInfo)
        except Unknown as refusal:
            if refusal.problem is None:
                raise
            return None

    def upload(self, digest: str, content: bytes | Path, *, told: Told | None = None) -> UploadInfo:
        """Send the content of this digest; sending it again changes nothing.

        A large file goes in pieces: after a break, or in another session, only what is missing is sent.
        `told` hears how many bytes of how many have arrived.
        """
        path = f"/api/uploads/{_part(digest)}"
        if isinstance(content, Path) and content.stat().st_size > PIECE_BYTES:
            self._transfers.send_in_pieces(path, content, told)
            return self._connection.ask("GET", path, UploadInfo)
        response = self._connection.send("PUT", path, content=content, media_type="application/octet-stream")
        return UploadInfo.model_validate_json(response.content)

    def forget_upload(self, digest: str) -> None:
        """Delete an uploaded content, so that there is room for other."""
        self._connection.send("DELETE", f"/api/uploads/{_part(digest)}")

    def start_run(self, tool_id: str, request: RunRequest, *, key: str | None = None) -> Run:
        """Set the ceiling aside and start the run; the same key starts it once."""
        studio, _, name = tool_id.partition("-studio-")
        path = f"/api/{_part(studio)}/{_part(name)}/run"
        return self._connection.ask("POST", path, Run, body=request, key=key)

    def runs(self, *, limit: int | None = None, before: str | None = None) -> RunList:
        """Runs, newest first."""
        parameters: Mapping[str, object] = {"limit": limit, "before": before}
        return self._connection.ask("GET", "/api/runs", RunList, parameters=parameters)

    def run(self, run_id: str, *, since: int | None = None, wait_seconds: int = 0) -> Run:
        """One run; with `since` the answer waits until the run has changed after that revision or is over."""
        wait = min(wait_seconds, MAX_WAIT_SECONDS)
        parameters = {"since": since, "wait_seconds": wait or None}
        path = f"/api/runs/{_part(run_id)}"
        return self._connection.ask("GET", path, Run, parameters=parameters, wait_seconds=wait)

    def cancel(self, run_id: str) -> Run:
        """Stop the run; what it used so far is charged, the rest goes back."""
        return self._connection.ask("POST", f"/api/runs/{_part(run_id)}/cancel", Run)

    def artefact(self, run_id: str, name: str) -> bytes:
        """The content of one artefact, as the server has it.

        Raises:
            Unknown: There is none, or its time is over.
            ServerFault: It arrived damaged.
        """
        return self._transfers.receive(f"/api/runs/{_part(run_id)}/artefacts/{quote(name, safe='/')}")

    def put_secret(self, name: str, value: str) -> SecretInfo:
        """Let the server keep a secret, for runs whose inputs say `secret:NAME`; it is never given back."""
        content = json.dumps({"value": value}).encode()
        response = self._connection.send("PUT", f"/api/secrets/{_part(name)}", content=content)
        return SecretInfo.model_validate_json(response.content)

    def secrets(self) -> SecretList:
        """The names of the secrets that the server keeps."""
        return self._connection.ask("GET", "/api/secrets", SecretList)

    def delete_secret(self, name: str) -> None:
        """Let the server forget a secret."""
        self._connection.send("DELETE", f"/api/secrets/{_part(name)}")

    def balance(self) -> Balance:
        """What can be spent now."""
        return self._connection.ask("GET", "/api/credits/balance", Balance)

    def statement(self, *, limit: int | None = None, before: int | None = None) -> Statement:
        """Ledger lines, newest first."""
        parameters = {"limit": limit, "before": before}
        return self._connection.ask("GET", "/api/credits/statement", Statement, parameters=parameters)

    def receipt(self, receipt_id: str) -> Receipt:
        """What a run did cost, and why."""
        return self._connection.ask("GET", f"/api/receipts/{_part(receipt_id)}", Receipt)

    def notices(self, *, limit: int | None = None) -> NoticeList:
        """What you should know, newest first."""
        return self._connection.ask("GET", "/api/notices", NoticeList, parameters={"limit": limit})

    def read_notice(self, notice_id: str) -> Notice:
        """Count a notice as read; it is shown no more."""
        return self._connection.ask("POST", f"/api/notices/{_part(notice_id)}/read", Notice)

    def packs(self) -> PackList:
        """What can be bought."""
        return self._connection.ask("GET", "/api/billing/packs", PackList)

    def checkout(self, pack: str, *, save_card: bool = False) -> Checkout:
        """The page to pay a pack on; asked again before it is paid, the same page."""
        said = CheckoutRequest(pack=pack, save_card=save_card)
        return self._connection.ask("POST", "/api/billing/checkout", Checkout, body=said)

    def top_up(self, pack: str, price_minor: int) -> PaymentStatus:
        """Charge the saved card for a pack, once for this call, for the price that was agreed to.

        Raises:
            PaymentRefused: The bank did not pay; `problem.url` is a page to pay on instead.
            Conflict: There is no card, the price has changed, or the card is being charged.
        """
        said = TopUpRequest(pack=pack, price_minor=price_minor)
        return self._connection.ask(
            "POST", "/api/billing/top-up", PaymentStatus, body=said, wait_seconds=CHARGE_SECONDS
        )

    def plans(self) -> PlanList:
        """Every plan with what it gives and costs."""
        return self._connection.ask("GET", "/api/billing/plans", PlanList)

    def plan_standing(self) -> PlanStanding:
        """The caller's plan, who pays it, and what comes at the period's end."""
        return self._connection.ask("GET", "/api/billing/plan", PlanStanding)

    def plan_checkout(self, plan: str) -> PlanLink:
        """The page to begin, change or (with the free plan) cancel a plan on."""
        return self._connection.ask(
            "POST", "/api/billing/plan/checkout", PlanLink, body=PlanRequest(plan=plan)
        )

    def card(self) -> CardPage:
        """The saved card."""
        return self._connection.ask("GET", "/api/billing/card", CardPage)

    def remove_card(self) -> CardPage:
        """Charge the saved card no more."""
        return self._connection.ask("DELETE", "/api/billing/card", CardPage)

    def recharge(self) -> Recharge:
        """How auto-recharge stands."""
        return self._connection.ask("GET", "/api/billing/recharge", Recharge)

    def change_recharge(self, change: RechargeChange) -> Recharge:
        """Turn auto-recharge on or off."""
        return self._connection.ask("PUT", "/api/billing/recharge", Recharge, body=change)

    def purchases(self, *, limit: int | None = None) -> PurchaseList:
        """What was bought, newest first."""
        parameters = {"limit": limit}
        return self._connection.ask("GET", "/api/billing/purchases", PurchaseList, parameters=parameters)

    def spend_controls(self) -> SpendControls:
        """The limits in force."""
        return self._connection.ask("GET", "/api/account/settings/credits", SpendControls)

    def change_spend_controls(self, change: SpendControlsChange) -> SpendControls:
        """Set new limits; members that are not set stay as they are."""
        return self._connection.ask("PUT", "/api/account/settings/credits", SpendControls, body=change)

    def export(self) -> bytes:
        """Everything the server holds about the caller, as a signed zip archive."""
        return self._connection.send("GET", "/api/account/export", wait_seconds=EXPORT_SECONDS).content

    def erase(self, *, confirm: str) -> AccountErased:
        """Erase the caller's account for good; `confirm` is its id, as `account` tells it.

        Asked again after it has happened, the server refuses: NotSignedIn or Unknown, and erases nothing.

        Raises:
            InputRefused: It is not the id of the caller's account.
            Conflict: A run, a hold, a debt or a dispute is open; nothing was erased.
        """
        parameters = {"confirm": confirm}
        return self._connection.ask("DELETE", "/api/account", AccountErased, parameters=parameters)

    def fetch(self, run_id: str, name: str, path: Path) -> Path:
        """Save one artefact to a file."""
        path.write_bytes(self.artefact(run_id, name))
        return path

    def close(self) -> None:
        """Give the sockets back."""
        self._connection.close()


def _part(text: str) -> str:
    """One part of a path.

    Raises:
        Unknown: Nothing can have this name, so the server is not asked.
    """
    if not isinstance(text, str) or not text or "/" in text or text in {".", ".."}:  # pyright: ignore[reportUnnecessaryIsInstance]  - people call this
        raise Unknown(f"There is nothing with the name or number {text!r}.")
    return quote(text, safe=":")
