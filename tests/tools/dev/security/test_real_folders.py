"""What lies in real repositories: no file stops the scan of the others, and nothing is left out unsaid."""

import pytest

from studio_magics.contracts.inputs import InputFolder
from studio_magics.runners.context import KernelContext
from studio_magics.runners.files import read_folder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.security import TOOL
from studio_magics.tools.dev.security.inputs import SecurityInput

GIVEN = "password: zX9kQ2mN7pR4\n"
NOT_FOR_EVERY_READER = {
    "mkdocs.yml": "emoji: !!python/name:materialx.emoji.twemoji\n" + GIVEN,
    "template.yaml": 'Name: !Sub "${AWS::StackName}-x"\n' + GIVEN,
    "chart/secret.yaml": "name: {{ .Values.name }}\n" + GIVEN,
    "shared.yml": "a: &a {b: 1}\nc: {<<: *a}\n" + GIVEN,
    "numbers.json": '{"limit": NaN,\n"password": "zX9kQ2mN7pR4"}\n',
    "entity.xml": '<!DOCTYPE x [<!ENTITY a "b">]>\n<x password="zX9kQ2mN7pR4">&a;</x>\n',
}


class Silent:
    """Progress that nobody watches."""

    def update(self, *_):
        """Nothing."""


@pytest.fixture
def guarded(tmp_path):
    """Scan files as a run does: the guards of intake look at each before the tool has it."""

    def call(files):
        for name, content in files.items():
            path = tmp_path / "code" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        read = read_folder(tmp_path / "code")
        folder = InputFolder(name="code", files=tuple(one.record for one in read))
        context = KernelContext({one.record.digest: one.path for one in read}, Silent())
        return TOOL.run(SecurityInput(code=folder), context)

    return call


@pytest.mark.parametrize("name", NOT_FOR_EVERY_READER)
def test_a_text_that_no_parser_here_would_take_is_still_searched_for_secrets(guarded, name):
    result = guarded({name: NOT_FOR_EVERY_READER[name], "a.py": "y = 1\n"})
    assert [one.code for one in result.findings] == ["secret-assigned"]
    assert result.summary["files"]["text"] == 2


def test_a_file_that_is_no_text_is_left_out_by_name_and_the_others_are_scanned(guarded):
    result = guarded(
        {
            "a.py": "import os\nos.system(input())\n",
            "windows.ps1": "password".encode("utf-16"),
            "model.pkl": b"\x80\x04K\x01.",
            "data.py": b"\x80\x04K\x01.",
            "a.7z": b"7z\xbc\xaf\x27\x1c",
        }
    )
    assert "S605" in {one.code for one in result.findings}
    told = "\n".join(result.not_checked)
    for name in ("windows.ps1", "model.pkl", "data.py", "a.7z"):
        assert name in told
    assert result.summary["files"]["text"] == 1


def test_a_folder_of_which_nothing_is_text_is_refused_with_its_endings(guarded):
    with pytest.raises(InputRejected) as refusal:
        guarded({"model.pkl": b"\x80\x04K\x01.", "a.sql": "x".encode("utf-16")})
    assert "2 files, none that can be scanned; endings: .pkl, .sql" in refusal.value.found


MERGED = """x-all: &all
  privileged: true
services:
  a:
    <<: *all
    image: b:1
  b:
    <<: *all
    privileged: false
  db:
    image: postgres:17
    ports: &ports
      - target: 5432
        published: 5432
  local:
    ports: [{target: 5432, published: 5432, host_ip: 127.0.0.1}]
"""


def test_compose_files_are_read_with_their_merges(guarded):
    result = guarded({"compose.yml": MERGED, "a.py": "y = 1\n"})
    found = {(one.code, one.title.split(": ")[-1], one.count) for one in result.findings}
    assert found == {("privileged", "a", 1), ("port-open-to-all", "db 5432:5432", 1)}
    assert not [line for line in result.not_checked if line.startswith("Configuration not read")]
