"""What a worker left in its folder is read as if it were hostile."""

import os

import pytest
from studio_server.runs.executor import folder
from studio_server.runs.executor.folder import NotAPlainFile


def test_an_answer_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "answer.json").symlink_to(tmp_path / "secret")
    with pytest.raises(NotAPlainFile):
        folder.read_answer(tmp_path, 1_000)


def test_an_answer_that_is_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "answer.json")
    with pytest.raises(NotAPlainFile):
        folder.read_answer(tmp_path, 1_000)


def test_an_answer_above_its_bound_is_refused(tmp_path):
    (tmp_path / "answer.json").write_bytes(b"x" * 1_001)
    with pytest.raises(NotAPlainFile):
        folder.read_answer(tmp_path, 1_000)


def test_a_missing_answer_is_none(tmp_path):
    assert folder.read_answer(tmp_path, 1_000) is None


def test_an_artefact_is_weighed_by_the_server(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    size, digest = folder.weigh(tmp_path / "a", 3)
    assert (size, digest[:14]) == (3, "sha256:ba7816b")
    with pytest.raises(NotAPlainFile):
        folder.weigh(tmp_path / "a", 2)


def test_clearing_does_not_follow_a_link_out_of_the_folder(tmp_path):
    outside, workdir = tmp_path / "outside", tmp_path / "run"
    outside.mkdir()
    workdir.mkdir()
    (outside / "kept").write_text("kept")
    (workdir / "in").symlink_to(outside)
    folder.clear(workdir, keep_logs=False)
    assert (outside / "kept").exists()
    assert list(workdir.iterdir()) == []


def test_an_artefact_in_a_folder_that_became_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "0000").write_text("of another run")
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotAPlainFile):
        folder.weigh(tmp_path / "out" / "0000", 1_000)


def test_an_artefact_with_a_second_name_is_refused(tmp_path):
    (tmp_path / "secret").write_text("of somebody else")
    (tmp_path / "0000").hardlink_to(tmp_path / "secret")
    with pytest.raises(NotAPlainFile):
        folder.weigh(tmp_path / "0000", 1_000)


def test_a_folder_deeper_than_any_path_is_cleared(tmp_path):
    workdir = tmp_path / "run"
    workdir.mkdir()
    below = os.open(workdir, os.O_RDONLY)
    for _ in range(3_000):
        os.mkdir("deep", dir_fd=below)
        above, below = below, os.open("deep", os.O_RDONLY, dir_fd=below)
        os.close(above)
    os.close(below)
    folder.clear(workdir, keep_logs=False)
    assert list(workdir.iterdir()) == []


def test_only_plain_files_stay_among_the_artefacts(tmp_path):
    out = tmp_path / "out"
    (out / "folder" / "folder").mkdir(parents=True)
    (out / "link").symlink_to("/etc/passwd")
    os.mkfifo(out / "pipe")
    (out / "0000").write_text("kept")
    folder.clear(tmp_path, keep_logs=False)
    assert [path.name for path in out.iterdir()] == ["0000"]
