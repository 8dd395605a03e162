"""What `studio-server doctor` says of this machine."""

import pytest
from studio_server import cli, examining
from studio_server.runs.executor import confining
from studio_server.runs.executor.layers import layers
from studio_server.settings import Settings


def verdict(tmp_path, capsys, missing, **settings):
    machine = confining.Found(missing)
    found = layers(machine.missing, machine.layers())
    code = examining.verdict(Settings.for_local(data_dir=tmp_path, **settings), found)
    return code, capsys.readouterr().out


def test_the_doctor_names_every_layer_and_what_the_fork_servers_hold(tmp_path, capsys):
    code = cli.main(["--data-dir", str(tmp_path), "doctor"])
    said = capsys.readouterr().out
    assert code == (examining.ONLY_REVIEWED if confining.found().lacking() else 0)
    for name in ("own processes", "own view", "own network", "system call filter", "file rules"):
        assert name in said
    assert "fork servers hold" in said
    assert "plain" in said


@pytest.mark.parametrize("missing", confining.NEEDED)
def test_without_a_needed_layer_the_doctor_says_that_only_reviewed_tools_run(tmp_path, capsys, missing):
    code, said = verdict(tmp_path, capsys, {missing: "refused"}, reviewed_tools=("data-studio-mine",))
    assert code == examining.ONLY_REVIEWED
    assert missing in said
    assert "data-studio-mine" in said


def test_with_all_needed_layers_every_installed_tool_may_run(tmp_path, capsys):
    assert verdict(tmp_path, capsys, {"control group": "not delegated"}) == (
        0,
        "ok       every installed tool may run\n",
    )


def test_a_missing_layer_is_told_with_its_reason_and_its_meaning():
    machine = confining.Found({"own network": "Operation not permitted"})
    [layer] = [one for one in layers(machine.missing, machine.layers()) if one.name == "own network"]
    assert not layer.present
    assert "Operation not permitted" in layer.detail
    assert "only the system call filter" in layer.detail
