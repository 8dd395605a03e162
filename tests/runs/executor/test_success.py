import hashlib
import json
import stat

import pytest


def test_a_run_returns_its_result_its_files_and_its_progress(bench, upload):
    file, files = upload(b"one\ntwo\n", "data/lines.csv")
    outcome = bench.run("COUNT", files=files, file=file)
    assert (outcome.kind, outcome.message) == ("succeeded", "counted")
    assert outcome.result.summary["lines"] == 2
    [artefact] = outcome.artefacts
    assert artefact.path.read_bytes() == b"ONE\nTWO\n"
    assert (artefact.name, artefact.title, artefact.size_bytes) == ("copies/a.txt", "Upper case", 8)
    assert artefact.digest == "sha256:" + hashlib.sha256(b"ONE\nTWO\n").hexdigest()
    assert [record.digest for record in outcome.result.artefacts] == [artefact.digest]
    progress = list(bench.heard.queue)
    assert (progress[-1].percent, progress[-1].stage) == (100, "writing")


def test_a_tool_sees_the_time_of_the_run_and_the_ending_of_the_users_file(bench, upload):
    file, files = upload(b"x\n", "table.parquet")
    summary = bench.run("COUNT", files=files, file=file).result.summary
    assert (summary["suffix"], summary["now"]) == (".parquet", "2026-11-21 09:30:00+00:00")


@pytest.mark.parametrize("mode", [0o444, 0o644])
def test_a_tool_gets_a_read_only_file_and_the_stored_one_stays_as_it_is(bench, upload, mode):
    file, files = upload(b"x\n", "table.csv", mode=mode)
    [stored] = files.values()
    assert bench.run("COUNT", files=files, file=file).result.summary["writable"] == 0
    assert stat.S_IMODE(stored.stat().st_mode) == mode
    assert stored.read_bytes() == b"x\n"


def test_library_versions_are_filled_in_for_what_is_installed(bench, upload):
    import pydantic

    file, files = upload(b"x\n", "table.csv")
    outcome = bench.run("COUNT", files=files, file=file)
    assert outcome.result.provenance.libraries == {"pydantic": pydantic.VERSION}


def test_only_the_artefacts_stay_in_the_folder(bench, upload):
    file, files = upload(b"x\n", "table.csv")
    job = bench.job("COUNT", {"file": file}, files=files)
    bench.executor.start(job, bench.heard.put).wait(30)
    assert sorted(path.name for path in job.workdir.iterdir()) == ["out"]


def test_a_worker_knows_nothing_of_the_servers_environment(bench, monkeypatch):
    monkeypatch.setenv("STUDIO_TOKEN", "secret-token")
    monkeypatch.setenv("JUPYTER_TOKEN", "secret-token")
    summary = bench.run("SURROUNDINGS").result.summary
    assert "secret-token" not in json.dumps(summary)
    assert sorted(summary["environment"]) == [
        "HOME",
        "LANG",
        "MALLOC_ARENA_MAX",
        "MKL_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "PATH",
        "POLARS_MAX_THREADS",
        "PYTHONHASHSEED",
        "TMPDIR",
        "TZ",
    ]
    assert summary["environment"]["HOME"] == summary["folder"]
    assert summary["nice"] > 0


def test_a_worker_inherits_no_descriptor_of_the_server(bench, tmp_path):
    with (tmp_path / "ledger").open("wb") as secret:
        import os

        os.set_inheritable(secret.fileno(), True)
        descriptors = bench.run("SURROUNDINGS").result.summary["descriptors"]
    assert descriptors == {"0": "/dev/null", "1": "pipe", "2": "pipe", "3": "pipe", "4": "pipe"}


def test_a_flood_of_output_and_progress_is_cut_and_stops_nobody(bench):
    job = bench.job("SHOUT", {"size": 2_000})
    heard = []

    def listen(progress):
        heard.append((progress, (job.workdir / "worker.log").stat().st_size))

    assert bench.executor.start(job, listen).wait(30).kind == "succeeded"
    assert len(heard) < 400
    assert max(size for _, size in heard) <= 65_536
    assert heard[-1][0].stage == "step 1999"


def test_a_listener_that_fails_does_not_end_the_run(bench, caplog):
    def fail(progress):
        raise RuntimeError(progress.stage)

    assert bench.executor.start(bench.job("SHOUT", {"size": 3}), fail).wait(30).kind == "succeeded"
    assert "a listener failed" in caplog.text


def test_a_folder_named_relative_to_the_server_works(bench, tmp_path, monkeypatch):
    from dataclasses import replace
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    job = replace(bench.job("TRIVIAL", {}), workdir=Path("relative/run"))
    assert bench.executor.start(job, bench.heard.put).wait(30).kind == "succeeded"
