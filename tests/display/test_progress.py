"""Progress is shown to whoever watches, replaced by what stays, and absent when nobody watches."""

import io

from studio_magics.display import progress
from studio_magics.display.bundle import PROGRESS_MIME, Display
from studio_magics.display.front_end import FrontEnd, front_end
from studio_magics.display.markup import Html
from studio_magics.display.progress import NotebookProgress, TerminalProgress, progress_bundle, progress_for

DONE = Display("done", Html("<div>done</div>"))


class Recorder:
    """Stands where IPython's display publisher stands."""

    def __init__(self, monkeypatch):
        self.sent = []
        monkeypatch.setattr(progress, "publish", self.publish)

    def publish(self, bundle, *, display_id=None, update=False):
        self.sent.append((bundle["text/plain"], display_id, update))


def test_in_a_notebook_one_output_is_updated_and_the_receipt_takes_its_place(monkeypatch):
    sent = Recorder(monkeypatch).sent
    clock = iter([0.0, 1.0, 2.0])
    bar = NotebookProgress("Checker", clock=lambda: next(clock))
    bar.update(0, "starting")
    bar.update(50, "reading")
    bar.finish(DONE)
    assert [text for text, _, _ in sent] == [
        "… Checker · 0 % · starting",
        "… Checker · 50 % · reading",
        "done",
    ]
    assert len({display_id for _, display_id, _ in sent}) == 1
    assert [update for _, _, update in sent] == [False, True, True]


def test_a_notebook_is_not_flooded(monkeypatch):
    sent = Recorder(monkeypatch).sent
    bar = NotebookProgress("Checker", clock=lambda: 0.0)
    for percent in range(100):
        bar.update(percent, "reading")
    assert len(sent) == 1


def test_a_new_stage_is_shown_even_right_after_the_one_before(monkeypatch):
    sent = Recorder(monkeypatch).sent
    bar = NotebookProgress("Checker", clock=lambda: 0.0)
    bar.update(0, "estimating")
    bar.update(0, "sending data, 1 of 1")
    assert [text for text, _, _ in sent][-1] == "… Checker · 0 % · sending data, 1 of 1"


def test_in_a_terminal_the_line_is_cleared_again():
    stream = io.StringIO()
    bar = TerminalProgress("Checker", stream=stream)
    bar.update(40, "reading")
    bar.finish(None)
    assert "… Checker · 40 % · reading" in stream.getvalue()
    assert stream.getvalue().endswith(" " * 100 + "\r")


def test_the_bar_has_a_form_for_every_front_end():
    bundle = progress_bundle("Checker", 40, "reading")
    assert bundle[PROGRESS_MIME] == {"title": "Checker", "percent": 40, "stage": "reading"}
    assert 'aria-label="Checker: 40 per cent"' in bundle["text/html"]


def test_a_script_without_ipython_shows_nothing(capsys):
    assert front_end() is FrontEnd.SCRIPT
    bar = progress_for("Checker")
    bar.update(50, "reading")
    bar.finish(DONE)
    assert capsys.readouterr().out == ""


def test_the_last_lines_of_a_log_stand_below_the_bar_as_text(monkeypatch):
    sent = Recorder(monkeypatch).sent
    bar = NotebookProgress("Checker", clock=lambda: 0.0)
    bar.update(5, "reading", [f"line {number}" for number in range(7)])
    assert sent[0][0].splitlines() == [
        "… Checker · 5 % · reading",
        *(f"    line {number}" for number in range(2, 7)),
    ]


def test_a_logged_line_is_never_markup():
    bundle = progress_bundle("Checker", 5, "reading", ["<script>alert(1)</script>"])
    assert "<script>" not in bundle["text/html"]
    assert "&lt;script&gt;" in bundle["text/html"]
    assert bundle[PROGRESS_MIME]["log"] == ["<script>alert(1)</script>"]


def test_in_a_terminal_the_last_logged_line_stands_beside_the_stage():
    stream = io.StringIO()
    TerminalProgress("Checker", stream=stream).update(40, "reading", ["first", "last"])
    assert stream.getvalue().rstrip() == "\r… Checker · 40 % · reading · last"
