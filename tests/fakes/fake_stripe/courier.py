"""Brings events to a webhook as Stripe does, and as the world does: late, twice, shuffled, tampered with."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING

import stripe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from tests.fakes.fake_stripe.books import Object


class Courier:
    """Signs with `secret` at the time of `now`."""

    def __init__(
        self,
        post: Callable[[bytes, dict[str, str]], Awaitable[int]],
        secret: str,
        now: Callable[[], datetime],
    ) -> None:
        self._post, self.secret, self._now = post, secret, now

    async def bring(
        self,
        event: Object,
        *,
        secret: str | None = None,
        skew_seconds: int = 0,
        tamper: Callable[[str], str] | None = None,
    ) -> int:
        """One event, once; `tamper` changes the body after it was signed."""
        body = json.dumps(event)
        header = self.header(body, secret=secret, skew_seconds=skew_seconds)
        sent = tamper(body) if tamper else body
        return await self._post(sent.encode(), {"stripe-signature": header})

    async def bring_all(
        self, events: Sequence[Object], *, copies: int = 1, seed: int | None = None, together: bool = False
    ) -> list[int]:
        """Several events, each `copies` times, shuffled by `seed`, one after the other or at once."""
        queue = [event for event in events for _ in range(copies)]
        if seed is not None:
            random.Random(seed).shuffle(queue)  # noqa: S311  - an order, not a secret
        if together:
            return list(await asyncio.gather(*map(self.bring, queue)))
        return [await self.bring(event) for event in queue]

    async def bring_raw(self, body: bytes, *, header: str | None = None) -> int:
        """Bytes that are no event, with any header or none."""
        return await self._post(body, {} if header is None else {"stripe-signature": header})

    def header(self, body: str, *, secret: str | None = None, skew_seconds: int = 0) -> str:
        """The signature of a body."""
        at = int(self._now().timestamp()) + skew_seconds
        return stripe.WebhookSignature.generate_signature_header(body, secret or self.secret, at)
