"""What-ifs, sensitivities, findings and own price files."""

import pytest

from studio_magics.tools.base import InputRejected, RunCancelled

HEAD = "defaults: {provider: aws, region: us-east-1}\ncomponents:\n"
WEB = "  - {name: web, kind: vm, size: m5.large, count: 2}\n"


def what_ifs(result):
    table = next(table for table in result.tables if table.title == "What if")
    return {row[0]: row for row in table.rows}


def codes(result, code):
    return [finding for finding in result.findings if finding.code == code]


def test_a_what_if_states_the_difference_of_a_hand_sum(price):
    text = (
        f"{HEAD}{WEB}  - {{name: out, kind: egress, gb: 1100}}\n"
        "what_if:\n"
        "  - {name: commit, change: {commitment: 1y}}\n"
        "  - {name: move, components: [web], change: {region: eu-central-1}}\n"
        "  - {name: small, kind: vm, change: {size: t3.large, count: 1}}\n"
        "  - {name: night, change: {hours: 365}}\n"
        "  - {name: busy, change: {usage: +50 %}}\n"
    )
    rows = what_ifs(price(text))
    # 2 x 730 x 0.096 = 140.16 a month; -37 % = -51.8592; Frankfurt 0.115: +27.74; 730 x 0.0832 - 140.16
    # = -79.424; half the hours: -70.08; 550 GB more x 0.09 = 49.5
    differences = {name: row[4] for name, row in rows.items()}
    assert differences == {
        "commit": "-51.86", "move": "27.74", "small": "-79.42", "night": "-70.08", "busy": "49.50"
    }  # fmt: skip
    assert rows["commit"][5] == "-622.31"  # 12 x 51.8592
    assert rows["move"][2] == "web"


def test_a_what_if_that_loses_a_price_is_not_compared_as_a_saving(price):
    text = f"{HEAD}  - {{name: db, kind: database, size: db.m6g.large, storage_gb: 10}}\n"
    row = what_ifs(price(text, what_if_region="eu-west-1"))["region eu-west-1"]
    assert row[4:7] == (None, None, None)
    assert row[7] == "no price then for: db"


def test_options_add_what_ifs_beside_those_of_the_text(price):
    result = price(
        f"{HEAD}{WEB}  - {{kind: egress, gb: 1000}}\n", what_if_commitment="3y", what_if_usage_percent=-50
    )
    assert {name: row[4] for name, row in what_ifs(result).items()} == {
        "commitment 3y": "-78.49",
        "usage -50 %": "-45.00",
    }
    assert len(result.figures) == 2


def test_sensitivity_ranks_the_input_that_moves_the_total_most_first(price):
    result = price(f"{HEAD}{WEB}  - {{name: out, kind: egress, gb: 20000}}\n", sensitivity_percent=20)
    table = next(table for table in result.tables if table.title.startswith("What moves"))
    # 4,000 GB more in the 0.085 tier = 340; 20 % more machines = 28.032
    assert [(*row[:2], row[3]) for row in table.rows][:2] == [
        ("out", "gb", "340.00"),
        ("web", "count", "28.03"),
    ]


def test_a_cheaper_machine_of_the_same_shape_is_named_with_its_saving_and_its_processor(price):
    found = codes(price(HEAD + WEB), "cheaper-equivalent")[0]
    assert found.title == "m6g.large instead of m5.large saves $27.74 a month"  # 2 x 730 x 0.019
    assert "arm64, not x86_64" in found.detail


def test_a_burstable_machine_is_never_offered_for_a_steady_one(price):
    result = price(f"{HEAD}  - {{kind: vm, size: m6g.large}}\n")
    assert codes(result, "cheaper-equivalent") == []  # t4g.large has the same shape and costs less


def test_stated_low_peaks_bring_the_smaller_machine_and_high_ones_do_not(price):
    one = "  - {{kind: vm, size: m5.2xlarge, peak_cpu_percent: {0}, peak_memory_percent: {0}}}\n"
    found = codes(price(HEAD + one.format(30)), "over-provisioned")[0]
    # 8 x 0.3 / 0.7 = 3.43 vCPU and 13.7 GiB: m5.xlarge; 730 x 0.192 = 140.16
    assert found.title == "m5.xlarge instead of m5.2xlarge saves $140.16 a month"
    assert codes(price(HEAD + one.format(60)), "over-provisioned") == []


def test_redundancy_is_only_looked_for_when_asked(price):
    text = f"{HEAD}  - {{name: db, kind: database, size: db.m5.large, storage_gb: 100}}\n"
    assert codes(price(text), "no-redundancy") == []
    found = codes(price(text, check_redundancy=True), "no-redundancy")[0]
    assert (found.severity, found.detail) == ("high", "copies: 2 costs $141.44 a month more.")


def test_egress_above_thirty_per_cent_of_the_month_is_a_finding(price):
    assert codes(price(f"{HEAD}{WEB}  - {{kind: egress, gb: 1000}}\n"), "egress-dominates")
    assert codes(price(f"{HEAD}{WEB}  - {{kind: egress, gb: 500}}\n"), "egress-dominates") == []


def test_a_commitment_for_few_hours_is_called_dearer_than_on_demand(price):
    found = codes(
        price(f"{HEAD}  - {{kind: vm, size: m5.large, hours: 300, commitment: 1y}}\n"), "idle-commitment"
    )
    assert "300 hours cost $15.35 a month less" in found[0].detail  # 730 x 0.096 x 0.63 - 300 x 0.096


def test_a_budget_is_compared_with_the_exact_month(price):
    text = HEAD + WEB  # 140.16
    assert codes(price(text, budget_usd_per_month="140.16"), "over-budget") == []
    assert "$0.01 more" in codes(price(text, budget_usd_per_month="140.15"), "over-budget")[0].title


def test_old_prices_are_called_old_by_the_clock_of_the_run(price, context):
    assert codes(price(HEAD + WEB), "prices-old") == []
    context.now = context.now.replace(year=2026)
    assert codes(price(HEAD + WEB), "prices-old")


def test_a_result_with_old_prices_is_the_same_on_every_later_day(price, context):
    context.now = context.now.replace(year=2026)
    first = price(HEAD + WEB)
    context.now = context.now.replace(year=2027, month=3, day=9)
    assert codes(first, "prices-old")
    assert price(HEAD + WEB) == first


OWN = """
as_of = "2026-01-02"
source = "our contract"
{head}
[[group]]
kind = "vm"
meter = "hours"
unit = "hour"
rows = [{{ provider = "aws", size = "m5.large", price = {{ us-east-1 = "0.05" }} }}]
"""


def test_an_own_price_file_replaces_its_rows_and_keeps_the_others(price, context):
    file = context.keep("contract.toml", OWN.format(head="").encode())
    result = price(f"{HEAD}{WEB}  - {{kind: kubernetes}}\n", prices=file)
    assert result.summary["by_component"] == {"web": "73.00", "kubernetes": "73.00"}
    assert result.provenance.data_as_of == {"list prices": "2026-01-02"}
    assert "our contract" in result.not_checked[0]


def test_an_own_price_file_can_stand_alone(price, context):
    file = context.keep("contract.toml", OWN.format(head="replace_all = true").encode())
    with pytest.raises(InputRejected, match="no prices for kubernetes of aws"):
        price(f"{HEAD}{WEB}  - {{kind: kubernetes}}\n", prices=file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"as_of = 1", "as_of"),
        (b"not toml", "price file"),
        (b"\xff\xfe", "not UTF-8"),
        (b'as_of = "2026-01-01"\ncurrency = "EUR"', "EUR"),
        (b'as_of = "2026-01-01"\nprise = 1', "unknown key 'prise'"),
        (OWN.format(head="").replace('"0.05"', '"-1"').encode(), "-1"),
        (OWN.format(head="").replace("hours", "minutes").encode(), "minutes"),
        (OWN.format(head="").replace('"0.05"', '[["10", "1"]]').encode(), "out of order"),
    ],
)
def test_a_bad_price_file_is_refused_with_its_place(price, context, content, words):
    with pytest.raises(InputRejected, match=words):
        price(HEAD + WEB, prices=context.keep("p.toml", content))


def test_a_cancelled_run_stops_at_the_next_report(price, context):
    context.cancels_at = 0.5
    with pytest.raises(RunCancelled):
        price(HEAD + WEB)
    assert context.artefacts == {}
