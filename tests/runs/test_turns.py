"""The fair queue alone: no server, no clock; long queues are simulated turn by turn."""

import heapq
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

import pytest
from studio_server.runs.turns import FairQueue, Ticket, within_limits

SEEDS = (20261125, 7, 4711)


def ticket(run: str, user: str, **more: object) -> Ticket:
    return Ticket(run, user, more.pop("tool", "tool"), **more)


def queue_of(tickets: Iterable[Ticket]) -> FairQueue:
    queue = FairQueue()
    for one in tickets:
        queue.add(one)
    return queue


def anybody(_: Ticket) -> bool:
    return True


def drained(queue: FairQueue) -> list[str]:
    taken: list[str] = []
    while (one := queue.take(anybody)) is not None:
        taken.append(one.run_id)
    return taken


def test_one_run_behind_four_hundred_of_somebody_else_is_second() -> None:
    queue = queue_of(ticket(f"hog{number}", "hog") for number in range(400))
    queue.add(ticket("single", "ada"))
    assert drained(queue)[:3] == ["hog0", "single", "hog1"]


def test_the_runs_of_one_user_keep_their_order() -> None:
    queue = queue_of(ticket(f"{user}{number}", user) for number in range(5) for user in "abc")
    taken = drained(queue)
    for user in "abc":
        assert [run for run in taken if run.startswith(user)] == [f"{user}{number}" for number in range(5)]


def test_the_order_that_is_told_is_the_order_that_is_taken() -> None:
    for seed in SEEDS:
        rng = random.Random(seed)  # noqa: S311  - a replayable test needs a seed
        print("seed", seed)
        weights = {f"user{number}": rng.choice((1, 2, 4)) for number in range(12)}
        queue = FairQueue()
        for number in range(200):
            user = rng.choice(list(weights))
            queue.add(ticket(f"run{number}", user, weight=weights[user]))
            if rng.random() < 0.2:
                queue.take(anybody)
        assert queue.order() == drained(queue)


def test_a_plan_of_weight_four_has_four_turns_for_each_of_weight_one() -> None:
    queue = queue_of(ticket(f"free{number}", "free") for number in range(50))
    for number in range(50):
        queue.add(ticket(f"pro{number}", "pro", weight=4))
    first = drained(queue)[:50]
    assert sum(run.startswith("pro") for run in first) == 40


def test_whoever_has_the_least_weight_never_waits_longer_than_the_sum_of_all_weights() -> None:
    queue = queue_of(ticket(f"free{number}", "free") for number in range(20))
    for user in range(19):
        for number in range(100):
            queue.add(ticket(f"pro{user}-{number}", f"pro{user}", weight=4))
    taken = drained(queue)
    places = [place for place, run in enumerate(taken) if run.startswith("free")]
    gaps = [after - before for before, after in pairwise(places)]
    assert max(gaps) <= 19 * 4 + 19 + 1


def test_somebody_who_comes_back_has_saved_no_turns() -> None:
    queue = queue_of(ticket(f"hog{number}", "hog") for number in range(100))
    queue.add(ticket("early", "ada"))
    for _ in range(60):
        queue.take(anybody)
    for number in range(10):
        queue.add(ticket(f"late{number}", "ada"))
    assert sum(run.startswith("late") for run in drained(queue)[:10]) == 5


def test_a_run_given_back_is_first_again_and_its_turn_is_not_counted() -> None:
    queue = queue_of([ticket("a0", "a"), ticket("a1", "a"), ticket("b0", "b")])
    taken = queue.take(anybody)
    assert taken is not None
    queue.give_back(taken)
    assert queue.order() == ["a0", "b0", "a1"]


def test_the_last_run_of_a_user_that_is_given_back_waits_again() -> None:
    queue = queue_of([ticket("a0", "a")])
    taken = queue.take(anybody)
    assert taken is not None
    assert "a0" not in queue
    queue.give_back(taken)
    assert "a0" in queue
    assert drained(queue) == ["a0"]


def test_a_run_that_may_not_start_lets_others_pass_and_keeps_its_place() -> None:
    queue = queue_of([ticket("a0", "a", tool="busy"), ticket("a1", "a"), ticket("b0", "b")])
    taken = queue.take(lambda one: one.tool_id != "busy")
    assert taken is not None
    assert (taken.run_id, queue.order()[0]) == ("a1", "b0")
    assert queue.take(lambda one: one.tool_id == "nothing") is None


def test_a_removed_run_has_no_turn_and_is_not_found_again() -> None:
    queue = queue_of([ticket("a0", "a"), ticket("b0", "b")])
    assert queue.remove("a0")
    assert not queue.remove("a0")
    assert (drained(queue), len(queue)) == (["b0"], 0)


@pytest.mark.parametrize(
    ("limits", "working", "may"),
    [
        ({}, [], True),
        ({}, [("ada", "tool")], False),
        ({"user_tool_at_once": 2}, [("ada", "tool")], True),
        ({"user_at_once": 2}, [("ada", "x"), ("ada", "y")], False),
        ({"user_at_once": 3}, [("ada", "x"), ("ada", "y")], True),
        ({"tool_at_once": 1}, [("bob", "tool")], False),
        ({"tool_at_once": 2}, [("bob", "tool"), ("bob", "x")], True),
        ({"tool_at_once": 1, "user_at_once": 1}, [("bob", "x")], True),
    ],
)
def test_each_limit_counts_what_it_names(limits: dict, working: list, may: bool) -> None:
    assert within_limits(ticket("run", "ada", **limits), working) is may


@dataclass
class Waits:
    """What a simulated server did: seconds waited, by user."""

    by_user: dict[str, list[float]]

    @property
    def mean(self) -> float:
        return fmean(wait for waits in self.by_user.values() for wait in waits)

    @property
    def worst_median(self) -> float:
        return max(median(waits) for waits in self.by_user.values())


def simulated(
    arrivals: list[tuple[float, Ticket, float]], *, workers: int, pick: Callable[[FairQueue], Ticket | None]
) -> Waits:
    """Run the arrivals (at, ticket, seconds of work) through the queue on so many workers."""
    queue, waits = FairQueue(), Waits(defaultdict(list))
    due = {one.run_id: (at, seconds) for at, one, seconds in arrivals}
    coming = sorted(arrivals, key=lambda arrival: arrival[0])
    free, ends, now, position = workers, list[float](), 0.0, 0
    while position < len(coming) or ends:
        now = min([coming[position][0]] if position < len(coming) else [], default=float("inf"))
        now = min(now, ends[0] if ends else float("inf"))
        while ends and ends[0] <= now:
            heapq.heappop(ends)
            free += 1
        while position < len(coming) and coming[position][0] <= now:
            queue.add(coming[position][1])
            position += 1
        while free and (one := pick(queue)) is not None:
            at, seconds = due[one.run_id]
            waits.by_user[one.user_id].append(now - at)
            heapq.heappush(ends, now + seconds)
            free -= 1
    return waits


def by_turns(queue: FairQueue) -> Ticket | None:
    return queue.take(anybody)


def first_come(queue: FairQueue) -> Ticket | None:
    """What the queue would be without turns: the run that arrived first."""
    first = min(queue._arrived, key=queue._arrived.__getitem__, default=None)
    return None if first is None else queue.take(lambda one: one.run_id == first)


def in_one_burst(seed: int, *, shuffled: bool) -> list[tuple[float, Ticket, float]]:
    """Twenty users with 25 runs each, of lengths that differ by user and by run; the slowest last."""
    rng = random.Random(seed)  # noqa: S311  - a replayable test needs a seed
    pace = {f"user{number}": 0.25 * 1.2**number for number in range(20)}
    runs = [(user, number) for user in pace for number in range(25)]
    if shuffled:
        rng.shuffle(runs)
    return [
        (0.0, ticket(f"{user}-{number}", user), pace[user] * rng.uniform(0.5, 2)) for user, number in runs
    ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("workers", [1, 4])
def test_of_500_queued_runs_of_20_users_no_users_median_wait_is_over_twice_the_mean(
    seed: int, shuffled: bool, workers: int
) -> None:
    print("seed", seed)
    waits = simulated(in_one_burst(seed, shuffled=shuffled), workers=workers, pick=by_turns)
    assert sorted(map(len, waits.by_user.values())) == [25] * 20
    assert waits.worst_median <= 1.2 * waits.mean


@pytest.mark.parametrize("seed", SEEDS)
def test_without_turns_the_last_users_median_wait_is_over_twice_the_mean(seed: int) -> None:
    print("seed", seed)
    waits = simulated(in_one_burst(seed, shuffled=False), workers=4, pick=first_come)
    assert waits.worst_median > 2 * waits.mean


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flood_delays_a_small_user_a_tenth_of_what_it_does_without_turns(seed: int) -> None:
    print("seed", seed)
    flood = [(0.0, ticket(f"flood-{number}", "flood"), 1.0) for number in range(480)]
    small = [(5.0 + number, ticket(f"small-{number}", "small"), 1.0) for number in range(20)]
    fair = simulated(flood + small, workers=4, pick=by_turns)
    unfair = simulated(flood + small, workers=4, pick=first_come)
    assert max(fair.by_user["small"]) <= 3
    assert min(unfair.by_user["small"]) >= 10 * max(fair.by_user["small"])
