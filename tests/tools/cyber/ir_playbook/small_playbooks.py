"""Playbooks small enough to work out by hand, and what tests ask of results."""

import copy
from datetime import UTC, datetime

from studio_magics.tools.cyber.ir_playbook.composing import compose
from studio_magics.tools.cyber.ir_playbook.form import read_form

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEN = "minutes: {low: 10, likely: 10, high: 10}"
FIXED = """
name: Small
roles: [{name: one}, {name: two, count: 2}]
goals: {done: 65}
steps:
  - {name: A, do: Note it in the log, who: one, minutes: {low: 10, likely: 10, high: 10}}
  - name: both
    parallel:
      - - {name: B, do: Tell the lead, who: one, minutes: {low: 20, likely: 20, high: 20}}
      - - {name: C, do: do c, who: one, minutes: {low: 30, likely: 30, high: 30}}
  - {name: D, do: do d, who: two, minutes: {low: 5, likely: 5, high: 5}, milestone: done}
"""
ASKING = f"""
name: Asking
roles: [{{name: one}}]
steps:
  - {{name: A, do: a, who: one, {TEN}}}
  - name: is it
    if: Is it?
    chance: 0.7
    yes: [{{name: B, do: b, who: one, {TEN}}}]
    no: []
  - name: again
    while: Once more?
    chance: 1.0
    at_most: 3
    steps: [{{name: C, do: c, who: one, {TEN}}}]
  - name: which
    switch: Which?
    cases:
      red: {{chance: 0.2, steps: [{{name: D, do: d, who: one, {TEN}}}]}}
      blue: {{}}
"""


def cacao(text=FIXED):
    return compose(read_form(text), NOW)


def step_of(document, name):
    return next((key, step) for key, step in document["workflow"].items() if step["name"] == name)


def codes(result, code):
    return [one for one in result.findings if one.code == code]


def damaged(change):
    document = copy.deepcopy(cacao())
    change(document)
    return document
