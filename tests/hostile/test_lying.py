"""Programs that lie about what they did: the meters decide, and nothing but plain files leaves a run."""

import pytest

from tests.hostile.conftest import GONE_WITHIN_SECONDS
from tests.hostile.listing import parameters, programs

FAILED, DISK, WELL = ("tool_failed",), ("limit_disk",), ("succeeded",)
ENDS = {
    "forge_the_cost": FAILED,
    "forge_a_receipt": FAILED,
    "forge_the_kind": FAILED,
    "claim_it_is_the_platforms_fault": FAILED,
    "claim_the_input_was_bad": ("input_rejected",),
    "link_an_artefact": FAILED,
    "link_the_artefact_folder": FAILED,
    "second_name_of_an_artefact": FAILED,
    "pipe_as_artefact": FAILED,
    "folder_as_artefact": FAILED,
    "missing_artefact": FAILED,
    "artefact_elsewhere": FAILED,
    "sparse_artefact": DISK,
    "too_many_artefacts": FAILED,
    "same_file_many_times": ("limit_output",),
    "answer_is_a_link": FAILED,
    "answer_is_a_pipe": FAILED,
    "answer_is_endless": DISK,
    "answer_is_deep": FAILED,
    "answer_is_no_text": FAILED,
    "answer_by_a_child": FAILED,
    "leave_without_answer": FAILED,
    "crash_after_the_answer": FAILED,
    "flood_the_log": WELL,
    "flood_the_progress": WELL,
    "speak_nonsense_as_progress": WELL,
    "progress_without_end": WELL,
    "forge_the_meters_report": WELL,
    "close_everything": ("succeeded", "tool_failed"),
    "raise_strangely": FAILED,
    "return_rubbish_in_a_result": WELL,
    "exit_from_a_thread": FAILED,
    "same_name_twice": FAILED,
    "type_that_is_no_text": FAILED,
    "change_the_answer_in_place": ("succeeded", "tool_failed"),
}


@pytest.mark.parametrize("program", ENDS)
def test_a_program_that_lies_gains_nothing(arena, surroundings, program):
    where = {name: surroundings[name] for name in parameters("lying", program)}
    attacked = arena.attack("lying", program, **where)
    outcome = attacked.outcome
    assert outcome.kind in ENDS[program], outcome
    assert attacked.alive_seconds < GONE_WITHIN_SECONDS
    assert outcome.measured.cpu_ms > 0
    assert all(file.path.parent.name == "out" for file in outcome.artefacts)


def test_no_program_that_has_begun_gets_its_run_for_nothing_by_what_it_leaves():
    assert not [program for program, ends in ENDS.items() if "lost" in ends]


@pytest.mark.parametrize("program", ["claim_it_is_the_platforms_fault", "claim_the_input_was_bad"])
def test_work_that_was_done_is_measured_whatever_the_answer_says(arena, program):
    assert arena.attack("lying", program).outcome.measured.cpu_ms >= 300


def test_every_lying_program_has_an_expected_end():
    assert set(programs("lying")) == ENDS.keys()
