"""Kernels that test notebooks live at the time of their server, not at today's."""

from studio_server.settings import DETERMINISTIC_START

from studio_magics.runners.context import run_time
from studio_magics.testing import TestServer, kernel_environment


def test_a_run_in_the_kernel_of_a_tested_notebook_sees_the_time_of_its_server(tmp_path):
    server = TestServer("http://127.0.0.1:1", "none", tmp_path)
    with kernel_environment(server):
        assert run_time() == DETERMINISTIC_START


def test_after_the_test_a_kernel_sees_the_true_time_again(tmp_path, monkeypatch):
    monkeypatch.delenv("STUDIO_FIXED_TIME", raising=False)
    with kernel_environment(TestServer("http://127.0.0.1:1", "none", tmp_path)):
        pass
    assert run_time() > DETERMINISTIC_START
