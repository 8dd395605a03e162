"""Contracts as a server would send them: one of each kind, the same every time."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime

from studio_magics.contracts.account import Plan, Statement, StatementLine, Window
from studio_magics.contracts.billing import Measured, PriceLine, Receipt
from studio_magics.contracts.cards import CardPage, Recharge, RechargeChange, SavedCard
from studio_magics.contracts.catalogue import Availability, RunLimits, ToolPage, ToolSummary
from studio_magics.contracts.notices import Notice, NoticeList
from studio_magics.contracts.payments import Checkout, Pack, PaymentStatus, Purchase, PurchaseList
from studio_magics.contracts.plans import PlanLink, PlanList, PlanOffer, PlanStanding
from studio_magics.contracts.results import (
    Artefact,
    Column,
    Figure,
    Finding,
    Provenance,
    Table,
    ToolResult,
)
from studio_magics.contracts.runs import Run

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
FILE_SCHEMA = {
    "title": "InputFile",
    "type": "object",
    "properties": {
        "digest": {"type": "string"},
        "name": {"type": "string"},
        "size_bytes": {"type": "integer"},
    },
}
SCHEMA = {
    "$defs": {"InputFile": FILE_SCHEMA},
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {"$ref": "#/$defs/InputFile", "description": "The table to check."},
        "sample_rows": {"type": "integer", "default": 1000, "description": "Rows to look at."},
        "strict": {"type": "boolean", "default": False},
        "depth": {"enum": ["quick", "full"], "type": "string", "default": "quick"},
        "columns": {"type": "array", "items": {"type": "string"}, "default": []},
        "expectations": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    },
}
PLAN = Plan(id="free", title="Free", monthly_credits=300, daily_cap_credits=30)
LIMITS = RunLimits(cpu_ms=5_000, wall_ms=10_000, memory_bytes=512 * 1024 * 1024, output_bytes=1_000_000)
LINES = (
    PriceLine(label="base", credits="2"),
    PriceLine(label="CPU", credits="0.6", detail="about 1.2 s"),
    PriceLine(label="memory", credits="0.1", detail="about 0.3 GB·s"),
)
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="220" height="60"><script>alert(1)</script>'
    '<rect x="10" y="10" width="120" height="14" fill="#2563eb"/><text x="10" y="50">id</text></svg>'
)
CONTENT = b'{"rows": 3}'


def summary(tool_id: str, title: str, **more) -> ToolSummary:
    fields = {
        "id": tool_id,
        "short_name": tool_id.partition("-studio-")[2],
        "studio": tool_id.partition("-")[0],
        "title": title,
        "summary": "schema, missing values, outliers",
        "mode": "server",
        "risk": "medium",
        "availability": "available",
        "min_credits": 3,
        "max_credits": 8,
    }
    return ToolSummary(**fields | more)


def tool_page(availability: Availability = "available") -> ToolPage:
    return ToolPage(
        tool=summary("data-studio-remote", "Remote Checker", availability=availability),
        version="1.0.0",
        description="Checks a table.",
        limits=LIMITS,
        input_schema=SCHEMA,
        cell_field="expectations",
        example="%studio run remote --data df",
    )


def a_result(**more) -> ToolResult:
    fields = {
        "headline": "3 rows, 2 findings",
        "score": 81,
        "findings": (
            Finding(code="outliers", severity="low", title="1 outlier", where="amount"),
            Finding(
                code="missing-values",
                severity="high",
                title="1 value is missing",
                where="id",
                detail="33.3 % of the rows",
                action="fill or drop them",
            ),
        ),
        "tables": (
            Table(
                title="Columns",
                columns=(
                    Column(name="column"),
                    Column(name="missing", kind="percent"),
                    Column(name="distinct", kind="integer"),
                ),
                rows=(("id", 33.3, 2), ("city <b>", 0.0, 1_204), ("note", None, 3)),
                note="first three columns",
            ),
        ),
        "figures": (
            Figure(
                title="Missing values",
                alt_text="Bars: id 33 %, city 0 %",
                svg=PICTURE,
            ),
        ),
        "artefacts": (
            Artefact(
                name="report.json",
                media_type="application/json",
                size_bytes=len(CONTENT),
                digest="sha256:" + hashlib.sha256(CONTENT).hexdigest(),
                title="machine-readable report",
            ),
        ),
        "not_checked": ("freshness: no time column",),
        "provenance": Provenance(tool_id="data-studio-remote", tool_version="1.0.0"),
    }
    return ToolResult(**fields | more)


def a_run(run_id: str, *, most: int) -> Run:
    return Run(
        id=run_id,
        tool_id="data-studio-remote",
        tool_title="Remote Checker",
        state="queued",
        progress_percent=0,
        revision=0,
        max_credits=most,
        charged_credits=None,
        receipt_id=None,
        input_summary="df.parquet",
        created_at=NOW,
        ended_at=None,
        tool_version="1.0.0",
        typical_credits=3,
        started_at=None,
        failure=None,
        receipt=None,
        result=None,
    )


def a_receipt(run: Run, outcome: str, charged: int, left: int) -> Receipt:
    return Receipt(
        id=run.id.replace("run_", "rcpt_"),
        run_id=run.id,
        tool_id=run.tool_id,
        tool_title=run.tool_title,
        tool_version="1.0.0",
        price_version="p1",
        outcome=outcome,
        reason="",
        min_credits=3,
        typical_credits=3,
        max_credits=run.max_credits,
        charged_credits=charged,
        returned_credits=run.max_credits - charged,
        lines=LINES,
        measured=Measured(cpu_ms=1_240, wall_ms=2_050, peak_bytes=118_000_000, byte_ms=241_900_000_000),
        available_credits_after=left,
        created_at=NOW,
    )


def a_window(kind: str, cap: int, spent: int) -> Window:
    return Window(
        kind=kind, starts_at=NOW, resets_at=NOW, cap_credits=cap, spent_credits=spent, held_credits=0
    )


PACK = Pack(
    id="starter",
    title="Starter",
    gives="credits",
    credits=500,
    dollars_micros=0,
    price_minor=1_000,
    currency="gbp",
    price="£10",
    saving_percent=0,
    unit_price="£2.00",
    is_best_value=False,
    lasts_days=365,
)
CHECKOUT = Checkout(order_id="order_1", session_id="cs_1", url="https://pay.example/pay/cs_1", pack=PACK)
PURCHASES = PurchaseList(
    purchases=(
        Purchase(
            order_id="order_1",
            pack_id="starter",
            title="Starter",
            state="paid",
            gives="credits",
            credits=500,
            dollars_micros=0,
            price="£10",
            price_minor=1_000,
            currency="gbp",
            refunded_minor=400,
            disputed=False,
            receipt_url="https://pay.example/receipt/1",
            created_at=NOW,
        ),
    )
)


def some_notices(read_at: datetime | None = None) -> NoticeList:
    kind, text = "credits_end_in_7_days", "40 bought credits end on 2026-02-20"
    notice = Notice(id="notice_1", kind=kind, severity="warning", text=text, created_at=NOW, read_at=read_at)
    return NoticeList(notices=(notice,), unread=1 if read_at is None else 0)


def a_statement() -> Statement:
    line = StatementLine(
        sequence=1,
        at=NOW,
        kind="grant",
        description="Free plan, January",
        amount_credits=300,
        available_credits_after=300,
        run_id=None,
        receipt_id=None,
    )
    return Statement(lines=(line,), next_before=None)


def an_archive(*, damaged: str = "") -> bytes:
    """What an export gives: one run, three ledger lines; `damaged` is the file its manifest denies."""
    files = {"README.txt": b"About.", "json/runs.json": b'[{"run_id": "run_1"}]'}
    files |= {"json/statement.json": b"[1, 2, 3]", "csv/runs.csv": b"run_id\r\nrun_1\r\n"}
    listed = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()}
    if damaged:
        files[damaged] += b" "
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        archive.writestr(zipfile.ZipInfo("manifest.json"), json.dumps({"files": listed}))
        archive.writestr(zipfile.ZipInfo("manifest.hmac"), "00")
    return packed.getvalue()


CARD = SavedCard(
    brand="visa", last4="4242", exp_month=8, exp_year=2030, name="Visa ending 4242", has_expired=False
)
CARD_PAGE = CardPage(card=CARD)
PAID = PaymentStatus(
    purchase=PURCHASES.purchases[0].model_copy(update={"refunded_minor": 0, "way": "saved_card"}),
    available_credits=800,
    available_dollars_micros=0,
)
RECHARGE = Recharge(
    state="off",
    reason="never_asked",
    waits_for="nothing",
    pack=None,
    threshold=0,
    ceiling_minor=0,
    ceiling="",
    charged_minor=0,
    charged="",
    month_ends_at=None,
    card=CARD,
    says="Auto-recharge is off",
)


SUPPORTER = Plan(id="supporter", title="Supporter", monthly_credits=3_000, daily_cap_credits=300)
OFFER = PlanOffer(plan=SUPPORTER, price_minor=1_500, currency="gbp", price="£15 a month", is_sold=True)
PLANS = PlanList(plans=(OFFER,))
STANDING = PlanStanding(
    plan=PLAN,
    state="free",
    period_ends_at=NOW,
    next_plan=None,
    next_price=None,
    is_disputed=False,
    waiting_url=None,
    has_portal=False,
)
PLAN_LINK = PlanLink(kind="checkout", url="https://pay.example/pay/cs_2", session_id="cs_2", offer=OFFER)


def paying(body: bytes) -> dict:
    """What the routes about buying answer."""
    return {
        ("POST", "/api/billing/checkout"): lambda: CHECKOUT,
        ("GET", "/api/billing/purchases"): lambda: PURCHASES,
        ("POST", "/api/billing/top-up"): lambda: PAID,
        ("GET", "/api/billing/plans"): lambda: PLANS,
        ("GET", "/api/billing/plan"): lambda: STANDING,
        ("POST", "/api/billing/plan/checkout"): lambda: PLAN_LINK,
        ("GET", "/api/billing/card"): lambda: CARD_PAGE,
        ("DELETE", "/api/billing/card"): lambda: CardPage(card=None),
        ("GET", "/api/billing/recharge"): lambda: RECHARGE,
        ("PUT", "/api/billing/recharge"): lambda: _changed_recharge(body),
    }


def _changed_recharge(body: bytes) -> Recharge:
    """Auto-recharge as it was just asked for."""
    said = RechargeChange.model_validate_json(body)
    if not said.on:
        return RECHARGE
    wish = {"pack": PACK, "threshold": said.threshold, "ceiling_minor": said.ceiling_minor}
    says = f"Below {said.threshold} credits it buys Starter"
    return RECHARGE.model_copy(update={"state": "on", "reason": "asked", "says": says, **wish})
