"""Every hostile file is refused before it is opened, with the sentence of its trap; harmless twins pass."""

import time
import tracemalloc
from pathlib import Path

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake import examine
from tests.hostile_files import names, parquets, pickled, streams, tars, texts, zips
from tests.hostile_files.case import Case

FAMILIES = (zips, tars, streams, pickled, texts, parquets, names)
HOSTILE = [case for family in FAMILIES for case in family.HOSTILE]
HARMLESS = [case for family in FAMILIES for case in family.HARMLESS]
MOST_SECONDS = 3.0
MOST_BYTES = 100_000_000


def written(case: Case, folder: Path) -> Path:
    path = folder / "given"
    path.write_bytes(case.bytes())
    return path


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.id)
def test_a_hostile_file_is_refused_with_the_sentence_of_its_trap(case: Case, tmp_path: Path) -> None:
    path = written(case, tmp_path)
    begun = time.process_time()
    with pytest.raises(InputRejected) as caught:
        examine(path, case.name, field="data")
    said = caught.value
    assert case.refused is not None
    assert case.refused in said.found, said.found
    assert said.field == "data"
    assert said.allowed
    assert said.found.isprintable()
    assert time.process_time() - begun < MOST_SECONDS


@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.id)
def test_a_harmless_file_that_looks_like_a_trap_passes(case: Case, tmp_path: Path) -> None:
    assert case.refused is None
    examine(written(case, tmp_path), case.name)


def test_the_corpus_has_200_hostile_files_and_each_has_a_name_of_its_own() -> None:
    assert len(HOSTILE) >= 200
    assert len(HARMLESS) >= 60
    ids = [case.id for case in (*HOSTILE, *HARMLESS)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("case", [case for case in HOSTILE if "bomb" in case.id], ids=lambda case: case.id)
def test_a_bomb_is_refused_before_it_fills_the_memory(case: Case, tmp_path: Path) -> None:
    path = written(case, tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(InputRejected):
            examine(path, case.name)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def test_no_pickle_of_the_corpus_was_loaded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for case in pickled.HOSTILE:
        with pytest.raises(InputRejected):
            examine(written(case, tmp_path), case.name)
    assert "the trap went off" not in capsys.readouterr().out


def test_a_pipe_and_a_device_are_no_files_and_do_not_block(tmp_path: Path) -> None:
    import os

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(InputRejected, match="no plain file"):
            examine(path, "a.csv")
