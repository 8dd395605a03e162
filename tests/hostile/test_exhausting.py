"""Programs that take too much or will not go: stopped at a limit, and gone within a second."""

import pytest

from tests.hostile.conftest import FILLING, GONE_WITHIN_SECONDS, SHORT, TIGHT

TOO_MANY = ("tool_failed", "limit_memory", "limit_cpu")
MEMORY = ("limit_memory",)
CPU = ("limit_cpu",)
DISK = ("limit_disk",)
WALL = ("limit_wall",)
LOST = ("lost",)
NOTHING_GAINED = ("succeeded",)
ENDS = {
    "fork_bomb": TOO_MANY,
    "fork_bomb_in_sessions": TOO_MANY,
    "thread_bomb": ("limit_cpu", "limit_memory"),
    "processes_that_sleep": TOO_MANY,
    "take_memory": MEMORY,
    "take_memory_in_children": MEMORY,
    "take_shared_memory": MEMORY,
    "take_shared_memory_and_share_it": MEMORY,
    "fill_memory_folders": MEMORY,
    "part_and_take_memory": MEMORY,
    "part_and_spin": CPU,
    "part_with_all_there_is": NOTHING_GAINED,
    "fill_pipes": NOTHING_GAINED,
    "fill_sockets": NOTHING_GAINED,
    "fill_wide_sockets": NOTHING_GAINED,
    "fill_the_disk": DISK,
    "fill_the_disk_without_names": DISK,
    "fill_the_disk_with_holes": NOTHING_GAINED,
    "make_many_files": ("limit_disk", "limit_cpu"),
    "make_many_folders": ("limit_disk", "limit_cpu"),
    "dig_deep": ("limit_disk", "limit_cpu"),
    "long_names": NOTHING_GAINED,
    "spin": CPU,
    "spin_in_children": CPU,
    "spin_in_short_lives": TOO_MANY,
    "spin_in_orphans": CPU,
    "burn_in_short_lives": (*NOTHING_GAINED, *CPU),
    "sleep_for_ever": WALL,
    "ignore_signals": WALL,
    "stop_itself": WALL,
    "stop_everything": WALL,
    "kill_itself": LOST,
    "kill_the_rest": LOST,
    "leave_a_daemon": NOTHING_GAINED,
    "leave_a_chain_of_daemons": NOTHING_GAINED,
    "leave_a_shell": NOTHING_GAINED,
    "leave_timers": NOTHING_GAINED,
    "hold_the_output": NOTHING_GAINED,
    "become_another_program": WALL,
    "become_a_python": CPU,
    "lie_about_time": NOTHING_GAINED,
    "restart_the_clock": ("succeeded", "limit_cpu"),
}
LIMITS = {WALL: SHORT, MEMORY: FILLING}
"""By expected end; who fills something gets the processor time for it, however slow the machine."""
SLACK_MS = 5_000
"""What a busy machine may add to a limit of wall time; the limit itself is measured inside."""


@pytest.mark.parametrize("program", ENDS)
def test_a_program_that_takes_too_much_is_stopped_and_gone(arena, program):
    limits = FILLING if program.startswith("fill_") else LIMITS.get(ENDS[program], TIGHT)
    attacked = arena.attack("exhausting", program, limits)
    outcome = attacked.outcome
    assert outcome.kind in ENDS[program], outcome
    assert attacked.alive_seconds < GONE_WITHIN_SECONDS
    assert outcome.measured.wall_ms < limits.wall_ms + SLACK_MS
    if outcome.kind == "succeeded":
        assert attacked.escapes == []


def test_every_exhausting_program_has_an_expected_end():
    from tests.hostile.listing import programs

    assert set(programs("exhausting")) == ENDS.keys()


def test_a_run_that_was_attacked_beside_goes_on(arena):
    """A fork bomb next door does not take the processes of another run."""
    import threading

    neighbour = threading.Thread(target=arena.attack, args=("exhausting", "fork_bomb", TIGHT))
    neighbour.start()
    quiet = arena.attack("lying", "return_rubbish_in_a_result")
    neighbour.join()
    assert quiet.outcome.kind == "succeeded"
