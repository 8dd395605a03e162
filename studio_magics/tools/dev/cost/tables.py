"""The tables of a bill; amounts are decimal text rounded once to cents."""

from collections.abc import Sequence
from decimal import Decimal

from studio_magics.contracts.results import Cell, Column, Table
from studio_magics.tools.dev.cost.amounts import cents, exact, percent, plain
from studio_magics.tools.dev.cost.architecture import ON_DEMAND, Component
from studio_magics.tools.dev.cost.bill import MONTHS_PER_YEAR, Bill
from studio_magics.tools.dev.cost.prices import PriceTable
from studio_magics.tools.dev.cost.whatif import Outcome, Sensitivity

_TEXT, _MONEY, _SHARE = "text", "money", "percent"
_QUANTITY_PLACES = Decimal("0.001")


def all_tables(
    bill: Bill,
    components: Sequence[Component],
    outcomes: Sequence[Outcome],
    moves: Sequence[Sensitivity],
    prices: PriceTable,
    *,
    step_percent: int,
) -> tuple[Table, ...]:
    """What is shown, in reading order; a table without rows is left out."""
    tables = (
        _components(bill),
        _categories(bill),
        _lines(bill),
        _unpriced(bill),
        _what_ifs(bill, outcomes),
        _sensitivity(moves, step_percent),
        _assumptions(components, prices),
    )
    return tuple(table for table in tables if table.rows)


def money(amount: Decimal) -> str:
    """An amount in whole cents as decimal text."""
    return str(cents(amount))


def yearly(month: Decimal) -> str:
    """Twelve exact months, rounded once."""
    with exact():
        return money(month * MONTHS_PER_YEAR)


def _columns(*wanted: tuple[str, str]) -> tuple[Column, ...]:
    units = {_MONEY: "USD", _SHARE: "%"}
    return tuple(
        Column.model_validate({"name": name, "kind": kind, "unit": units.get(kind, "")})
        for name, kind in wanted
    )


def _components(bill: Bill) -> Table:
    month, totals = bill.monthly, bill.by_component()
    first = {line.component.name: line.component for line in reversed(bill.lines)}
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(totals, key=lambda key: (-totals[key], key)):
        part, cost = first[name], totals[name]
        where = f"{part.provider} {part.region}".strip()
        rows.append(
            (
                name,
                part.kind,
                where,
                part.size,
                part.commitment,
                money(cost),
                yearly(cost),
                _share(cost, month),
            )
        )
    rows.append(("Total", "", "", "", "", money(month), yearly(month), _share(month, month)))
    names = (("component", _TEXT), ("kind", _TEXT), ("where", _TEXT), ("size", _TEXT), ("commitment", _TEXT))
    return Table(
        title="Cost by component",
        columns=_columns(*names, ("month", _MONEY), ("year", _MONEY), ("share", _SHARE)),
        rows=tuple(rows),
        note="Each figure is rounded once from the exact amount; rounded rows may differ from it by cents.",
    )


def _share(part: Decimal, whole: Decimal) -> float:
    return float(percent(part, whole))


def _categories(bill: Bill) -> Table:
    month = bill.monthly
    return Table(
        title="Cost by category",
        columns=_columns(("category", _TEXT), ("month", _MONEY), ("year", _MONEY), ("share", _SHARE)),
        rows=tuple(
            (name, money(cost), yearly(cost), _share(cost, month))
            for name, cost in bill.by_category().items()
        ),
    )


def _lines(bill: Bill) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for line in bill.lines:
        price = plain(line.list_price) + (f" per {plain(line.per)}" if line.per != 1 else "")
        rows.append(
            (
                line.component.name,
                line.title,
                plain(line.quantity.quantize(_QUANTITY_PLACES)),
                line.unit,
                f"{price}, tiered" if line.is_tiered else price,
                float(line.discount * 100),
                money(line.monthly),
            )
        )
    names = (("component", _TEXT), ("billed by", _TEXT), ("quantity a month", _TEXT), ("unit", _TEXT))
    return Table(
        title="How it adds up",
        columns=_columns(*names, ("list price in USD", _TEXT), ("discount", _SHARE), ("month", _MONEY)),
        rows=tuple(rows),
        note="Tiers fill up per provider in the order of the components; shown is the first paid tier.",
    )


def _unpriced(bill: Bill) -> Table:
    return Table(
        title="Not priced",
        columns=_columns(("component", _TEXT), ("what", _TEXT), ("reason", _TEXT)),
        rows=tuple((gap.component, gap.what, gap.reason) for gap in bill.unpriced),
        note="These cost money and are not in the total.",
    )


def _what_ifs(bill: Bill, outcomes: Sequence[Outcome]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for item in outcomes:
        changed = ", ".join(item.changed)
        head = (item.scenario.name, item.scenario.change.described(), changed, money(item.bill.monthly))
        if item.difference is None:
            missing = ", ".join(dict.fromkeys(item.missing))
            rows.append((*head, None, None, None, f"no price then for: {missing}"))
        else:
            share = _share(item.difference, bill.monthly)
            rows.append((*head, money(item.difference), yearly(item.difference), share, ""))
    names = (("what if", _TEXT), ("change", _TEXT), ("components", _TEXT), ("month", _MONEY))
    more = (
        ("difference a month", _MONEY),
        ("difference a year", _MONEY),
        ("difference", _SHARE),
        ("note", _TEXT),
    )
    return Table(title="What if", columns=_columns(*names, *more), rows=tuple(rows))


def _sensitivity(moves: Sequence[Sensitivity], step_percent: int) -> Table:
    columns = (
        ("component", _TEXT),
        ("input", _TEXT),
        ("value", _TEXT),
        ("adds a month", _MONEY),
        ("share", _SHARE),
    )
    return Table(
        title=f"What moves the total most: each input {step_percent} % larger",
        columns=_columns(*columns),
        rows=tuple(
            (
                item.component,
                item.field,
                plain(item.value),
                money(item.difference),
                float(item.of_total_percent),
            )
            for item in moves
        ),
    )


def _assumptions(components: Sequence[Component], prices: PriceTable) -> Table:
    rows: dict[tuple[str, str, str], tuple[Cell, ...]] = {}
    for part in components:
        if part.commitment == ON_DEMAND:
            continue
        key = (part.provider, part.kind, part.commitment)
        typical = prices.discount(*key)
        share = (
            part.discount_percent
            if part.discount_percent is not None
            else (typical.share * 100 if typical else 0)
        )
        basis = (
            "stated by you"
            if part.discount_percent is not None
            else (typical.basis if typical else "none known")
        )
        rows[(*key[:2], f"{key[2]}{basis}{share}")] = (*key, float(share), basis)
    names = (("provider", _TEXT), ("kind", _TEXT), ("term", _TEXT), ("discount", _SHARE), ("basis", _TEXT))
    return Table(
        title="Commitment discounts assumed",
        columns=_columns(*names),
        rows=tuple(rows[key] for key in sorted(rows)),
        note="Typical savings against on demand, not offers; set discount_percent to use your own.",
    )
