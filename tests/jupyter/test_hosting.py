"""The app's life: started once, in time, or not at all and with a reason."""

import asyncio
import logging
from typing import Any

import pytest
from studio_server.jupyter.hosting import AppUnavailable, HostedApp
from studio_server.jupyter.lifespan import LifespanFailed
from studio_server.jupyter.limits import BridgeLimits

TRACEBACK = "Traceback (most recent call last):\n  ...\nstudio.storage.DiskFull: no room for 1 byte\n"
LOG = logging.getLogger("hosting")


def hosted(app: Any, **limits: float) -> HostedApp:
    return HostedApp(lambda: app, limits=BridgeLimits(**limits), log=LOG)


class Script:
    """An app that answers each lifespan message with what the script says; "hang" and "exit" do that."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["ledger"] = "open"
        for answer in self.answers:
            await receive()
            match answer:
                case "hang":
                    await asyncio.Event().wait()
                case "exit":
                    raise SystemExit(2)
                case "return":
                    return
                case _:
                    await send(
                        {
                            "type": f"lifespan.{answer}",
                            "message": "Traceback\nstudio.storage.DiskFull: no room for 1 byte\n",
                        }
                    )


async def test_a_started_app_comes_with_the_state_its_lifespan_set_up():
    server = hosted(Script("startup.complete", "shutdown.complete"))
    await server.start()
    assert (await server.ready()).state == {"ledger": "open"}
    await server.stop()


@pytest.mark.parametrize(
    ("script", "reason", "limit_seconds"),
    [
        (Script("startup.failed"), "^DiskFull: no room for 1 byte$", 30.0),
        (Script("return"), "ended its lifespan early", 30.0),
        (Script("hang"), "not finished after 0.05 s", 0.05),
        (Script("exit"), "tried to exit with code 2", 30.0),
    ],
)
async def test_an_app_that_does_not_come_up_is_refused_with_its_reason(
    script: Script, reason: str, limit_seconds: float
):
    server = hosted(script, startup_seconds=limit_seconds)
    with pytest.raises(AppUnavailable, match=reason):
        await server.start()
    with pytest.raises(AppUnavailable, match=reason):
        await server.ready()
    await server.stop()


@pytest.mark.parametrize("end", ["shutdown.failed", "hang", "exit", "return"])
async def test_an_app_that_does_not_go_down_in_order_is_reported_in_time(end: str):
    server = hosted(Script("startup.complete", end), shutdown_seconds=0.05)
    await server.start()
    with pytest.raises(LifespanFailed, match="shutdown"):
        await server.stop()


async def test_stopping_twice_is_stopping_once():
    server = hosted(Script("startup.complete", "shutdown.complete"))
    await server.start()
    await server.stop()
    await server.stop()
    with pytest.raises(AppUnavailable, match="shutting down"):
        await server.ready()
