"""Totals against sums worked out by hand from the price list; amounts are compared as decimal text."""

import json
from decimal import Decimal

import pytest

from studio_magics.tools.dev.cost import TOOL
from studio_magics.tools.dev.cost.bill import tier_cost
from studio_magics.tools.dev.cost.prices import embedded_prices, read_prices

HEAD = "defaults: {provider: aws, region: us-east-1}\ncomponents:\n"


def monthly(result):
    return result.summary["monthly_exact"]


# By hand: 3 x 730 x 0.096 = 210.24; 2 x 730 x 0.159 = 232.14 and 2 x 200 x 0.115 = 46;
# 5000 x 0.023 = 115, 1,000 x 0.005 = 5, 20,000 x 0.0004 = 8; (4000 - 100) x 0.09 = 351;
# 730 x 0.0225 = 16.425 and 4000 x 0.008 = 32.
def test_the_example_a_person_pastes_costs_what_the_hand_sum_says(price):
    result = price(TOOL.example.split("\n", 1)[1])
    assert result.summary["by_component"] == {
        "web": "210.24",
        "shop db": "278.14",
        "pictures": "128.00",
        "downloads": "351.00",
        "entrance": "48.43",
    }
    assert monthly(result) == "1015.805"
    assert result.summary["monthly"] == "1015.81"
    assert result.summary["yearly"] == "12189.66"  # 12 x 1015.805, not 12 x 1015.81
    assert result.headline.startswith("Web shop: $1,015.81 a month, $12,189.66 a year")


@pytest.mark.parametrize(
    ("component", "hand_sum"),
    [
        # 100 free, 10,240 x 0.09 = 921.6, 40,960 x 0.085 = 3,481.6, 102,400 x 0.07 = 7,168, 46,300 x 0.05
        ("{kind: egress, gb: 200000}", "13886.2"),
        ("{kind: egress, gb: 100}", "0"),
        # 1,024 x 0.12 + 976 x 0.11
        ("{kind: egress, provider: gcp, region: europe-west1, gb: 2000}", "230.24"),
        # (3M - 1M) x 0.20 per M = 0.40; 3M x 0.2 s x 0.5 GB = 300,000 GB-s, below the free 400,000
        ("{kind: functions, requests: 3000000, duration_ms: 200, memory_mb: 512}", "0.4"),
        # 10M x 1 s x 1 GB = 10M GB-s; 9,600,000 x 0.0000166667 = 160.00032; 9 x 0.20 = 1.8
        ("{kind: functions, requests: 10000000, duration_ms: 1000, memory_mb: 1024}", "161.80032"),
        # 200 hours x 0.0416
        ("{kind: vm, size: t3.medium, hours: 200}", "8.32"),
        # committed: all 730 hours at 63 %: 730 x 0.0416 x 0.63
        ("{kind: vm, size: t3.medium, hours: 200, commitment: 1y}", "19.13184"),
        # own discount of 30 % for the term
        ("{kind: vm, size: m5.large, commitment: 3y, discount_percent: 30}", "49.056"),
        ("{kind: block-storage, size: gp3, gb: 100, count: 4}", "32"),
        ("{kind: kubernetes}", "73"),
        ("{kind: nat-gateway, gb: 1000}", "77.85"),
        ("{kind: public-ip, count: 2}", "7.3"),
        ("{kind: other, name: monitoring, usd_per_month: 49.99, count: 3}", "149.97"),
        ("{kind: vm, provider: azure, region: westeurope, size: D4s_v5}", "167.9"),
        ("{kind: vm, region: us-west-2, size: m5.large}", "70.08"),
        # 51,200 x 0.023 + 8,800 x 0.022
        ("{kind: object-storage, gb: 60000, writes: 0, reads: 0}", "1371.2"),
    ],
)
def test_one_component_costs_its_hand_sum(price, component, hand_sum):
    assert monthly(price(f"{HEAD}  - {component}\n")) == hand_sum


def test_tiers_fill_up_over_all_components_of_a_provider_in_file_order(price):
    result = price(
        f"{HEAD}  - {{name: first, kind: egress, gb: 10000}}\n"
        "  - {name: second, kind: egress, gb: 1000}\n"
        "  - {name: elsewhere, kind: egress, region: eu-west-1, gb: 100}\n"
    )
    # first: 100 free, 9,900 x 0.09; second: 340 x 0.09 + 660 x 0.085; elsewhere: 100 x 0.085, nothing free
    assert result.summary["by_component"] == {"first": "891.00", "second": "86.70", "elsewhere": "8.50"}


def test_cents_are_rounded_once_from_the_exact_sum(price):
    parts = "".join(f"  - {{name: n{i}, kind: other, usd_per_month: 0.004}}\n" for i in range(3))
    result = price(HEAD + parts)
    assert result.summary["by_component"] == {"n0": "0.00", "n1": "0.00", "n2": "0.00"}
    assert (result.summary["monthly"], monthly(result)) == ("0.01", "0.012")


def test_large_and_tiny_amounts_stay_exact(price):
    result = price(
        f"{HEAD}  - {{name: a, kind: other, usd_per_month: 999999999999.999999, count: 99999}}\n"
        "  - {name: b, kind: other, usd_per_month: 0.000000000001}\n"
    )
    assert monthly(result) == "99998999999999999.900001000001"


def test_a_tier_that_starts_in_the_middle_is_charged_from_there():
    tiers = embedded_prices().find("egress", "transfer", "aws", "us-east-1", "internet").tiers
    whole = tier_cost(tiers, Decimal(0), Decimal(60_000))
    parts = tier_cost(tiers, Decimal(0), Decimal(333)) + tier_cost(tiers, Decimal(333), Decimal(59_667))
    assert whole == parts


def test_what_is_not_stated_or_has_no_price_is_listed_and_the_headline_says_at_least(price):
    result = price(f"{HEAD}  - {{kind: database, size: db.m6g.large, region: eu-west-1, storage_gb: 10}}\n"
                   "  - {kind: load-balancer, size: network}\n")  # fmt: skip
    table = next(table for table in result.tables if table.title == "Not priced")
    assert [row[:2] for row in table.rows] == [
        ("database", "machine hours"),
        ("load-balancer", "data processed"),
    ]
    assert "at least $" in result.headline
    assert next(f for f in result.findings if f.code == "unpriced").count == 2


def test_the_exchange_file_adds_up_and_the_csv_agrees_with_it(price, context):
    result = price(TOOL.example.split("\n", 1)[1])
    document = json.loads(context.artefacts["cost.json"])
    resources = document["projects"][0]["breakdown"]["resources"]
    parts = [part for resource in resources for part in resource["costComponents"]]
    assert sum(Decimal(part["monthlyCost"]) for part in parts) == Decimal(document["totalMonthlyCost"])
    assert document["totalMonthlyCost"] == monthly(result)
    lines = context.artefacts["cost.csv"].decode().splitlines()[1:]
    assert sum(Decimal(line.split(",")[-2]) for line in lines) == Decimal(monthly(result))


def test_a_name_that_a_spreadsheet_would_run_is_quoted_in_the_csv(price, context):
    price(f"{HEAD}  - {{name: '=HYPERLINK(1)', kind: kubernetes}}\n")
    assert context.artefacts["cost.csv"].decode().splitlines()[1].startswith("'=HYPERLINK(1),")


def test_the_same_input_gives_the_same_answer_to_the_byte(price, context):
    text = TOOL.example.split("\n", 1)[1]
    first, files = price(text), dict(context.artefacts)
    assert price(text) == first
    assert context.artefacts == files


def test_every_embedded_price_is_exact_dated_and_in_three_providers():
    table = embedded_prices()
    assert table.providers() == ["aws", "azure", "gcp"]
    assert all(len(table.regions(provider)) >= 3 for provider in table.providers())
    assert all(row.unit and row.as_of and row.per > 0 for row in table.rows.values())
    assert len(table.rows) > 400


def test_prices_written_as_numbers_are_refused_because_they_would_be_floats():
    text = (
        'as_of = "2025-01-01"\n[[group]]\nkind = "vm"\nmeter = "hours"\nunit = "hour"\n'
        'rows = [{ provider = "aws", size = "m5.large", price = { us-east-1 = 0.1 } }]\n'
    )
    with pytest.raises(ValueError, match="quoted text"):
        read_prices(text)
