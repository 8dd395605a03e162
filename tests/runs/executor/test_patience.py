import os
import signal

import pytest
from studio_server.runs.executor.patience import Patience
from studio_server.runs.executor.process_tree import ProcessTree


class Hands:
    """A clock, and a run that waits."""

    def __init__(self):
        self.seconds, self.waited_ms, self.asked = 100.0, 0, 0

    def waited(self):
        self.asked += 1
        return self.waited_ms

    def patience(self, limit_ms=1_000):
        return Patience(limit_ms, self.waited, lambda: self.seconds)


def test_nobody_asks_how_long_a_run_waited_before_its_time_is_over():
    hands = Hands()
    patience = hands.patience()
    hands.seconds += 1.0
    assert not patience.is_over
    assert (hands.asked, patience.counted_ms) == (0, 1_000)


def test_a_run_that_never_waited_ends_at_its_limit():
    hands = Hands()
    patience = hands.patience()
    hands.seconds += 1.001
    assert patience.is_over
    assert patience.counted_ms == 1_001


def test_time_without_a_processor_is_given_back_and_not_billed():
    hands = Hands()
    patience = hands.patience()
    hands.seconds, hands.waited_ms = 102.0, 1_500
    assert not patience.is_over
    assert patience.counted_ms == 500
    hands.seconds, hands.waited_ms = 103.2, 2_100
    assert patience.is_over
    assert patience.counted_ms == 1_100


def test_waiting_is_forgiven_up_to_four_times_the_limit():
    hands = Hands()
    patience = hands.patience()
    hands.seconds, hands.waited_ms = 105.0, 90_000
    assert not patience.is_over
    hands.seconds = 105.002
    assert patience.is_over


def test_what_was_forgiven_stays_forgiven_when_the_process_that_waited_is_gone():
    hands = Hands()
    patience = hands.patience()
    hands.seconds, hands.waited_ms = 101.5, 900
    assert not patience.is_over
    hands.seconds, hands.waited_ms = 101.8, 0
    assert not patience.is_over


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the kernel does not tell")
def test_a_process_that_shares_its_processor_with_others_is_seen_to_wait():
    one = {min(os.sched_getaffinity(0))}
    children = [spin(one) for _ in range(3)]
    try:
        tree = ProcessTree()
        while tree.waited_ms() < 50:
            tree.sample(1 << 40)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def spin(processors):
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, processors)
        while True:
            pass
    return child
