"""`%studio` in a real shell: every verb, every refusal in two lines, each answer shown once."""

import pandas as pd
import pytest

from studio_magics.client.refusals import StudioRefusal
from studio_magics.display.bundle import RECEIPT_MIME
from studio_magics.display.input_fields import input_fields
from studio_magics.display.wording import size_text
from studio_magics.magics.meaning import OTHER_WORDS, VERB_OF_WORD
from studio_magics.magics.verbs import VERBS
from tests.runners.counting import CountInput

FRAME = pd.DataFrame({"id": [1, 2]})


@pytest.fixture
def orders(shell):
    shell.user_ns["orders"] = FRAME
    return FRAME


def refusal(notebook, source) -> list[str]:
    cell = notebook.run(source)
    assert isinstance(cell.error, StudioRefusal), cell.error
    lines = cell.error._render_traceback_()
    assert len(lines) == 2
    assert lines[0].startswith("✘ ")
    assert lines[1].startswith("  Next: ")
    return lines


def test_the_bare_magic_is_the_balance_in_one_line_shown_once(notebook):
    cell = notebook.run("%studio")
    assert cell.texts == ["ada · Free · 300 credits · today 0 of 30"]
    assert cell.value.available_credits == 300


def test_an_answer_in_the_middle_of_a_cell_is_shown_too(notebook):
    assert notebook.run("%studio\n1 + 1").texts[0].startswith("ada · Free")


def test_an_answer_is_shown_again_when_its_variable_is_evaluated_later(notebook):
    notebook.run("b = %studio")
    cell = notebook.run("b")
    assert cell.value.available_credits == 300
    formatted, _ = notebook.shell.display_formatter.format(notebook.shell.user_ns["b"])
    assert formatted["text/plain"].startswith("ada · Free")


def test_a_metered_run_shows_receipt_and_result_once_and_gives_the_run(notebook, orders):
    cell = notebook.run("report = %studio run remote --data orders")
    assert cell.texts[0] == "✔ Remote Checker · 3 credits (quoted at most 8) · 297 left"
    assert RECEIPT_MIME in cell.displays[0]["data"]
    assert cell.texts[1].startswith("3 rows, 2 findings")
    assert len(cell.texts) == 2
    assert notebook.shell.user_ns["report"].charged_credits == 3
    assert len(notebook.run("%studio run remote --data orders").texts) == 2


def test_the_variable_names_the_file_that_travels(notebook, orders, fake):
    notebook.run("%studio run remote --data orders")
    started = next(asked for asked in fake.asked if asked.path.endswith("/run"))
    assert b'"orders.parquet"' in started.body


def test_a_quiet_run_shows_nothing(notebook, orders, capsys):
    cell = notebook.run("report = %studio run remote --data orders --quiet")
    assert cell.texts == []
    assert notebook.shell.user_ns["report"].state == "succeeded"
    assert notebook.run("%studio run counter --quiet").texts == []
    assert "Counter" not in capsys.readouterr().out


def test_a_detached_run_says_how_to_get_its_result_and_wait_gives_it(notebook, orders, fake):
    cell = notebook.run("started = %studio run remote --data orders --detach")
    assert cell.texts[-1].splitlines() == [
        "· queued · Remote Checker · run_1 · at most 8 credits",
        "  %studio wait run_1 gives the result; %studio cancel run_1 stops it",
    ]
    assert fake.runs["run_1"].state == "queued"
    waited = notebook.run("report = %studio wait run_1 --timeout 60")
    assert waited.texts[0] == "✔ Remote Checker · 3 credits (quoted at most 8) · 297 left"
    assert notebook.shell.user_ns["report"].id == notebook.shell.user_ns["started"].id
    fake.polls_until_over = 1_000
    notebook.run("%studio run remote --data orders --detach --fresh")
    assert "is still running after 0 seconds" in refusal(notebook, "%studio wait run_2 --timeout 0")[0]


def test_a_stored_result_says_so_and_fresh_works_again(notebook, orders, fake):
    fake.stored = "run_0"
    cell = notebook.run("%studio run remote --data orders")
    assert cell.texts[0] == (
        "✔ Remote Checker · 0 credits (stored result of run_0; --fresh runs again) · 300 left"
    )
    cell = notebook.run("%studio run remote --data orders --fresh")
    assert cell.texts[0].startswith("✔ Remote Checker · 3 credits")


def test_a_cell_body_fills_the_input_of_the_tool(notebook):
    cell = notebook.run("%%studio run counter --times 2\nfirst line\nsecond line\n")
    assert cell.error is None
    run = notebook.shell.user_ns["_"]
    assert run.result.summary["note"] == "first line\nsecond line\n"
    assert cell.texts[0] == "✔ Counter · 0 credits · ran in this kernel"


def test_options_become_values_of_the_right_kind(notebook, tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("from a file")
    notebook.shell.user_ns["count"] = 4
    notebook.run(f"r = %studio run counter --times=count --loud --tags a,b --note @{path}")
    assert notebook.shell.user_ns["r"].result.summary == {
        "note": "from a file",
        "suffixes": [],
        "tags": ["a", "b"],
        "times": 4,
    }


def test_a_switch_can_be_turned_on_and_off(notebook):
    fields = {field.name: field for field in input_fields(CountInput.model_json_schema())}
    assert fields["loud"].spellings == ("loud", "no-loud")
    assert notebook.run("%studio run counter --no-loud").error is None
    assert notebook.run("%studio run counter --loud=no").error is None
    assert "is a switch" in refusal(notebook, "%studio run counter --loud=perhaps")[0]


def test_the_document_of_a_tool_may_be_named_by_its_file(notebook, tmp_path):
    path = tmp_path / "note.yaml"
    path.write_text("from a file")
    notebook.run(f"r = %studio run counter --note {path}")
    assert notebook.shell.user_ns["r"].result.summary["note"] == "from a file"


def test_a_quoted_word_is_text_even_where_a_variable_has_its_name(notebook):
    notebook.shell.user_ns["hello"] = "the variable"
    notebook.run("a = %studio run counter --note hello")
    notebook.run("b = %studio run counter --note 'hello'")
    assert notebook.shell.user_ns["a"].result.summary["note"] == "the variable"
    assert notebook.shell.user_ns["b"].result.summary["note"] == "hello"


def test_variables_of_a_function_are_seen(notebook):
    source = (
        "import pandas\n"
        "def check():\n"
        "    inner = pandas.DataFrame({'id': [1]})\n"
        "    return get_ipython().run_line_magic('studio', 'run counter --data inner --quiet')\n"
        "r = check()"
    )
    assert notebook.run(source).error is None


def test_braces_and_dollars_are_left_alone(notebook):
    notebook.shell.user_ns["x"] = "expanded"
    notebook.run("r = %studio run counter --note '{x} $x'")
    assert notebook.shell.user_ns["r"].result.summary["note"] == "{x} $x"


def test_a_hybrid_tool_runs_in_the_kernel_unless_told_otherwise(notebook, orders, fake):
    notebook.run("%studio run counter --data orders")
    assert fake.paths("POST") == []
    refusal(notebook, "%studio run counter --data orders --on server")
    assert "/api/billing/estimate" in fake.paths("POST")


def test_every_verb_answers_and_shows_its_answer(notebook, orders, tmp_path, monkeypatch):
    monkeypatch.setattr("studio_magics.runners.asking.getpass", lambda _: "a value")
    notebook.run("%studio run remote --data orders")
    lines = {
        "": "%studio",
        "tools": "%studio tools remote",
        "tool": "%studio tool remote",
        "estimate": "%studio estimate remote --data orders",
        "run": "%studio run counter",
        "runs": "%studio runs --limit 5",
        "run-info": "%studio run-info run_1",
        "wait": "%studio wait run_1",
        "artefact": f"%studio artefact run_1 report.json '{tmp_path / 'mine.json'}'",
        "cancel": "%studio cancel run_1",
        "receipt": "%studio receipt",
        "statement": "%studio statement",
        "notices": "%studio notices --read",
        "secret": "%studio secret shop",
        "secrets": "%studio secrets",
        "buy": "%studio buy starter",
        "card": "%studio card",
        "recharge": "%studio recharge",
        "purchases": "%studio purchases",
        "plan": "%studio plan",
        "limits": "%studio limits --daily 20 --alerts 50,80,100",
        "whoami": "%studio whoami",
        "export": f"%studio export '{tmp_path / 'mine.zip'}'",
        "doctor": "%studio doctor",
        "help": "%studio help run",
    }
    assert set(lines) == set(VERBS)
    for line in lines.values():
        cell = notebook.run(line)
        assert cell.error is None, line
        assert cell.texts, line


def test_buying_shows_packs_or_the_page_to_pay_on_and_opens_nothing(notebook):
    packs = notebook.run("%studio buy")
    words = " ".join(packs.texts[0].split())
    assert words == "Starter £10 500 credits £2.00 per 100 credits %studio buy starter"
    page = notebook.run("%studio buy starter")
    first, url, after = page.texts[0].splitlines()
    assert (first, url) == ("Starter: 500 credits for £10", "https://pay.example/pay/cs_1")
    assert after.startswith("Nothing is charged before you pay")
    html = page.displays[0]["data"]["text/html"]
    assert 'href="https://pay.example/pay/cs_1" target="_blank" rel="noopener noreferrer"' in html
    bought = notebook.run("%studio purchases").texts[0]
    assert bought.endswith("Starter          £10  paid, refunded in part")


def test_the_plan_is_shown_with_those_on_sale_and_a_name_gives_the_page(notebook):
    first, *_, on_sale, more = notebook.run("%studio plan").texts[0].splitlines()
    assert first == "Free: 300 credits a month, at most 30 a day"
    assert on_sale.split("  ")[0] == "Supporter"
    assert on_sale.endswith("£15 a month  3,000 credits a month, 300 a day       %studio plan supporter")
    assert more == "more credits: %studio buy"
    page = notebook.run("%studio plan supporter")
    assert page.texts[0].splitlines()[:2] == [
        "Supporter: 3,000 credits a month, 300 a day, £15 a month",
        "https://pay.example/pay/cs_2",
    ]
    assert "Subscribe for £15 a month</a>" in page.displays[0]["data"]["text/html"]


def test_an_export_tells_path_size_and_what_is_in_it_one_fact_a_line(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = notebook.run("%studio export mine.zip").texts[0].splitlines()
    assert lines[0] == f"mine.zip · {size_text((tmp_path / 'mine.zip').stat().st_size)}"
    assert lines[1] == "  1 run with inputs and results, 3 ledger lines, 2 tables in all"
    assert len(lines) == 6


def test_an_export_writes_over_a_file_only_with_force(notebook, fake, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.zip").write_text("of mine")
    first, todo = refusal(notebook, "%studio export mine.zip")
    assert first == "✘ mine.zip is there already; nothing was written."
    assert "--force" in todo
    assert (tmp_path / "mine.zip").read_text() == "of mine"
    assert fake.paths("GET") == []
    assert notebook.run("%studio export mine.zip --force").error is None
    assert (tmp_path / "mine.zip").read_bytes() == fake.archive
    assert "--force" in notebook.run("%studio help export").texts[0]


def test_help_names_every_verb_and_every_option(notebook):
    text = notebook.run("%studio help").texts[0]
    assert all(f"%studio {verb}" in text for verb in VERBS if verb)
    assert "--max-credits N" in notebook.run("%studio run --help").texts[0]
    assert "%studio estimate NAME" in notebook.shell.find_line_magic("studio").__doc__


@pytest.mark.parametrize(
    ("source", "said", "todo"),
    [
        ("%studio statu", "no verb 'statu'", "statement"),
        ("%studio xyzzy", "no verb 'xyzzy'", "%studio help"),
        ("%studio balance", "no verb 'balance'", "%studio alone shows what is left"),
        ("%studio history", "no verb 'history'", "did you mean %studio runs?"),
        ("%studio Stop run_1", "no verb 'Stop'", "did you mean %studio cancel?"),
        ("%studio counter --times 3", "no verb 'counter'", "%studio run counter runs this tool"),
        ("%studio data-studio-counter", "no verb", "%studio tool data-studio-counter shows"),
        ("%studio help balance", "no verb 'balance'", "%studio alone shows what is left"),
        ("%studio run", "needs the name of a tool", "%studio tools"),
        ("%studio run countr", "countr", "counter"),
        ("%studio run counter --tmes 3", "no option '--tmes'", "--times"),
        ("%studio run counter --times", "--times needs a value", "--times"),
        ("%studio run counter --times many", "found 'many'", "%studio tool"),
        ("%studio run counter --times 99", "less than or equal to 9", "%studio tool"),
        ("%studio run counter --data ordrs", "no variable and no file 'ordrs'", "orders"),
        ("%studio run counter --data no/such.csv", "no variable and no file 'no/such.csv'", "orders"),
        ("%studio run remote --data 'orders'", "in quotes", "without quotes is the variable"),
        ("%studio run counter --note no/such.yaml", "no file 'no/such.yaml'", "%pwd"),
        ("%studio run counter --folder http://me:pw@host/x", "found an address;", "as a file"),
        ("%studio receipt ../../account", "'../../account'", "%studio runs"),
        ("%studio run counter orders", "'orders' stands alone", "--data orders"),
        ("%studio run counter --note 'open", "not closed", "'"),
        ("%studio run counter --on moon", "'moon'", "--on kernel"),
        ("%studio run remote --data orders --here", "only on the server", "leave out"),
        ("%studio run remote --data orders --max-credits lots", "whole number", "--max-credits"),
        ("%studio limits --daily much", "whole number", "--daily 10"),
        ("%studio limits --alerts 120", "1 to 100", "--alerts"),
        ("%studio limits --alerts x", "per cents", "--alerts"),
        ("%studio run-info", "needs an id", "%studio run-info ID"),
        ("%studio whoami now", "'now'", "%studio whoami"),
        ("%studio run-info run_9", "run_9", "%studio runs"),
        ("%studio help runn", "no verb 'runn'", "did you mean %studio help run"),
        ("%%studio whoami\nbody", "no cell body", "on one line"),
        ("%%studio run counter --note a\nbody", "the same input", "one of them"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_two_lines_with_the_next_step(
    notebook, orders, source, said, todo
):
    lines = refusal(notebook, source)
    assert said in lines[0]
    assert todo in lines[1]


def test_a_refusal_leaves_nothing_behind_it(notebook, orders, fake):
    refusal(notebook, "%studio run remote --data orders --max-credits lots")
    assert fake.runs == {}


def test_an_unexpected_fault_keeps_its_traceback(notebook):
    assert isinstance(notebook.run("%studio run counter --behave break").error, ZeroDivisionError)


def test_unloading_takes_everything_out(notebook, shell):
    matchers, hooks = len(shell.Completer.custom_matchers), len(shell.events.callbacks["pre_run_cell"])
    shell.run_line_magic("unload_ext", "studio_magics")
    assert shell.find_line_magic("studio") is None
    assert shell.find_cell_magic("studio") is None
    assert len(shell.Completer.custom_matchers) == matchers - 1
    assert len(shell.events.callbacks["pre_run_cell"]) == hooks - 1
    shell.run_line_magic("load_ext", "studio_magics")
    assert shell.find_line_magic("studio") is not None


def test_loading_twice_registers_completion_once(notebook, shell):
    before = len(shell.Completer.custom_matchers)
    shell.run_line_magic("reload_ext", "studio_magics")
    assert len(shell.Completer.custom_matchers) == before


def test_every_other_word_leads_to_a_verb_and_is_none_itself():
    assert set(VERB_OF_WORD.values()) <= VERBS.keys()
    assert VERB_OF_WORD.keys().isdisjoint(VERBS)
    assert len(VERB_OF_WORD) == sum(len(words.split()) for words in OTHER_WORDS.values())
