"""`%studio` in a real kernel, with a person and without one: what is shown is what a saved notebook keeps."""

import os
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client.manager import start_new_kernel

from studio_magics.display.bundle import PROGRESS_MIME, RECEIPT_MIME
from tests.client.fake_server import Serving

SETUP = "%load_ext studio_magics\nimport pandas\norders = pandas.DataFrame({'id': [1, 2, 3]})"


class Kernel:
    """Runs cells in one kernel and keeps every message of each."""

    def __init__(self, client):
        self._client = client

    def run(self, source, *, person):
        message = self._client.execute(source, allow_stdin=person)
        outputs = []
        while True:
            try:
                got = self._client.get_iopub_msg(timeout=60)
            except Empty as silence:
                raise AssertionError(outputs) from silence
            if got["parent_header"].get("msg_id") != message:
                continue
            if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                break
            if got["msg_type"] in {
                "display_data",
                "update_display_data",
                "execute_result",
                "error",
                "stream",
            }:
                outputs.append((got["msg_type"], got["content"]))
        self._client.get_shell_msg(timeout=60)
        return outputs

    def has_asked_the_person(self):
        return self._client.stdin_channel.msg_ready()


@pytest.fixture(scope="module")
def fake():
    with Serving() as server:
        yield server


@pytest.fixture(scope="module")
def kernel(fake):
    environment = {
        **os.environ,
        "STUDIO_URL": fake.url,
        "STUDIO_TOKEN": fake.token,
        "PYTHONPATH": str(Path.cwd()),
    }
    manager, client = start_new_kernel(kernel_name="python3", env=environment)
    started = Kernel(client)
    assert [kind for kind, _ in started.run(SETUP, person=False)] == []
    yield started
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def plain(outputs):
    return [content["data"]["text/plain"] for _, content in outputs]


def test_without_a_person_there_is_no_progress_and_each_display_comes_once(kernel):
    outputs = kernel.run("report = %studio run remote --data orders", person=False)
    assert [kind for kind, _ in outputs] == ["display_data", "display_data"]
    assert RECEIPT_MIME in outputs[0][1]["data"]
    assert plain(outputs)[1].startswith("3 rows, 2 findings")


def test_with_a_person_the_bar_is_replaced_by_the_same_receipt(kernel):
    outputs = kernel.run("%studio run remote --data orders", person=True)
    kinds = [kind for kind, _ in outputs]
    assert kinds[0] == "display_data"
    assert PROGRESS_MIME in outputs[0][1]["data"]
    last = [content for kind, content in outputs if kind == "update_display_data"][-1]
    assert RECEIPT_MIME in last["data"]
    assert last["transient"]["display_id"] == outputs[0][1]["transient"]["display_id"]
    assert kinds[-1] == "display_data"
    assert "execute_result" not in kinds


def test_the_plain_text_of_a_headless_execution_repeats(kernel, fake):
    fake.available = 300
    first = plain(kernel.run("%studio run remote --data orders", person=False))
    fake.available = 300
    assert plain(kernel.run("%studio run remote --data orders", person=False)) == first


def test_an_answer_is_shown_once_and_again_when_asked_for(kernel):
    assert len(kernel.run("b = %studio", person=False)) == 1
    assert len(kernel.run("%studio", person=False)) == 1
    again = kernel.run("b", person=False)
    assert [kind for kind, _ in again] == ["execute_result"]
    assert plain(again)[0].startswith("ada · Free")


def test_a_refusal_is_a_real_error_output_of_two_lines(kernel):
    outputs = kernel.run("%studio run remote --data ordrs", person=False)
    assert [kind for kind, _ in outputs] == ["error"]
    content = outputs[0][1]
    assert content["ename"] == "InputRefused"
    assert len(content["traceback"]) == 2
    assert content["traceback"][1] == "  Next: did you mean orders?"


def test_a_wrong_option_is_an_error_output_too_so_that_checkers_of_notebooks_see_it(kernel):
    outputs = kernel.run("%studio run remote --dta orders", person=False)
    assert [kind for kind, _ in outputs] == ["error"]


def test_no_prompt_is_made_even_where_a_person_could_answer(kernel):
    kernel.run("%studio run remote --data orders", person=True)
    assert not kernel.has_asked_the_person()
