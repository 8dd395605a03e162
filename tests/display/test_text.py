"""The text of every display, exactly as a notebook shows it, and HTML that is safe and accessible."""

import re
from html.parser import HTMLParser

import pytest

from studio_magics.contracts.account import Subscription
from studio_magics.contracts.billing import EstimateRequest
from studio_magics.contracts.payments import PackList
from studio_magics.contracts.problems import Problem
from studio_magics.contracts.results import Figure, Finding, Table
from studio_magics.display import formats, results, wording
from studio_magics.display.bundle import ESTIMATE_MIME, RECEIPT_MIME
from studio_magics.display.formats import draw
from studio_magics.display.input_fields import input_fields
from studio_magics.display.money import receipt_after_run
from studio_magics.display.people import Check, Diagnosis
from studio_magics.display.plans import PlanPage
from tests.client import samples
from tests.client.fake_server import FakeServer
from tests.client.samples import a_result, tool_page

VOID = {"img", "br", "hr", "input"}


class Seen(HTMLParser):
    """Collects the elements of a page and checks that they nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def fake():
    server = FakeServer()
    server.available = 297
    return server


def ended(fake, outcome="succeeded"):
    fake.available = 300
    return fake.ended(samples.a_run("run_1", most=8), outcome)


def everything(fake):
    run = ended(fake)
    request = EstimateRequest(tool="remote")
    return [
        fake.balance(),
        fake.estimate(request),
        run.receipt,
        run,
        a_result(),
        fake.catalogue(""),
        tool_page(),
        fake.controls(),
        samples.a_statement(),
        samples.some_notices(),
        fake.account(),
        samples.CHECKOUT,
        samples.PURCHASES,
        samples.PAID,
        samples.CARD_PAGE,
        samples.RECHARGE,
        PackList(packs=(samples.PACK,)),
        samples.PLAN_LINK,
        PlanPage(fake.account(), samples.STANDING, samples.PLANS.plans),
        Diagnosis(
            (Check("server", ok=True, found="here"), Check("tools", ok=False, found="none", action="install"))
        ),
    ]


def test_the_balance_is_one_line(fake):
    assert draw(fake.balance()).text == "ada · Free · 297 credits · today 3 of 30"


def test_who_has_chosen_another_plan_sees_when_it_comes(fake):
    comes = Subscription(
        starts_at=samples.NOW, ends_at=samples.NOW, next_plan=samples.PLAN, roll_over_credits=0
    )
    who = fake.account().model_copy(update={"subscription": comes})
    assert draw(who).text.splitlines()[0] == "ada · Free, Free from 2026-01-15 09:00 UTC"
    stays = comes.model_copy(update={"next_plan": None})
    assert draw(who.model_copy(update={"subscription": stays})).text == draw(fake.account()).text


def test_a_notice_is_a_second_line_of_the_balance_and_goes_when_it_was_read(fake):
    told = fake.balance().model_copy(update={"notice": "40 bought credits end on 2026-02-20"})
    assert draw(told).text.splitlines() == [
        draw(fake.balance()).text,
        "40 bought credits end on 2026-02-20 (%studio notices)",
    ]
    assert draw(samples.some_notices()).text.splitlines() == [
        "2026-01-15 09:00 UTC  new   40 bought credits end on 2026-02-20",
        "read them: %studio notices --read",
    ]
    assert draw(samples.some_notices(samples.NOW)).text == (
        "2026-01-15 09:00 UTC  read  40 bought credits end on 2026-02-20"
    )


def test_the_balance_tells_what_is_held_and_what_blocks_only_when_it_matters(fake):
    now = fake.balance().model_copy(update={"held_credits": 8, "spendable_credits": 5, "alert_percent": 75})
    text = "ada · Free · 297 credits · today 3 of 30 · 8 held by runs · 5 can be spent now"
    assert draw(now).text == f"{text} · alert: 75 % of a limit reached"
    assert (
        "would be refused until 2026-01-15 09:00 UTC"
        in draw(now.model_copy(update={"level": "blocked"})).text
    )


def test_an_estimate_reads_as_promised(fake):
    fake.available = 300
    assert draw(fake.estimate(EstimateRequest(tool="remote"))).text == (
        "Remote Checker · on the server\n"
        "  at least 3 · typically 3 · at most 8 credits\n"
        "  2 base + 0.6 CPU (about 1.2 s) + 0.1 memory (about 0.3 GB·s); at most: 5 s CPU, 537 MB, 10 s\n"
        "  300 available · after a typical run 297 · today 0 of 30"
    )


def test_an_estimate_without_signing_in_says_so(fake):
    found = fake.estimate(EstimateRequest(tool="remote")).model_copy(update={"standing": None})
    assert draw(found).text.endswith("not signed in: the balance is not shown")


def test_the_line_after_a_run_names_charge_ceiling_and_what_is_left(fake):
    assert receipt_after_run(ended(fake).receipt).text == (
        "✔ Remote Checker · 3 credits (quoted at most 8) · 297 left"
    )
    assert receipt_after_run(ended(fake, "timed_out").receipt).text == (
        "✘ Remote Checker · timed out · 8 credits (quoted at most 8) · 292 left"
    )


def test_a_receipt_shows_estimate_beside_charge(fake):
    assert draw(ended(fake).receipt).text == (
        "Receipt rcpt_1 · Remote Checker 1.0.0\n"
        "  charged 3 credits; 5 returned; 297 left\n"
        "  estimated at least 3 · typically 3 · at most 8 credits\n"
        "  2 base + 0.6 CPU (about 1.2 s) + 0.1 memory (about 0.3 GB·s)\n"
        "  measured 1.2 s CPU, 118 MB at peak, 2.0 s in all\n"
        "  run run_1 succeeded · 2026-01-15 09:00 UTC"
    )


def test_a_result_puts_the_answer_first_then_findings_by_severity():
    lines = draw(a_result()).text.splitlines()
    assert lines[:3] == [
        "3 rows, 2 findings · score 81 of 100",
        "  high: 1 value is missing [id] → fill or drop them",
        "  low: 1 outlier [amount]",
    ]
    assert "    city <b>    0.0 %     1,204" in lines
    assert lines[-1] == "  not checked: freshness: no time column"


def test_a_score_that_the_headline_names_is_not_named_again():
    found = a_result().model_copy(update={"headline": "orders.csv: 81 of 100 for 3 rows"})
    assert draw(found).text.splitlines()[0] == "orders.csv: 81 of 100 for 3 rows"


def test_a_tool_page_lists_its_inputs_as_options():
    text = draw(tool_page()).text
    assert "    --data DATA           The table to check; required" in text
    assert "    --depth quick|full    default quick" in text
    assert "    --expectations TEXT   or the body of the cell" in text


def test_the_other_displays_read_as_promised(fake):
    assert draw(fake.controls()).text == (
        "limits: a day 30 (at most 30) · a month 300 (at most 300) · a run: the tool's maximum"
        " · alerts at 50, 75, 100 %"
    )
    assert draw(samples.a_statement()).text == (
        "2026-01-15 09:00 UTC     +300      300 left  Free plan, January"
    )
    assert draw(ended(fake)).text.splitlines()[0] == "✔ succeeded · Remote Checker · run_1"
    assert draw(everything(fake)[-1]).text.splitlines() == [
        "✔ server: here",
        "✘ tools: none – next: install",
        "1 of 2 checks need attention",
    ]


def test_every_contract_that_a_call_gives_is_drawn(fake):
    drawn = {type(value).__name__ for value in everything(fake)}
    elsewhere = {"DetachedRun", "Exported", "Help", "RunList", "Saved", "SecretList"}
    assert {name for _, name in formats.DRAWN} - drawn == elsewhere


@pytest.mark.parametrize("number", range(len(formats.DRAWN) - 6))
def test_every_page_of_html_nests_runs_nothing_and_names_its_tables(fake, number):
    html = str(draw(everything(fake)[number]).html)
    seen = Seen(html)
    assert not {"script", "iframe", "object", "embed", "svg", "style", "link", "form"} & set(seen.tags)
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert seen.tags.count("table") == seen.tags.count("caption")
    assert all(value == "col" for tag, name, value in seen.attributes if (tag, name) == ("th", "scope"))
    assert seen.tags.count("th") == len(
        [1 for tag, name, _ in seen.attributes if (tag, name) == ("th", "scope")]
    )


def test_hostile_text_of_data_never_becomes_markup():
    hostile = '</td><script>alert(1)</script><img src=x onerror=alert(1)>" onload="x'
    result = a_result(
        headline=hostile,
        findings=(
            Finding(code="x", severity="low", title=hostile, where=hostile, detail=hostile, action=hostile),
        ),
        tables=(Table(title=hostile, columns=({"name": hostile},), rows=((hostile,),), note=hostile),),
        figures=(Figure(title=hostile, alt_text=hostile, svg="<svg/>"),),
        not_checked=(hostile,),
    )
    seen = Seen(str(draw(result).html))
    assert "script" not in seen.tags
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert seen.tags.count("img") == 1


def test_why_a_run_ended_early_is_a_sentence_of_its_own(fake):
    why = Problem(status=409, code="cancelled", error="It was stopped.", reason="work is charged")
    run = samples.a_run("run_1", most=8).model_copy(update={"state": "cancelled", "failure": why})
    assert "  It was stopped. Work is charged." in draw(run).text.splitlines()
    assert wording.sentence("") == ""


def test_a_picture_is_an_image_with_a_description_so_that_its_scripts_cannot_run():
    html = str(draw(a_result()).html)
    assert "<script" not in html
    assert re.search(
        r'<img src="data:image/svg\+xml;base64,[A-Za-z0-9+/=]+" alt="Bars: id 33 %, city 0 %"', html
    )


def test_estimates_and_receipts_travel_as_data_too(fake):
    run = ended(fake)
    assert draw(run.receipt).mimebundle()[RECEIPT_MIME]["charged_credits"] == 3
    estimate = fake.estimate(EstimateRequest(tool="remote"))
    bundle = draw(estimate).mimebundle()
    assert set(bundle) == {"text/plain", "text/html", ESTIMATE_MIME}


def test_a_display_is_the_same_on_every_execution(fake):
    assert [draw(value).mimebundle() for value in everything(fake)] == [
        draw(value).mimebundle() for value in everything(FakeServerLike(fake))
    ]


def FakeServerLike(fake):  # noqa: N802  - stands for a second server in the same state
    again = FakeServer()
    again.available = 297
    return again


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (20_400_000, "20 MB"),
        (1_500_000_000, "1.5 GB"),
    ],
)
def test_sizes_are_written_in_thousands(size, text):
    assert wording.size_text(size) == text


def test_amounts_have_one_spelling():
    assert wording.credits_text(1) == "1 credit"
    assert wording.credits_text(1_400) == "1,400 credits"
    assert wording.plural(2, "entry") == "2 entries"
    assert wording.seconds_text(200_000) == "3 min 20 s"


def test_a_schema_is_read_as_options():
    fields = {field.name: field for field in input_fields(tool_page().input_schema)}
    assert (fields["data"].takes_file, fields["data"].required) == (True, True)
    assert fields["strict"].is_flag
    assert fields["columns"].takes_list
    assert fields["depth"].choices == ("quick", "full")
    assert fields["expectations"].scalars == {"text"}


def test_a_schema_that_refers_to_itself_is_read_to_an_end():
    schema = {"$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}, "properties": {"a": {"$ref": "#/$defs/A"}}}
    assert input_fields(schema)[0].takes == "TEXT"


def test_a_switch_that_is_on_when_left_out_is_offered_as_its_opposite():
    schema = {"properties": {"check_keys": {"type": "boolean", "default": True}, "loud": {"type": "boolean"}}}
    assert [field.option for field in input_fields(schema)] == ["--no-check-keys", "--loud"]


def test_an_estimate_for_the_kernel_names_no_balance(fake):
    found = fake.estimate(EstimateRequest(tool="remote"))
    update = {"place": "kernel", "min_credits": 0, "typical_credits": 0, "max_credits": 0, "standing": None}
    assert draw(found.model_copy(update=update)).text == (
        "Remote Checker · in this kernel\n  0 credits · about 1.2 s CPU and 100 MB"
    )


def test_control_characters_of_data_never_reach_a_terminal():
    text = draw(a_result(headline="red \x1b[31m and \u202ereversed")).mimebundle()["text/plain"]
    assert "\x1b" not in text
    assert "\u202e" not in text


def a_result_of(rows):
    table = Table(
        title="Numbers", columns=[{"name": "n", "kind": "integer"}], rows=[[n] for n in range(rows)]
    )
    figure = Figure(title="Curve", svg="<svg/>", alt_text="a curve")
    return a_result().model_copy(update={"tables": (table,), "figures": (figure,), "findings": ()})


@pytest.mark.parametrize(("rows", "folded"), [(15, 0), (16, 6), (60, 50)])
def test_a_long_table_shows_its_beginning_and_unfolds_the_rest(rows, folded):
    html = results.result(a_result_of(rows)).html
    assert (f'<summary style="cursor:pointer">{folded} more rows</summary>' in html) == bool(folded)
    assert html.count("<td") == rows
    Seen(html)


def test_figures_come_before_tables():
    html = results.result(a_result_of(3)).html
    assert html.index("a curve") < html.index("Numbers")


def test_two_prices_in_one_sentence_are_not_set_as_mathematics():
    told = {"headline": r"$10 a month, $120 a year, \(x\)"}
    html = results.result(a_result_of(1).model_copy(update=told)).html
    told = re.sub(r'\w+="[^"]*"', "", html)  # attributes are not set
    assert not re.search(r"\$[^<]|\\[^<]", told)
    assert "<span>$</span>10 a month, <span>$</span>120 a year" in html
