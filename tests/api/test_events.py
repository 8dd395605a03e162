import asyncio
import json

from fakes.toy_server import RUN, ToyServer, finished, person
from studio_server.api.events import _lines


async def heard(server: ToyServer, until: str) -> list[dict]:
    """Everything a stream says until a run is in this state and the balance after it has come."""
    user = await server.services.user(person("ada"))
    said: list[dict] = []
    over = False
    async for text in _lines(server.services, user):
        data = (line for line in text.splitlines() if line.startswith("data: "))
        said.extend(json.loads(line.removeprefix("data: ")) for line in data)
        over = over or any(event["kind"] == "run" and event["run"]["state"] == until for event in said)
        if over and said[-1]["kind"] == "balance":
            return said
    return said


async def test_a_stream_tells_the_start_the_progress_the_end_and_the_new_balance(server: ToyServer) -> None:
    listening = asyncio.create_task(heard(server, until="succeeded"))
    async with server.client(person("ada")) as ada:
        user = await server.services.user(person("ada"))
        while not server.services.bus.listened_to(user.id):  # noqa: ASYNC110  - bounded by the test's end
            await asyncio.sleep(0)
        run = (await ada.post(RUN, json={})).json()
        await finished(ada, run)
        said = await asyncio.wait_for(listening, 30)
    assert said[0]["kind"] == "hello"
    assert said[0]["balance"]["available_credits"] == 300
    states = [event["run"]["state"] for event in said if event["kind"] == "run"]
    assert states[-1] == "succeeded"
    assert said[-1]["balance"]["available_credits"] == 297
    revisions = [event["run"]["revision"] for event in said if event["kind"] == "run"]
    assert revisions == sorted(revisions)


async def test_what_happens_to_one_user_is_not_told_to_another(server: ToyServer) -> None:
    bob = await server.services.user(person("bob"))
    with server.services.bus.listen(bob.id) as listener:
        async with server.client(person("ada")) as ada:
            await finished(ada, (await ada.post(RUN, json={})).json())
        assert await listener.next(0) is None


async def test_a_stream_that_nobody_reads_keeps_only_the_newest_of_each_subject(server: ToyServer) -> None:
    user = await server.services.user(person("ada"))
    with server.services.bus.listen(user.id) as listener:
        for _ in range(1_000):
            server.services.announcer.money_moved(user.id)
        assert await listener.next(0) is not None
        assert await listener.next(0) is None
