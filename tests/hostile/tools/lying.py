"""Attacks on what leaves a run: its answer, its files, its progress, its log."""

import json
import os
import signal
import sys
import time
from pathlib import Path

ANSWER = {"kind": "succeeded", "message": "", "artefacts": []}
RESULT = {
    "headline": "forged",
    "provenance": {"tool_id": "x", "tool_version": "1"},
}


def leave(answer):
    Path("answer.json").write_text(json.dumps(answer))
    os._exit(0)


def forge(**changes):
    leave({**ANSWER, "result": json.dumps(RESULT), **changes})


def forge_the_cost(*, context):
    forge(cpu_ms=0, wall_ms=0, peak_bytes=0)


def forge_a_receipt(*, context):
    forge(receipt={"credits": 0})


def forge_the_kind(*, context):
    forge(kind="cancelled")


def claim_it_is_the_platforms_fault(*, context):
    """A worker may say that it was lost only before work began."""
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    leave({"kind": "lost", "message": "free, please"})


def claim_the_input_was_bad(*, context):
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    leave(
        {
            "kind": "input_rejected",
            "message": "",
            "rejection": dict.fromkeys(("field", "found", "allowed", "action"), "x"),
        }
    )


def artefact(name, file="out/0000"):
    return {"name": name, "file": file, "media_type": "text/plain", "title": ""}


def link_an_artefact(*, context):
    os.symlink("/etc/passwd", "out/0000")
    forge(artefacts=[artefact("a.txt")])


def link_the_artefact_folder(*, secret, context):
    os.rename("out", "was")
    os.symlink(str(Path(secret).parent), "out")
    forge(artefacts=[artefact("a.txt")])


def second_name_of_an_artefact(*, context):
    os.link("job.json", "out/0000")
    forge(artefacts=[artefact("a.txt")])


def pipe_as_artefact(*, context):
    os.mkfifo("out/0000")
    forge(artefacts=[artefact("a.txt")])


def folder_as_artefact(*, context):
    os.mkdir("out/0000")
    forge(artefacts=[artefact("a.txt")])


def same_name_twice(*, context):
    for number in range(2):
        Path(f"out/{number:04d}").write_bytes(b"x")
    forge(artefacts=[artefact("a.txt", f"out/{number:04d}") for number in range(2)])


def type_that_is_no_text(*, context):
    Path("out/0000").write_bytes(b"x")
    forge(artefacts=[artefact("a.txt") | {"media_type": "text/plain\0"}])


def missing_artefact(*, context):
    forge(artefacts=[artefact("a.txt")])


def artefact_elsewhere(*, context):
    forge(artefacts=[artefact("a.txt", file="../answer.json")])


def sparse_artefact(*, context):
    with open("out/0000", "wb") as file:
        file.truncate(1 << 30)
    forge(artefacts=[artefact("a.txt")])


def too_many_artefacts(*, context):
    for number in range(600):
        context.add_artefact(f"{number}.txt", "text/plain", b"x")


def same_file_many_times(*, context):
    """Each of 500 names is as large as allowed; together they are not."""
    Path("out/0000").write_bytes(bytes(900_000))
    forge(artefacts=[artefact(f"{number}.txt") for number in range(500)])


def answer_is_a_link(*, context):
    os.symlink("/etc/passwd", "answer.json")
    os._exit(0)


def answer_is_a_pipe(*, context):
    os.mkfifo("answer.json")
    os._exit(0)


def answer_is_endless(*, context):
    with open("answer.json", "wb") as file:
        file.truncate(1 << 30)
    os._exit(0)


def answer_is_deep(*, context):
    Path("answer.json").write_text("[" * 100_000)
    os._exit(0)


def answer_is_no_text(*, context):
    Path("answer.json").write_bytes(b"\xff\xfe\x00" * 100)
    os._exit(0)


def answer_by_a_child(*, context):
    """Somebody else writes the answer while the worker fails."""
    if os.fork() == 0:
        Path("answer.json").write_text(json.dumps({**ANSWER, "result": json.dumps(RESULT)}))
        os._exit(0)
    os.wait()
    os._exit(7)


def leave_without_answer(*, context):
    os._exit(0)


def crash_after_the_answer(*, context):
    Path("answer.json").write_text(json.dumps({**ANSWER, "result": json.dumps(RESULT)}))
    os.kill(os.getpid(), signal.SIGSEGV)


def flood_the_log(*, context):
    for _ in range(3_000):
        print("\x1b[2J" + "x" * 1_000)


def flood_the_progress(*, context):
    for number in range(30_000):
        context.progress(number / 30_000, "<script>alert(1)</script>\x1b[31m")


def speak_nonsense_as_progress(*, context):
    lines = [
        b"[]",
        b"{",
        b'{"percent": 1e400, "stage": 1}',
        b'{"percent": "NaN"}',
        b"\xff" * 100,
        b"[" * 50_000,
    ]
    for line in lines:
        os.set_blocking(3, True)
        os.write(3, line + b"\n")
    os.set_blocking(3, False)


def progress_without_end(*, context):
    os.set_blocking(3, True)
    for _ in range(64):
        os.write(3, b"x" * 65_536)
    os.set_blocking(3, False)


def forge_the_meters_report(*, context):
    report = {"event": "ended", "reason": "ended", "exit_code": 0, "begun": True, "cpu_ms": 0, "wall_ms": 0}
    for number in (1, 2, 3):
        os.write(number, json.dumps(report).encode() + b"\n")


def close_everything(*, context):
    os.closerange(0, 64)


def raise_strangely(*, context):
    class Strange(BaseException):
        def __str__(self):
            raise SystemExit(0)

    raise Strange


def return_rubbish_in_a_result(*, context):
    return ["\x1b[2J\u202e<img src=x onerror=alert(1)>"]


def exit_from_a_thread(*, context):
    import threading

    threading.Thread(target=lambda: os._exit(0)).start()
    time.sleep(60)


def change_the_answer_in_place(*, context):
    """Start a process that outlives the worker and rewrites the answer: it dies first."""
    if os.fork() == 0:
        os.setsid()
        while True:
            Path("answer.json").write_text("{}")
    sys.stdout.flush()
