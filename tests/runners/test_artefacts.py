"""Files of a run from the notebook: by name, saved whole or not at all, never over a file unasked."""

import pytest

from studio_magics.client.refusals import Unknown, UsageRefused
from tests.client.samples import CONTENT
from tests.runners.test_metered_runs import FRAME


def test_files_are_had_by_name_and_by_position(studio):
    run = studio.run("remote", data=FRAME)
    assert run.artefacts["report.json"].bytes() == run.artefacts[0].read() == CONTENT
    assert [file.name for file in run.artefacts] == ["report.json"]
    assert [file.name for file in run.artefacts[:5]] == ["report.json"]
    assert len(run.artefacts) == 1


def test_a_name_that_no_file_has_is_refused_with_the_closest(studio):
    run = studio.run("remote", data=FRAME)
    with pytest.raises(Unknown) as caught:
        run.artefacts["report.jsn"]
    assert caught.value.action == "did you mean 'report.json'?"


def test_a_file_is_saved_under_its_name_or_the_one_given_and_leaves_no_part_behind(studio, tmp_path):
    run = studio.run("remote", data=FRAME)
    assert run.artefacts["report.json"].save(tmp_path) == tmp_path / "report.json"
    assert run.artefacts["report.json"].save(tmp_path / "mine.json").read_bytes() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json", "report.json"]
    with pytest.raises(UsageRefused, match="was not saved"):
        run.artefacts["report.json"].save(tmp_path / "missing" / "mine.json")


def test_the_verb_saves_a_file_of_another_notebook_and_says_where(studio, tmp_path):
    studio.run("remote", data=FRAME)
    saved = studio.save_artefact("run_1", "report.json", tmp_path / "mine.json")
    assert (saved.path, saved.size_bytes) == (str(tmp_path / "mine.json"), len(CONTENT))
    with pytest.raises(UsageRefused, match="is there already"):
        studio.save_artefact("run_1", "report.json", tmp_path / "mine.json")
    assert studio.save_artefact("run_1", "report.json", tmp_path / "mine.json", force=True).size_bytes == 11
    with pytest.raises(Unknown):
        studio.save_artefact("run_1", "none.json", tmp_path / "other.json")
