"""What the server does not take from a worker: impossible figures, unasked ends, files that differ."""

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster import belief, on_worker
from studio_server.runs.executor.cluster.belief import CLOCK_SLACK_MS
from studio_server.runs.executor.cluster.errand import Errand, Terms
from studio_server.runs.executor.cluster.executor import is_private
from studio_server.runs.executor.cluster.fleet import Fleet
from studio_server.runs.executor.cluster.losses import RunLost
from studio_server.runs.executor.cluster.wire import (
    INTRODUCTION,
    OUTCOME,
    PROGRESS,
    Introduction,
    Order,
    Piece,
)
from studio_server.runs.executor.context import MAX_ARTEFACTS
from studio_server.runs.executor.protocol import ArtefactFile, Job, Measurement, Outcome, Progress, Rejection

from studio_magics.contracts.results import Artefact, Provenance, ToolResult
from tests.runs.cluster.cluster_bench import GENEROUS, NOW

CONTENT = b"what the tool wrote"
TERMS = Terms("topic", 0.1, 60.0, 60.0, shared_folders=False, extra_path="", is_private=False)


WORKER = Introduction("x", "1", 1, (), processors=4, memory_bytes=1 << 30)
PROVENANCE = Provenance(tool_id="tool", tool_version="1")


class SayingWorker:
    """Stands for the network: answers a request for a file with these bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.piece_bytes = 5
        self.asked = 0

    async def call(self, address, function, *arguments):
        assert (address, function) == ("a", on_worker.fetch)
        _, _, offset = arguments
        self.asked += 1
        return self.content[offset : offset + self.piece_bytes]


def attempt(job: Job, terms: Terms, fleet: Fleet, worker: SayingWorker | None) -> Errand:
    begin_by = asyncio.get_running_loop().time() + terms.patience_seconds
    return Errand(job, terms, fleet, lambda: worker, begin_by=begin_by, cancelled=asyncio.Event())


def errand(folder: Path, content: bytes = CONTENT) -> tuple[Errand, object]:
    fleet = Fleet("1")
    fleet.admit("a", WORKER, 0.0)
    job = Job("run_1", "tool", {}, {}, GENEROUS, NOW, folder)
    return attempt(job, TERMS, fleet, SayingWorker(content)), fleet.members[0]


def made(content: bytes = CONTENT, name: str = "a.txt") -> ArtefactFile:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return ArtefactFile(name, Path("elsewhere"), "text/plain", len(content), digest)


def succeeded(*files: ArtefactFile, headline: str = "done") -> Outcome:
    result = ToolResult(headline=headline, provenance=PROVENANCE)
    return Outcome("succeeded", "", Measurement(1, 500, 1), result, artefacts=files or (made(),))


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
    sent._cancelled.set()
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
        await attempt(job, terms, Fleet("1"), None).run()
    with pytest.raises(RunLost, match="no worker"):
        await attempt(replace(job, secrets={}), terms, Fleet("1"), None).run()


def test_what_is_sent_does_not_show_inputs_or_secrets_in_a_log() -> None:
    order = Order("attempt", "process", "topic", 1.0, "", job='{"secrets": {"KEY": "word"}}')
    assert "word" not in repr(order)
    assert "secret" not in repr(Piece("sha256:1", 0, b"secret", is_last=True))


@pytest.mark.parametrize(
    ("files", "headline", "sentence"),
    [
        ((replace(made(), size_bytes=GENEROUS.output_bytes),), "", "33.6 MB of results where 33.6 MB are"),
        ((made(), replace(made(), size_bytes=GENEROUS.output_bytes - 9)), "", "where 33.6 MB are allowed"),
        ((made(),) * (MAX_ARTEFACTS + 1), "", sentences.too_many_files(501, 500)),
        ((made(),), "x" * sentences.MOST_RESULT_BYTES, "a result of 1 MB where 1 MB are allowed"),
    ],
)
async def test_more_than_a_run_may_return_ends_it_at_that_limit_and_nothing_is_fetched(
    files: tuple, headline: str, sentence: str, tmp_path: Path
) -> None:
    sent, member = errand(tmp_path)
    outcome = await sent._accept(member, succeeded(*files, headline=headline), 500)
    assert (outcome.kind, outcome.result, outcome.artefacts) == ("limit_output", None, ())
    assert sentence in outcome.message
    assert outcome.measured == Measurement(1, 500, 1)
    assert sent._connection().asked == 0
    assert not (tmp_path / "out").exists()


async def test_as_much_as_a_run_may_return_is_taken(tmp_path: Path) -> None:
    sent, member = errand(tmp_path)
    few = succeeded(*(made(name=f"{number}.txt") for number in range(MAX_ARTEFACTS)), headline="x" * 999_000)
    outcome = await sent._accept(member, few, 500)
    assert (outcome.kind, len(outcome.artefacts)) == ("succeeded", MAX_ARTEFACTS)


async def test_sizes_that_cancel_each_other_out_are_not_added_up(tmp_path: Path) -> None:
    sent, member = errand(tmp_path)
    files = (replace(made(), size_bytes=-(10**12)), replace(made(name="b"), size_bytes=10**12))
    with pytest.raises(RunLost, match="less than no bytes"):
        await sent._accept(member, succeeded(*files), 500)


async def test_a_piece_with_more_than_was_announced_is_not_written(tmp_path: Path) -> None:
    sent, member = errand(tmp_path, CONTENT + b"x" * 1_000_000)
    sent._connection().piece_bytes = 2_000_000
    with pytest.raises(RunLost, match=r"a\.txt"):
        await sent._accept(member, succeeded(), 500)
    assert (tmp_path / "out" / "0000").stat().st_size == 0


async def test_what_a_result_says_of_its_files_is_the_servers_own(tmp_path: Path) -> None:
    sent, member = errand(tmp_path)
    lying = succeeded()
    file = Artefact(name="b.txt", media_type="text/plain", size_bytes=9, digest=f"sha256:{'0' * 64}")
    lying = replace(lying, result=lying.result.model_copy(update={"artefacts": (file,)}), message="rm -rf /")
    outcome = await sent._accept(member, lying, 500)
    [record] = outcome.result.artefacts
    assert (record.name, record.size_bytes, record.digest) == ("a.txt", len(CONTENT), made().digest)
    assert outcome.message == "done"


@pytest.mark.parametrize(
    "files",
    [
        (made(name="../../etc/passwd"),),
        (made(name=""),),
        (made(), made()),
        (replace(made(), media_type="text/plain\0"),),
    ],
)
async def test_a_file_with_a_name_or_a_type_that_cannot_be_loses_the_run(
    files: tuple, tmp_path: Path
) -> None:
    sent, member = errand(tmp_path)
    with pytest.raises(RunLost, match=r"a: .* file"):
        await sent._accept(member, succeeded(*files), 500)


@pytest.mark.parametrize("kind", ["tool_failed", "limit_cpu", "input_rejected", "lost"])
def test_only_what_belongs_to_an_end_is_taken_with_it(kind: str) -> None:
    job = Job("run_1", "tool", {}, {}, GENEROUS, NOW, Path())
    rejection = Rejection("data", "x" * 1_000_000, "less")
    said = replace(succeeded(), kind=kind, message="/secret/place/file broke\n" * 9, rejection=rejection)
    outcome = belief.believed(said, job, WORKER, 500)
    assert (outcome.result, outcome.artefacts, outcome.message) == (None, (), "file broke")
    kept = outcome.rejection
    assert (kept is not None) == (kind == "input_rejected")
    assert kept is None or len(kept.found) == sentences.SAID_CHARACTERS


@pytest.mark.parametrize(
    ("measured", "why"),
    [
        (Measurement(-1, 500, 1), "less than nothing"),
        (Measurement(1, -500, 1), "less than nothing"),
        (Measurement(1, 500, -1), "less than nothing"),
        (Measurement((500 + CLOCK_SLACK_MS) * 4 + 1, 500, 1), "processors"),
        (Measurement(1, 500, (1 << 30) + 1), "more memory"),
        (None, "nothing was measured"),
    ],
)
@pytest.mark.parametrize("kind", ["succeeded", "tool_failed", "limit_cpu"])
def test_a_measurement_that_cannot_be_gets_no_result_through(
    measured: Measurement | None, why: str, kind: str
) -> None:
    job = Job("run_1", "tool", {}, {}, GENEROUS, NOW, Path())
    with pytest.raises(RunLost, match=why):
        belief.believed(replace(succeeded(), kind=kind, measured=measured), job, WORKER, 500)


def test_the_most_that_can_be_measured_is_believed() -> None:
    job = Job("run_1", "tool", {}, {}, GENEROUS, NOW, Path())
    most = Measurement((500 + CLOCK_SLACK_MS) * 4, 500 + CLOCK_SLACK_MS, 1 << 30)
    assert belief.believed(replace(succeeded(), measured=most), job, WORKER, 500).measured == most


def test_a_success_without_a_result_is_none() -> None:
    job = Job("run_1", "tool", {}, {}, GENEROUS, NOW, Path())
    with pytest.raises(RunLost, match="without a result"):
        belief.believed(replace(succeeded(), result=None), job, WORKER, 500)


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "-Infinity", "1.5", "null", '"many"', "1e400"])
def test_a_figure_that_is_no_whole_number_is_no_measurement(figure: str) -> None:
    answer = OUTCOME.dump_json(succeeded())
    assert belief.read(answer).measured == Measurement(1, 500, 1)
    with pytest.raises(RunLost, match="no outcome"):
        belief.read(answer.replace(b'"cpu_ms":1', f'"cpu_ms":{figure}'.encode()))


@pytest.mark.parametrize(("percent", "believed"), [(-5, 0), (0, 0), (42, 42), (100, 100), (10**30, 100)])
def test_progress_is_never_less_than_nothing_or_more_than_all(percent: int, believed: int) -> None:
    said = f'{{"percent": {percent}, "stage": "working"}}'
    assert belief.progress(said) == Progress(believed, "working")


def test_what_a_worker_says_while_a_run_works_is_cut_as_it_is_here() -> None:
    said = PROGRESS.dump_json(Progress(1, "s" * 1_000, tuple(f"{n}" + "x" * 900 for n in range(90)))).decode()
    found = belief.progress(said)
    assert found is not None
    assert (len(found.stage), len(found.log), len(found.log[0])) == (200, 20, 300)
    assert found.log[-1].startswith("89x")


@pytest.mark.parametrize(
    "said", [None, 7, "", "[]", '{"percent": NaN, "stage": ""}', '{"percent": 1}', " " * 200_000 + "{}"]
)
def test_progress_that_is_none_is_not_heard(said: object) -> None:
    assert belief.progress(said) is None


@pytest.mark.parametrize(
    "lie",
    [{"slots": 0}, {"slots": 10**9}, {"processors": -4}, {"memory_bytes": 0}, {"memory_bytes": 1 << 60}],
)
def test_a_worker_that_cannot_be_is_not_let_in(lie: dict) -> None:
    assert INTRODUCTION.validate_json(INTRODUCTION.dump_json(WORKER)) == WORKER
    with pytest.raises(ValueError, match=next(iter(lie))):
        INTRODUCTION.validate_json(json.dumps(json.loads(INTRODUCTION.dump_json(WORKER)) | lie))


def test_an_answer_without_end_is_not_read() -> None:
    with pytest.raises(RunLost, match="bytes"):
        belief.read(b"x" * (belief.MOST_ANSWER_BYTES + 1))
