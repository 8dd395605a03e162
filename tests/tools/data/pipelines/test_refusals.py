"""What cannot be run is refused before any row is read, with the step, what was found and what is allowed."""

import pytest

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.data.pipelines import TOOL


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ({"a": "SELECT * FROM b", "b": "SELECT * FROM c", "c": "SELECT * FROM a"}, "a cycle: "),
        ({"a": "SELECT * FROM ordres"}, "an unknown table 'ordres'"),
        ({"a": "SELECT ammount FROM orders"}, '"ammount"'),
        ({"a": "SELECT nofunction(id) FROM orders"}, "nofunction"),
        ({"a": "SELECT FROM WHERE"}, "step 'a': line 1"),
        ({"a": "DELETE FROM orders"}, "step 'a': DELETE"),
        ({"a": "SELECT 1; SELECT 2"}, "step 'a': 2 statements"),
        ({"a": "SELECT {{ x }} FROM orders"}, "a template"),
        ({"a": "SELECT {{ cents('x') }} AS y FROM orders"}, "a template"),
        ({"a": "SELECT * FROM 'orders.csv'"}, "which reads a file"),
        ({"a": "SELECT * FROM read_csv('/etc/passwd')"}, "as a table"),
        ({"a": "SELECT * FROM read_text('/etc/passwd')"}, "as a table"),
        ({"orders": "SELECT 1 AS x"}, "the name of a source too"),
        ("steps:\n  - {name: a, sql: SELECT 1}\n  - {name: A, sql: SELECT 2}\n", "the name of two steps"),
        ("outputs: [z]\nsteps:\n  - {name: a, sql: SELECT 1 AS x}\n", "'z'"),
        ("steps:\n  - {name: a}\n", "step 'a': no SQL"),
        ("sources: {x: {file: nope.csv}}\nsteps:\n  - {name: a, sql: SELECT 1}\n", "no file 'nope.csv'"),
    ],
)  # fmt: skip
def test_a_pipeline_that_cannot_run_is_refused_with_the_step(attempt, steps, words):
    with pytest.raises(InputRejected) as refusal:
        attempt(steps)
    assert words in refusal.value.found
    assert refusal.value.allowed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps:\n  - {name: a b, sql: SELECT 1}\n", "line 2: "),
        ("steps:\n  - {name: a, sequel: SELECT 1}\n", "line 2: unknown key 'sequel'"),
        ("schedule: sometimes\n", "schedule 'sometimes'"),
        ("a: &a 1\nb: *a\n", "an anchor (&) in line 1"),
        ("steps:\n  - name: a\n    sql: SELECT 1\n    kind: cube\n", "kind 'cube' is not known"),
    ],
)
def test_yaml_that_does_not_fit_is_refused_when_the_price_is_asked(text, words):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(pipeline=text)
    assert words in refusal.value.found


def test_no_table_at_all_is_refused_when_the_price_is_asked(context):
    with pytest.raises(InputRejected, match="no table"):
        TOOL.forecast(TOOL.input_model(pipeline="name: x\n"))
    with pytest.raises(InputRejected, match="no table in"):
        TOOL.forecast(TOOL.input_model(data=context.put_folder({"a.sql": "SELECT 1"})))


def test_a_ragged_table_is_refused_with_its_name(attempt):
    with pytest.raises(InputRejected, match=r"bad\.csv"):
        attempt({"a": "SELECT * FROM bad"}, files={"bad.csv": "a,b\n1\n2,3,4\n"})


def test_a_cycle_is_refused_before_a_table_is_read(attempt, context):
    with pytest.raises(InputRejected, match="a cycle"):
        attempt({"a": "SELECT * FROM b", "b": "SELECT * FROM a"}, files={"bad.csv": "a,b\n1\n2,3,4\n"})
    assert [stage for _, stage in context.stages] == ["reading"]


def test_a_step_reaches_no_file_of_the_machine_even_when_the_parser_is_passed(attempt, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nhidden\n")
    for sql in (f'SELECT * FROM "{secret}"', f"SELECT * FROM '{secret}'"):
        with pytest.raises(InputRejected):
            attempt({"a": sql})


def test_a_run_can_be_cancelled_between_steps(attempt, context):
    context.cancel_at = 0.6
    with pytest.raises(RunCancelled):
        attempt({"a": "SELECT id FROM orders", "b": "SELECT id FROM a"})
