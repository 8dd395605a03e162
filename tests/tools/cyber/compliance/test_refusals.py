"""What is refused before any work, and answers from tables."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from audit_statements import HEAD, SHOWN

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.compliance import TOOL


@pytest.mark.parametrize(
    ("text", "found", "allowed"),
    [
        ("controls: {A.5.99: met}", "line 5: 'A.5.99' is no control here", "A.5."),
        ("controls: {'5.1': met}", "'5.1' is A.5.1 and CIS-5.1", "written in full"),
        ("controls: {CIS-18.5: met}", "'CIS-18.5' is of CIS Controls 8.1, outside", "chosen"),
        ("controls: {A.5.1: met, a.5.1: met}", "'A.5.1' is answered twice", "one answer"),
        ("practices: {backups: met}", "the practice 'backups'", "nearest: backup"),
        ("practices: {mfa: done}", "status 'done'", "met"),
        ("practices: {mfa: {status: met, evidence: E9}}", "evidence 'E9' of 'mfa'", ""),
        (
            "evidence: [{id: E, title: t, date: 2026-02-01, shows: nothing}]",
            "'nothing' is no control",
            "a practice",
        ),
        (
            "evidence: [{id: E, title: t, date: 2026-02-01, file: x.json}]",
            "names the file 'x.json'",
            "no file",
        ),
        ("evidence: [{id: E, title: t, date: yesterday}]", "date 'yesterday'", "date"),
    ],
)
def test_a_wrong_statement_is_refused_when_its_price_is_asked(text, found, allowed):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(statement=HEAD + text)
    assert found in refusal.value.found
    assert allowed in refusal.value.allowed


def test_a_bare_number_is_understood_when_one_framework_has_it(audit, controls):
    audit("frameworks: iso-27001\ncontrols: {'5.1': not-met}")
    assert controls()["A.5.1"]["status"] == "not-met"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("frameworks: []", "frameworks"),
        ("frameworks: [iso-27001, iso-27001]", "a framework twice"),
        ("frameworks: [pci]", "'pci' is not known"),
        ("frameworks: iso-27001\nperiod: {start: 2026-02-01, end: 2026-01-01}", "period"),
    ],
)
def test_frameworks_and_period_must_make_sense(head, found):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(statement=head)
    assert found in f"{refusal.value.found} {refusal.value.allowed}"


def test_evidence_from_the_future_is_refused(audit):
    with pytest.raises(InputRejected, match="after today"):
        audit(SHOWN.replace("2026-02-01", "2026-03-02"))
    audit(SHOWN.replace("2026-02-01", "2026-03-01"))


def test_a_table_of_answers_counts_like_the_text(audit, controls, context):
    rows = "item,status,note\nmfa,Not met,no money\nA.7.4,not applicable,rented\n"
    audit(HEAD, answers=context.keep("a.csv", rows))
    assert controls()["CIS-6.3"]["status"] == "not-met"
    assert controls()["A.7.4"]["status"] == "not-applicable"


def test_a_data_frame_written_as_parquet_is_read_like_csv(audit, controls, context, tmp_path):
    import pandas as pd

    pd.DataFrame([{"item": "mfa", "status": "not-met", "owner": None}]).to_parquet(tmp_path / "a.parquet")
    audit(HEAD, answers=context.keep("a.parquet", (tmp_path / "a.parquet").read_bytes()))
    assert controls()["CIS-6.3"]["status"] == "not-met"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("item,state\nmfa,met\n", "unknown column 'state'"),
        ("item,status\n", "0 rows"),
        ("item,status\nmfa,\n", "row 1 without status"),
        ("item,status\nmfa,met\nmfa,met\n", "row 2: 'mfa' is answered twice"),
        ("item,status\nmfa\n", "line 2 with more or fewer cells"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(audit, context, content, found):
    with pytest.raises(InputRejected) as refusal:
        audit(HEAD, answers=context.keep("a.csv", content))
    assert found in refusal.value.found
