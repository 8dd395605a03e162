"""Machine-readable forms of a bill: JSON in the shape Infracost writes (version 0.2), and CSV."""

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from studio_magics.tools.dev.cost.amounts import cents, exact, plain
from studio_magics.tools.dev.cost.bill import Bill, Line
from studio_magics.tools.dev.cost.kinds import HOURS_PER_MONTH
from studio_magics.tools.dev.cost.prices import CURRENCY, PriceTable
from studio_magics.tools.dev.cost.whatif import Outcome

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_HOURLY_PLACES = Decimal("0.0000000001")


def as_json(name: str, bill: Bill, outcomes: Sequence[Outcome], prices: PriceTable) -> bytes:
    """One project with its resources; amounts are exact decimal text."""
    resources = [
        _resource(list(lines)) for _, lines in groupby(bill.lines, key=lambda line: line.component.name)
    ]
    priced = {line.component.name for line in bill.lines}
    missing = {gap.component for gap in bill.unpriced} - priced
    totals = {"totalHourlyCost": _hourly(bill.monthly), "totalMonthlyCost": plain(bill.monthly)}
    document = {
        "version": "0.2",
        "currency": CURRENCY,
        "metadata": {
            "pricesAsOf": prices.as_of.isoformat(),
            "pricesSource": prices.source,
            "hoursPerMonth": plain(HOURS_PER_MONTH),
        },
        "projects": [
            {
                "name": name,
                "metadata": {},
                "pastBreakdown": None,
                "breakdown": {"resources": resources, **totals},
            }
        ],
        **totals,
        "summary": {
            "totalDetectedResources": len(priced | missing),
            "totalSupportedResources": len(priced),
            "totalNoPriceResources": len(missing),
        },
        "unpriced": [
            {"component": gap.component, "what": gap.what, "reason": gap.reason} for gap in bill.unpriced
        ],
        "whatIf": [_what_if(outcome) for outcome in outcomes],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _resource(lines: list[Line]) -> dict[str, Any]:
    component = lines[0].component
    with exact():
        month = sum((line.monthly for line in lines), Decimal(0))
    return {
        "name": component.name,
        "resourceType": f"{component.provider}_{component.kind}".replace("-", "_"),
        "tags": {},
        "metadata": {
            "region": component.region,
            "size": component.size,
            "commitment": component.commitment,
            "category": component.spec.category,
        },
        "hourlyCost": _hourly(month),
        "monthlyCost": plain(month),
        "costComponents": [_cost_component(line) for line in lines],
    }


def _cost_component(line: Line) -> dict[str, Any]:
    with exact():
        price = line.list_price / line.per
    return {
        "name": f"{line.title} ({line.component.size})" if line.component.size else line.title,
        "unit": line.unit,
        "hourlyQuantity": _hourly(line.quantity),
        "monthlyQuantity": plain(line.quantity),
        "price": plain(price),
        "priceIsTiered": line.is_tiered,
        "discount": plain(line.discount),
        "hourlyCost": _hourly(line.monthly),
        "monthlyCost": plain(line.monthly),
    }


def _what_if(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.scenario.name,
        "change": outcome.scenario.change.described(),
        "changedComponents": list(outcome.changed),
        "monthlyCost": plain(outcome.bill.monthly),
        "difference": None if outcome.difference is None else plain(outcome.difference),
        "withoutPrice": list(outcome.missing),
    }


def _hourly(month: Decimal) -> str:
    with exact():
        return plain((month / HOURS_PER_MONTH).quantize(_HOURLY_PLACES))


def as_csv(bill: Bill) -> bytes:
    """One row per component and meter; text that a spreadsheet would run as a formula is quoted with '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = (
        "component category kind provider region size commitment meter quantity unit list_price per discount"
    )
    writer.writerow([*head.split(), "usd_per_month", "usd_per_year_rounded"])
    for line in bill.lines:
        component = line.component
        with exact():
            yearly = cents(line.monthly * 12)
        names = [
            component.name,
            component.spec.category,
            component.kind,
            component.provider,
            component.region,
        ]
        writer.writerow(
            [_inert(text) for text in (*names, component.size, component.commitment, line.meter)]
            + [plain(line.quantity), line.unit, plain(line.list_price), plain(line.per), plain(line.discount)]
            + [plain(line.monthly), plain(yearly)]
        )
    return out.getvalue().encode()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
