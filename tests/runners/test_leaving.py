from datetime import date

import pytest

from studio_magics.client.refusals import ServerFault, UsageRefused
from studio_magics.runners.leaving import export
from tests.client.samples import an_archive


def test_an_export_is_saved_whole_and_for_its_owner_alone(studio, fake, tmp_path):
    target = tmp_path / "mine.zip"
    found = studio.export(target)
    assert target.read_bytes() == fake.archive
    assert target.stat().st_mode & 0o777 == 0o600
    assert (found.path, found.size_bytes) == (str(target), len(fake.archive))
    assert (found.runs, found.statement_lines, found.tables) == (1, 3, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.zip"]


def test_without_a_name_the_file_is_named_by_the_day(studio, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with studio.session.server() as client:
        named = export(client, None, force=False, today=date(2026, 11, 25))
        in_folder = export(client, tmp_path, force=True, today=date(2026, 11, 26))
    assert named.path == "studio-account-2026-11-25.zip"
    assert in_folder.path == str(tmp_path / "studio-account-2026-11-26.zip")
    assert (tmp_path / named.path).is_file()


def test_a_file_that_is_there_stays_unless_forced(studio, fake, tmp_path):
    target = tmp_path / "mine.zip"
    target.write_text("of mine")
    with pytest.raises(UsageRefused, match="is there already"):
        studio.export(target)
    assert target.read_text() == "of mine"
    assert fake.asked == []
    studio.export(target, force=True)
    assert target.read_bytes() == fake.archive


def test_where_nothing_can_be_written_is_said_in_two_lines(studio, tmp_path):
    with pytest.raises(UsageRefused, match="No such file or directory") as refused:
        studio.export(tmp_path / "nowhere" / "mine.zip")
    assert len(refused.value.lines()) == 2


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (an_archive()[:-40], "BadZipFile"),
        (b"", "BadZipFile"),
        (an_archive(damaged="json/runs.json"), "json/runs.json is not as the manifest lists it"),
        (an_archive(damaged="README.txt"), "README.txt is not as the manifest lists it"),
    ],
)
def test_what_is_no_whole_archive_is_not_written(studio, fake, tmp_path, archive, said):
    fake.archive = archive
    with pytest.raises(ServerFault, match=said):
        studio.export(tmp_path / "mine.zip")
    assert list(tmp_path.iterdir()) == []
