"""The server is found in the documented order; a file that somebody else may write is not believed."""

import json
import os

import pytest

from studio_magics.client.connection import Endpoint
from studio_magics.client.discovery import Surroundings, find, is_studio
from studio_magics.client.refusals import ServerUnreachable


class Around(Surroundings):
    """Surroundings made of a folder."""

    environment: dict[str, str] = {}  # noqa: RUF012  - every test gives its own

    def __init__(self, folder, environment, *, embedded=None, answering=True):
        self.folder = folder
        self.environment = environment
        self._embedded = embedded
        self._answering = answering

    def jupyter_runtime(self):
        return self.folder

    def standalone_files(self):
        return (self.folder / "server.json",)

    def embedded(self):
        return self._embedded

    def answers(self, endpoint):
        return self._answering if isinstance(self._answering, bool) else endpoint.url in self._answering


@pytest.fixture
def folder(tmp_path):
    jupyter = {"url": "http://localhost:8888/user/ada/", "token": "of-jupyter"}
    standalone = {"url": "http://localhost:9000", "token": "of-the-standalone-server"}
    for name, content in (("jpserver-42.json", jupyter), ("server.json", standalone)):
        (tmp_path / name).write_text(json.dumps(content))
        (tmp_path / name).chmod(0o600)
    return tmp_path


def test_the_environment_comes_before_every_file(folder):
    around = Around(folder, {"STUDIO_URL": "http://x/studio", "STUDIO_TOKEN": "t", "JPY_PARENT_PID": "42"})
    assert find(around) == Endpoint("http://x/studio", "t", "from STUDIO_URL")


def test_the_jupyter_server_of_the_kernel_comes_before_a_standalone_one(folder):
    found = find(Around(folder, {"JPY_PARENT_PID": "42"}))
    assert (found.url, found.token) == ("http://localhost:8888/user/ada/studio", "of-jupyter")


def test_a_jupyter_without_studio_is_passed_over(folder):
    around = Around(folder, {"JPY_PARENT_PID": "42"}, answering={"http://localhost:9000"})
    assert find(around).url == "http://localhost:9000"


def test_the_server_in_this_process_comes_last(folder):
    inside = Endpoint("http://127.0.0.1:1", "t", "inside this process")
    assert find(Around(folder, {}, embedded=inside, answering=False)) is inside
    assert find(Around(folder, {}, embedded=inside)).url == "http://localhost:9000"


def test_nothing_is_started_when_only_looking(folder):
    inside = Endpoint("http://127.0.0.1:1", "t", "inside this process")
    with pytest.raises(ServerUnreachable):
        find(Around(folder, {}, embedded=inside, answering=False), start=False)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"url": 5}', "\x00", '{"url": "http://x"' + " " * 70_000 + "}"]
)
def test_a_damaged_runtime_file_is_passed_over(tmp_path, content):
    path = tmp_path / "server.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ServerUnreachable):
        find(Around(tmp_path, {}))


def test_a_runtime_file_that_others_may_write_is_not_believed(folder):
    (folder / "server.json").chmod(0o666)
    with pytest.raises(ServerUnreachable):
        find(Around(folder, {}))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_runtime_file_of_somebody_else_is_not_believed(folder):
    os.chown(folder / "server.json", 12345, 12345)
    with pytest.raises(ServerUnreachable):
        find(Around(folder, {}))


def test_a_parent_that_is_no_number_cannot_name_a_file(folder):
    assert find(Around(folder, {"JPY_PARENT_PID": "../42"})).url == "http://localhost:9000"


def test_only_a_studio_that_takes_the_token_counts_as_an_answer(fake):
    assert is_studio(Endpoint(fake.url, fake.token, "test"))
    assert not is_studio(Endpoint(fake.url, "wrong", "test"))
    assert not is_studio(Endpoint("http://127.0.0.1:9", "t", "test"))
    assert not is_studio(Endpoint("no address", "t", "test"))


def test_a_server_found_nowhere_is_refused_in_two_lines_with_a_next_step(tmp_path):
    with pytest.raises(ServerUnreachable) as refused:
        find(Around(tmp_path, {}))
    assert "pip install 'studio-magics[server]'" in refused.value.lines()[1]
