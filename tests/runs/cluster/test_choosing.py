"""The operator's choice of executor: refused before anything is opened when it cannot work."""

from pathlib import Path

import pytest
from studio_server import cli
from studio_server.runs.executor.cluster.choosing import described, executor_for
from studio_server.runs.executor.cluster.executor import DaskExecutor
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.protocol import ExecutorUnsupported
from studio_server.settings import Settings
from studio_server.wiring import build

NOBODY = "tcp://127.0.0.1:9"


def chosen(folder: Path, **environment: str) -> Settings:
    return Settings.from_environment({"STUDIO_DATA_DIR": str(folder), **environment})


@pytest.mark.parametrize(
    ("environment", "kind", "words"),
    [
        ({}, LocalExecutor, "this machine"),
        ({"STUDIO_EXECUTOR": "dask", "STUDIO_DASK_ADDRESS": NOBODY}, DaskExecutor, f"cluster at {NOBODY}"),
    ],
)
def test_the_environment_chooses_the_executor(
    environment: dict, kind: type, words: str, tmp_path: Path
) -> None:
    settings = chosen(tmp_path, **environment)
    executor = executor_for(settings)
    executor.close()
    assert type(executor) is kind
    assert words in described(settings)


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"STUDIO_EXECUTOR": "spark"}, "local and dask"),
        ({"STUDIO_EXECUTOR": "dask"}, "STUDIO_DASK_ADDRESS"),
    ],
)
def test_a_choice_that_cannot_work_is_refused_and_opens_no_books(
    environment: dict, why: str, tmp_path: Path
) -> None:
    settings = chosen(tmp_path / "data", **environment)
    with pytest.raises(ExecutorUnsupported, match=why):
        build(settings)
    assert not (tmp_path / "data").exists()


def test_the_doctor_says_where_runs_are_carried_out_and_that_the_cluster_is_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("STUDIO_EXECUTOR", "dask")
    monkeypatch.setenv("STUDIO_DASK_ADDRESS", NOBODY)
    assert cli.main(["--data-dir", str(tmp_path), "doctor"]) == 0
    said = capsys.readouterr().out
    assert f"runs are carried out by the Dask cluster at {NOBODY}" in said
    assert f"missing  Dask cluster: {NOBODY}: " in said
