"""How the writer tells who waits, and when it goes on: loops that were told much are let go round first."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from studio_server.storage.answers import MANY, Answers, ForLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

A_MOMENT_SECONDS = 0.05
PATIENCE = "studio_server.storage.answers.PATIENCE_SECONDS"


class Telling:
    """A writer's thread that tells everyone and goes on as soon as it may."""

    def __init__(self, answers: Answers, waiting: Sequence[ForLoop]) -> None:
        self._answers, self._waiting = answers, waiting
        self.thread = threading.Thread(target=self._tell)
        self.thread.start()

    def goes_on_without_the_loop(self) -> bool:
        """Whether it is done while the loop, on whose thread this is called, stands still."""
        self.thread.join(A_MOMENT_SECONDS)
        return not self.thread.is_alive()

    def _tell(self) -> None:
        for number, answer in enumerate(self._waiting):
            answer.tell(number)
        self._answers.carry()
        self._answers.let_loops_go_round()


async def test_after_telling_many_the_writer_waits_until_their_loop_went_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PATIENCE, 10.0)
    answers = Answers()
    waiting = [answers.for_loop() for _ in range(MANY)]
    telling = Telling(answers, waiting)
    assert not telling.goes_on_without_the_loop()
    assert await asyncio.gather(*(answer.awaited for answer in waiting)) == list(range(MANY))
    await asyncio.to_thread(telling.thread.join, 10.0)
    assert not telling.thread.is_alive()


async def test_what_those_who_were_told_ask_next_is_there_before_the_writer_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PATIENCE, 10.0)
    answers, order = Answers(), list[str]()
    waiting = [answers.for_loop() for _ in range(MANY)]

    async def ask_again(answer: ForLoop) -> None:
        await answer.awaited
        order.append("asked again")

    asking = asyncio.gather(*(ask_again(answer) for answer in waiting))
    await asyncio.sleep(0)
    telling = Telling(answers, waiting)
    follower = threading.Thread(target=lambda: (telling.thread.join(), order.append("went on")))
    follower.start()
    await asking
    await asyncio.to_thread(follower.join, 10.0)
    assert order == ["asked again"] * MANY + ["went on"]


@pytest.mark.parametrize(("told", "patience"), [(MANY - 1, 10.0), (MANY, 0.0)], ids=["few", "held up"])
async def test_for_few_or_for_a_loop_that_is_held_up_the_writer_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, told: int, patience: float
) -> None:
    monkeypatch.setattr(PATIENCE, patience)
    answers = Answers()
    telling = Telling(answers, [answers.for_loop() for _ in range(told)])
    telling.thread.join(10.0)
    assert not telling.thread.is_alive()


async def test_whoever_gave_up_hears_nothing_and_hurts_nobody() -> None:
    answers = Answers()
    gone, failed, kept = (answers.for_loop() for _ in range(3))
    gone.awaited.cancel()
    assert not gone.begin()
    gone.tell("too late")
    failed.refuse(LookupError("no"))
    kept.tell("done")
    answers.carry()
    assert await kept.awaited == "done"
    with pytest.raises(LookupError):
        await failed.awaited
