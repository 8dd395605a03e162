"""Programs that reach for what is not theirs get nothing; the attack itself says what it got."""

import inspect

import pytest

from tests.hostile.conftest import GONE_WITHIN_SECONDS
from tests.hostile.listing import parameters, programs

ATTACKS = [(module, program) for module in ("reaching", "networking") for program in programs(module)]
MODULES = ("reaching", "networking", "looping", "tunnelling", "exhausting", "lying")


@pytest.mark.parametrize(("module", "program"), ATTACKS)
def test_a_program_that_reaches_out_gets_nothing(arena, surroundings, module, program):
    where = {name: surroundings[name] for name in parameters(module, program)}
    attacked = arena.attack(module, program, **where)
    assert attacked.outcome.kind == "succeeded", attacked.outcome
    assert attacked.escapes == []
    assert attacked.alive_seconds < GONE_WITHIN_SECONDS


def test_every_program_is_a_function_with_a_context():
    from tests.hostile import listing

    for module in MODULES:
        for name in programs(module):
            assert "context" in inspect.signature(listing.function(module, name)).parameters


def test_there_are_at_least_sixty_hostile_programs():
    assert sum(len(programs(module)) for module in MODULES) >= 60
