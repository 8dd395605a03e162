"""What happens on failure, after branches and in time; rehearsals against sums worked out by hand."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_playbooks import ASKING, FIXED, cacao, codes, damaged, step_of

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.ir_playbook import TOOL
from studio_magics.tools.cyber.ir_playbook.rehearsal import rehearse
from studio_magics.tools.cyber.ir_playbook.workflow import read_workflow


def _try_again(document):
    key, step = step_of(document, "D")
    step["on_success"], step["on_failure"] = step.pop("on_completion"), key


def _only_on_failure(document):
    step = step_of(document, "D")[1]
    step["on_failure"] = step.pop("on_completion")


def _join_after(document):
    step_of(document, "C")[1]["on_completion"] = step_of(document, "D")[0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_try_again, "retry-without-limit"),
        (_only_on_failure, "dead-end"),
        (_join_after, "done-twice"),
    ],
)
def test_what_happens_on_failure_and_after_a_branch_is_looked_at(build, change, code):
    result = build(damaged(change))
    assert "D" in codes(result, code)[0].where
    assert codes(build(cacao()), code) == []
    assert result.summary["median_minutes"] > 0


@pytest.mark.parametrize("cases", [{}, None, "red", []])
def test_a_switch_without_a_case_is_refused_when_the_price_is_asked(cases):
    document = cacao(ASKING)
    step_of(document, "which")[1]["cases"] = cases
    with pytest.raises(InputRejected, match=r"'which' \(switch-condition\) without a case"):
        TOOL.input_model(playbook=document)


def test_a_branch_of_a_step_that_has_none_is_not_walked(build):
    def branch(document):
        document["workflow"][document["workflow_start"]]["on_true"] = step_of(document, "D")[0]

    assert build(damaged(branch)).summary == build(cacao()).summary


def test_the_delay_of_a_step_is_waited_and_is_nobody_s_work(build):
    def later(document):
        step_of(document, "D")[1]["delay"] = 15 * 60_000

    plain, result = build(cacao()), build(damaged(later))
    assert result.summary["median_minutes"] == plain.summary["median_minutes"] + 15
    assert codes(result, "bottleneck") == codes(plain, "bottleneck")


def test_playbooks_that_are_called_side_by_side_do_not_wait_for_each_other(build):
    def call(document):
        for name in ("B", "C"):
            key, step = step_of(document, name)
            called = {
                "type": "playbook-action",
                "name": name,
                "playbook_id": document["id"],
                "on_completion": step["on_completion"],
                "step_extensions": step["step_extensions"],
            }
            new = key.replace("action--", "playbook-action--")
            both = step_of(document, "both")[1]
            both["next_steps"] = [new if one == key else one for one in both["next_steps"]]
            document["workflow"][new] = called
            del document["workflow"][key]

    # A 10, then the longer of B 20 and C 30, then D 5
    assert build(damaged(call)).summary["median_minutes"] == 45


def test_a_variable_that_is_an_argument_is_used(build):
    def give(document):
        document["playbook_variables"] = {name: {"type": "string"} for name in ("__host__", "__idle__")}
        step_of(document, "A")[1]["in_args"] = ["__host__"]

    assert [one.where for one in codes(build(damaged(give)), "variable-unused")] == ["__idle__"]


@pytest.mark.parametrize("seed", range(6))
def test_the_mean_of_rehearsals_is_that_of_pert_times_and_chances(seed):
    # PERT: mean (low + 4 likely + high) / 6, variance (mean - low)(high - mean) / 7: 25, 75; 12.5, 18.75
    # 25 + 0.3 x 12.5 = 28.75; 75 + 0.3 x 18.75 + 0.3 x 0.7 x 12.5^2 = 113.4
    text = """
name: Small
roles: [{name: one}]
steps:
  - {name: A, do: a, who: one, minutes: {low: 10, likely: 20, high: 60}}
  - {name: is it, if: "Is it?", chance: 0.3,
     yes: [{name: B, do: b, who: one, minutes: {low: 5, likely: 10, high: 30}}], no: []}
"""
    workflow = read_workflow(cacao(text))
    last = {name: step.minutes or (0, 0, 0) for name, step in workflow.steps.items()}
    minutes = rehearse(workflow, last, times=2_000, seed=seed, fixed={}).minutes
    print(f"seed {seed}: mean {sum(minutes) / 2_000:.2f}")
    assert abs(sum(minutes) / 2_000 - 28.75) < 4 * (113.4 / 2_000) ** 0.5


def test_milestones_are_drawn_from_the_start_to_the_last_goal(build):
    figure = next(one for one in build(FIXED).figures if one.title.startswith("How soon"))
    # reached after exactly 65 minutes each time, and the goal is 65 minutes; 0 stands where the axis begins
    assert "done: 0% at 0 min to 100% at 1 h 5 min" in figure.svg
    assert "half of those that reach it within 1 h 5 min" in figure.alt_text
    late = build(FIXED.replace("done: 65", "done: 600"))
    assert "10 h" in next(one for one in late.figures if one.title.startswith("How soon")).svg
