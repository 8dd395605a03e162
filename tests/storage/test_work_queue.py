"""The queue in front of the writer: in order, bounded, and closed without losing what waits."""

from __future__ import annotations

import threading

import pytest
from studio_server.storage.work_queue import QueueClosed, QueueFull, WorkQueue

LONG = 10.0


def test_what_waits_is_taken_in_order_and_at_most_so_much_at_once() -> None:
    queue = WorkQueue[int](limit=10, at_once=3)
    for number in range(5):
        queue.put(number, 0)
    assert [queue.take(), queue.take()] == [[0, 1, 2], [3, 4]]


def test_a_full_queue_takes_nothing_in_at_once_nor_after_the_patience() -> None:
    queue = WorkQueue[int](limit=1, at_once=3)
    queue.put(0, 0)
    for patience in (0, 0.01):
        with pytest.raises(QueueFull):
            queue.put(1, patience)
    assert queue.take() == [0]


def test_whoever_waits_for_a_place_gets_it_when_one_is_free() -> None:
    queue = WorkQueue[int](limit=1, at_once=1)
    queue.put(0, 0)
    patient = threading.Thread(target=queue.put, args=(1, LONG))
    patient.start()
    assert [queue.take(), queue.take()] == [[0], [1]]
    patient.join(LONG)


def test_closed_it_gives_what_waits_and_then_nothing() -> None:
    queue = WorkQueue[int](limit=5, at_once=1)
    queue.put(0, 0)
    queue.put(1, 0)
    queue.close()
    queue.close()
    with pytest.raises(QueueClosed):
        queue.put(2, 0)
    assert [queue.take(), queue.take(), queue.take(), queue.take()] == [[0], [1], [], []]


def test_closing_wakes_whoever_waits_on_either_side() -> None:
    empty, full = WorkQueue[int](limit=1, at_once=1), WorkQueue[int](limit=1, at_once=1)
    full.put(0, 0)
    refused: list[Exception] = []

    def wait_for_a_place() -> None:
        try:
            full.put(1, LONG)
        except QueueClosed as closed:
            refused.append(closed)

    threads = [threading.Thread(target=empty.take), threading.Thread(target=wait_for_a_place)]
    for thread in threads:
        thread.start()
    empty.close()
    full.close()
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()
    assert len(refused) == 1
