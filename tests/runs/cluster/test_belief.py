"""What the server does not take from a worker: impossible times, unasked cancellations, files that differ."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from studio_server.runs.executor.cluster import on_worker
from studio_server.runs.executor.cluster.errand import CLOCK_SLACK_MS, Errand, RunLost, Terms
from studio_server.runs.executor.cluster.executor import is_private
from studio_server.runs.executor.cluster.fleet import Fleet
from studio_server.runs.executor.cluster.wire import Introduction, Order, Piece
from studio_server.runs.executor.protocol import ArtefactFile, Job, Measurement, Outcome

from tests.runs.cluster.cluster_bench import GENEROUS, NOW

CONTENT = b"what the tool wrote"
TERMS = Terms("topic", 0.1, 60.0, 60.0, shared_folders=False, extra_path="", is_private=False)


class SayingWorker:
    """Stands for the network: answers a request for a file with these bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def call(self, address, function, *arguments):
        assert (address, function) == ("a", on_worker.fetch)
        _, _, offset = arguments
        return self.content[offset : offset + 5]


def errand(folder: Path, content: bytes = CONTENT) -> tuple[Errand, object]:
    fleet = Fleet("1")
    fleet.admit("a", Introduction("x", "1", 1, ()), 0.0)
    job = Job("run_1", "tool", {}, {}, GENEROUS, NOW, folder)
    return Errand(job, TERMS, fleet, lambda: SayingWorker(content)), fleet.members[0]


def succeeded(content: bytes = CONTENT) -> Outcome:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    file = ArtefactFile("a.txt", Path("elsewhere"), "text/plain", len(content), digest)
    return Outcome("succeeded", "", Measurement(1, 500, 1), artefacts=(file,))


async def test_a_file_that_arrives_as_announced_is_kept_in_the_folder_of_the_run(tmp_path: Path) -> None:
    sent, member = errand(tmp_path)
    [file] = (await sent._accept(member, succeeded(), 500)).artefacts
    assert file.path == tmp_path / "out" / "0000"
    assert file.path.read_bytes() == CONTENT


@pytest.mark.parametrize("arrived", [b"what the tool w", b"What the tool wrote", b"", CONTENT + b" and more"])
async def test_a_file_that_differs_from_its_announcement_loses_the_run(
    arrived: bytes, tmp_path: Path
) -> None:
    sent, member = errand(tmp_path, arrived)
    with pytest.raises(RunLost, match=r"a\.txt"):
        await sent._accept(member, succeeded(), 500)


async def test_more_time_than_has_passed_on_the_server_is_not_believed(tmp_path: Path) -> None:
    sent, member = errand(tmp_path)
    long = replace(succeeded(), measured=Measurement(1, 9_000, 1))
    with pytest.raises(RunLost, match="more time"):
        await sent._accept(member, long, 9_000 - CLOCK_SLACK_MS - 1)
    assert (await sent._accept(member, long, 9_000 - CLOCK_SLACK_MS)).kind == "succeeded"


async def test_a_run_that_a_worker_ends_by_itself_was_not_cancelled_by_its_user(tmp_path: Path) -> None:
    sent, member = errand(tmp_path)
    ended = Outcome("cancelled", "cancelled", Measurement(1, 1, 1))
    with pytest.raises(RunLost, match="by itself"):
        await sent._accept(member, ended, 500)
    sent.cancel()
    assert await sent._accept(member, ended, 500) == ended


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("tls://cluster.example:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("localhost:8786", True),
        ("tcp://[::1]:8786", True),
        ("tcp://cluster.example:8786", False),
        ("cluster.example:8786", False),
        ("ws://10.0.0.7:8786", False),
        ("tcp://localhost.example:8786", False),
    ],
)
async def test_secrets_of_a_run_leave_the_machine_encrypted_or_not_at_all(
    address: str, private: bool
) -> None:
    job = Job("run_1", "tool", {}, {}, GENEROUS, NOW, Path(), secrets={"KEY": "word"})
    terms = replace(TERMS, is_private=is_private(address))
    with pytest.raises(RunLost, match="no worker" if private else "secrets"):
        await Errand(job, terms, Fleet("1"), lambda: None).run()
    with pytest.raises(RunLost, match="no worker"):
        await Errand(replace(job, secrets={}), terms, Fleet("1"), lambda: None).run()


def test_what_is_sent_does_not_show_inputs_or_secrets_in_a_log() -> None:
    order = Order("attempt", "process", "topic", 1.0, "", job='{"secrets": {"KEY": "word"}}')
    assert "word" not in repr(order)
    assert "secret" not in repr(Piece("sha256:1", 0, b"secret", is_last=True))


async def test_more_output_than_the_run_may_have_is_not_fetched(tmp_path: Path) -> None:
    sent, member = errand(tmp_path)
    [file] = succeeded().artefacts
    huge = replace(succeeded(), artefacts=(replace(file, size_bytes=GENEROUS.output_bytes + 1),))
    with pytest.raises(RunLost, match="more output"):
        await sent._accept(member, huge, 500)
    assert not (tmp_path / "out").exists()
