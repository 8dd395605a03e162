"""Each layer alone holds what it is for; with it off as well, the same attack succeeds, so the test can fail.

Only attacks that do no harm where they succeed belong here.
"""

import os

import pytest
from studio_server.runs.executor import confining
from studio_server.runs.executor.sandbox.probe import LAYERS

from tests.hostile.listing import parameters, programs

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
OTHERS = {
    "own network": {"system call filter", "file rules"},
    "system call filter": {"own network", "file rules"},
    "own view": {"file rules"},
    "file rules": {"own view"},
    "own processes": {"file rules"},
}
"""Layer → the others that would hold the same attack, and are off in its test."""
ATTACKS = {
    "own network": ("reach_loopback", "reach_an_abstract_socket"),
    "system call filter": ("make_refused_calls", "open_odd_sockets", "reach_loopback"),
    "own view": (
        "read_server_data",
        "list_server_data",
        "reach_a_named_socket",
        "read_secrets_of_the_machine",
    ),
    "file rules": ("read_server_data", "list_server_data", "write_server_data"),
    "own processes": ("signal_the_server", "read_command_lines"),
}
CASES = [(layer, program) for layer, programs in ATTACKS.items() for program in programs]


def attack(arena, surroundings, program):
    module = "networking" if program in programs("networking") else "reaching"
    where = {name: surroundings[name] for name in parameters(module, program)}
    return arena.attack(module, program, **where).escapes


def off(layer, *, too):
    needed = confining.found().missing
    if layer in needed:
        pytest.skip(f"this machine has no {layer}: {needed[layer]}")
    return frozenset(OTHERS[layer] | ({layer} if too else set()))


@pytest.mark.parametrize(("layer", "program"), CASES)
def test_a_layer_alone_holds_the_attack(make_arena, surroundings, layer, program):
    assert attack(make_arena(off(layer, too=False)), surroundings, program) == []


@pytest.mark.parametrize(("layer", "program"), CASES)
def test_without_the_layer_the_same_attack_succeeds(make_arena, surroundings, layer, program):
    assert attack(make_arena(off(layer, too=True)), surroundings, program) != []


@pytest.mark.skipif(not AS_ROOT, reason="only root can give every run a user of its own")
def test_without_a_user_of_its_own_a_run_of_roots_is_root(make_arena, surroundings):
    assert attack(make_arena(), surroundings, "be_root") == []
    assert attack(make_arena(frozenset({"own user"})), surroundings, "be_root") != []


def test_without_giving_up_privileges_a_run_may_gain_them(make_arena, surroundings):
    without = frozenset({"no privileges", "system call filter", "file rules", "own user"})
    assert attack(make_arena(), surroundings, "use_set_uid_programs") == []
    if AS_ROOT:  # an ordinary user's Landlock and seccomp need no_new_privs: there they are off as well
        assert attack(make_arena(without), surroundings, "become_root") != []


def test_without_process_limits_a_run_may_raise_them(make_arena, surroundings):
    assert attack(make_arena(), surroundings, "raise_limits") == []
    assert attack(make_arena(frozenset({"process limits"})), surroundings, "raise_limits") != []


def test_the_exact_clock_sees_what_sampling_misses(make_arena):
    without = confining.found().missing
    if "exact clock" in without:
        pytest.skip(without["exact clock"])
    arena = make_arena(frozenset({"control group"}))
    blind = make_arena(frozenset({"control group", "exact clock"}))
    seen = arena.attack("exhausting", "burn_in_short_lives").outcome.measured.cpu_ms
    missed = blind.attack("exhausting", "burn_in_short_lives").outcome.measured.cpu_ms
    assert seen >= 300 > missed


def test_a_layer_that_is_off_is_reported_as_missing(make_arena):
    for name in ("own network", "system call filter", "file rules", "own view", "process limits"):
        arena = make_arena(frozenset({name}))
        assert {layer.name: layer.present for layer in arena.executor.capabilities()}[name] is False


@pytest.mark.parametrize("missing", confining.NEEDED)
def test_where_a_needed_layer_is_missing_only_reviewed_tools_run(missing):
    machine = confining.Found({missing: "not here"})
    assert missing in machine.lacking()
    assert confining.Found({}).lacking() == ()


def test_every_layer_of_the_probe_is_explained():
    from studio_server.runs.executor.layers import CONFINING

    assert set(LAYERS) - {"user namespace"} <= CONFINING.keys()
