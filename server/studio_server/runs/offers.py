"""Estimates and quotes: what a run would cost this user now. Sets nothing aside and writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from studio_magics.contracts.billing import Estimate, EstimateRequest, Forecast, PriceLine, Standing
from studio_magics.contracts.catalogue import RunLimits
from studio_magics.tools.base import Tool
from studio_server.accounts.people import User
from studio_server.ledger import Ledger
from studio_server.pricing.burn import GIGABYTE, MILLISECONDS, Burn, Parts, Usage, decimal_text, parts
from studio_server.pricing.estimate import ForecastAboveLimits, Priced, price
from studio_server.pricing.limits import Limits
from studio_server.pricing.quote import LIFETIME, Quote, QuoteRefused, read, sign
from studio_server.registry.catalogue import Registry, ToolEntry
from studio_server.runs import rows
from studio_server.runs.answers import Answers
from studio_server.runs.inputs import Prepared, prepare
from studio_server.runs.standing import standing
from studio_server.storage.tx import Tx


@dataclass(frozen=True)
class Offer:
    """A priced run, not started."""

    entry: ToolEntry
    prepared: Prepared
    priced: Priced


@dataclass(frozen=True)
class Estimated:
    """An estimate, and the digest of the inputs it is for ("" when it needs none)."""

    estimate: Estimate
    input_digest: str


class InputTooLarge(ValueError):
    """The input needs more than a metered run may use."""

    def __init__(self, entry: ToolEntry, above: ForecastAboveLimits) -> None:
        super().__init__(str(above))
        self.entry = entry
        self.above = above


class Offers:
    """Prices runs; signs what it prices."""

    def __init__(
        self, registry: Registry, ledger: Ledger, secret: bytes, *, answers: Answers | None = None
    ) -> None:
        """`answers` None knows of no stored results: for tests of prices alone."""
        self._registry = registry
        self._answers = answers
        self._ledger = ledger
        self._secret = secret

    def estimate(self, tx: Tx, request: EstimateRequest, user: User | None) -> Estimated:
        """What the run would cost; with a standing and a signed quote when `user` is known.

        Raises:
            ToolNotFound, ToolComingSoon, InputInvalid, InputTooLarge, CeilingBelowMinimum: No price exists.
        """
        entry = self._registry.find(request.tool)
        if entry.limits is None:
            return Estimated(self._free(entry, self._registry.code(entry), request.inputs), "")
        offer = self.offer(tx, request.tool, request.inputs, request.max_credits)
        return Estimated(self._metered(tx, offer, user), offer.prepared.digest)

    def offer(self, tx: Tx, tool: str, inputs: Mapping[str, Any], max_credits: int | None) -> Offer:
        """A priced run.

        Raises:
            ToolNotFound, ToolComingSoon, ToolRunsElsewhere, InputInvalid, InputTooLarge, CeilingBelowMinimum.
        """
        entry, code, limits = self._registry.metered(tool)
        prepared = prepare(code, inputs)
        forecast = prepared.forecast
        expected = Usage(forecast.cpu_ms, forecast.wall_ms, forecast.peak_bytes)
        past = rows.past(tx, entry.id, code.version)
        try:
            priced = price(
                self._registry.burn,
                limits,
                entry.maximum_credits,
                expected,
                past=past,
                max_credits=max_credits,
            )
        except ForecastAboveLimits as above:
            raise InputTooLarge(entry, above) from None
        return Offer(entry, prepared, priced)

    def honour(
        self, tx: Tx, offer: Offer, quote_text: str, user: User, *, max_credits: int | None = None
    ) -> Offer:
        """The offer at the price of a quote handed out before.

        Raises:
            QuoteRefused: It is not for this user, tool, price and input, has ended, or passes `max_credits`.
        """
        quote = read(quote_text, self._secret, now=tx.now)
        wanted = self._quote(tx, offer, user)
        if max_credits is not None and quote.maximum > max_credits:
            raise QuoteRefused(f"has a ceiling of {quote.maximum} credits, above your {max_credits}")
        for name, why in QUOTE_MEMBERS.items():
            if getattr(quote, name) != getattr(wanted, name):
                raise QuoteRefused(why)
        priced = Priced(
            quote.minimum,
            quote.typical,
            quote.maximum,
            offer.priced.typical_parts,
            offer.priced.expected,
            quote.limits,
            quote.measured_runs,
        )
        return Offer(offer.entry, offer.prepared, priced)

    def _metered(self, tx: Tx, offer: Offer, user: User | None) -> Estimate:
        entry = offer.entry
        quote = self._quote(tx, offer, user) if user else None
        return Estimate(
            tool_id=entry.id,
            tool_title=entry.title,
            tool_version=offer.prepared.tool.version,
            place="server",
            price_version=self._registry.price_version,
            min_credits=offer.priced.minimum,
            typical_credits=offer.priced.typical,
            max_credits=offer.priced.maximum,
            lines=price_lines(offer.priced.typical_parts, offer.priced.expected),
            limits=wire_limits(offer.priced.limits),
            forecast=_forecast(offer.priced.expected, offer.prepared.forecast.basis),
            measured_runs=offer.priced.measured_runs,
            standing=self._standing(tx, user, offer) if user else None,
            quote=sign(quote, self._secret) if quote else None,
            quote_expires_at=quote.expires_at if quote else None,
            free_alternative="run it in the kernel for 0 credits: --on kernel"
            if entry.mode == "hybrid"
            else "",
            stored_run_id=self._answers.find(tx, user.id, offer.prepared) if user and self._answers else None,
        )

    def _quote(self, tx: Tx, offer: Offer, user: User) -> Quote:
        return Quote(
            user_id=user.id,
            tool_id=offer.entry.id,
            tool_version=offer.prepared.tool.version,
            price_version=self._registry.price_version,
            input_digest=offer.prepared.digest,
            minimum=offer.priced.minimum,
            typical=offer.priced.typical,
            maximum=offer.priced.maximum,
            measured_runs=offer.priced.measured_runs,
            limits=offer.priced.limits,
            expires_at=tx.now.replace(microsecond=0) + LIFETIME + timedelta(seconds=1),
        )

    def _standing(self, tx: Tx, user: User, offer: Offer) -> Standing:
        return standing(
            tx,
            self._ledger,
            user,
            typical=offer.priced.typical,
            ceiling=offer.priced.maximum,
            minimum=offer.priced.minimum,
            price_version=self._registry.price_version,
        )

    def _free(self, entry: ToolEntry, code: Tool, inputs: Mapping[str, Any]) -> Estimate:
        forecast = prepare(code, inputs).forecast if inputs else Forecast(cpu_ms=0, wall_ms=0, peak_bytes=0)
        return Estimate(
            tool_id=entry.id,
            tool_title=entry.title,
            tool_version=code.version,
            place="kernel",
            price_version=self._registry.price_version,
            min_credits=0,
            typical_credits=0,
            max_credits=0,
            lines=(),
            limits=None,
            forecast=forecast,
            measured_runs=0,
            standing=None,
            quote=None,
            quote_expires_at=None,
            free_alternative="it runs in your kernel, for 0 credits",
        )


QUOTE_MEMBERS = {
    "user_id": "was made for another user",
    "tool_id": "is for another tool",
    "tool_version": "is for another version of the tool",
    "price_version": "is from an earlier price list",
    "input_digest": "is for other inputs",
}


def price_lines(shares: Parts, usage: Usage) -> tuple[PriceLine, ...]:
    """The shares of a price, for people: base, CPU, memory."""
    seconds = usage.cpu_ms / MILLISECONDS
    gigabyte_seconds = usage.byte_ms / (GIGABYTE * MILLISECONDS)
    return (
        PriceLine(label="base", credits=decimal_text(shares.base)),
        PriceLine(label="CPU", credits=decimal_text(shares.cpu), detail=f"{seconds:.1f} s"),
        PriceLine(label="memory", credits=decimal_text(shares.memory), detail=f"{gigabyte_seconds:.2f} GB·s"),
    )


def lines_of(burn: Burn, usage: Usage) -> tuple[PriceLine, ...]:
    """The price lines of measured work."""
    return price_lines(parts(burn, usage), usage)


def wire_limits(limits: Limits) -> RunLimits:
    """Limits as they go over the wire."""
    return RunLimits(
        cpu_ms=limits.cpu_ms,
        wall_ms=limits.wall_ms,
        memory_bytes=limits.memory_bytes,
        output_bytes=limits.output_bytes,
    )


def _forecast(expected: Usage, basis: str) -> Forecast:
    return Forecast(
        cpu_ms=expected.cpu_ms, wall_ms=expected.wall_ms, peak_bytes=expected.peak_bytes, basis=basis
    )
