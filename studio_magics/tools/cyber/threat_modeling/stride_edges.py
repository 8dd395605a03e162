"""STRIDE at the edges: who stands outside, who calls within a zone, ways between zones, stores that fill."""

from functools import partial

from studio_magics.tools.cyber.threat_modeling.conditions import (
    feeds,
    is_unattributed,
    may_be_posed,
    trusts_peers,
    way_matters,
)
from studio_magics.tools.cyber.threat_modeling.rule import (
    EXTERNAL,
    FLOW,
    OUTSIDE,
    PROCESS,
    STORE,
    Rule,
    by_data,
    by_importance,
)

_rule = partial(Rule, method="STRIDE")
RULES = (
    _rule(
        code="S-outside-system",
        title="pose as this outside system",
        why=(
            "It sends without proving who it is, or is sent to over a way on which it need not; whoever "
            "answers in its place is believed."
        ),
        action="Check its certificate on every call; sign and check every message that comes from it.",
        when=may_be_posed,
        kinds=EXTERNAL,
        protected_by=("message-signing", "authentication"),
        ease=1,
        harm=by_data,
        cwe=(290, 345),
        capec=(151, 194),
        attack=("T1557",),
        pytm=("AA02",),
    ),
    _rule(
        code="S-unknown-peer",
        title="call it as if they were one of its neighbours",
        why="Neighbours of the same zone are believed without proof; one that is taken over passes for all.",
        action="Identify services too: certificates or short-lived tokens for each, and refuse the others.",
        when=trusts_peers,
        kinds=PROCESS,
        protected_by=("authentication", "network-restriction"),
        ease=1,
        harm=by_data,
        cwe=(306,),
        capec=(151,),
        attack=("T1210",),
        pytm=("AA01", "AA02"),
    ),
    _rule(
        code="R-unattributed",
        title="deny having sent it, for it carries no identity",
        why="What comes from here is not tied to anybody, so no record can show later who sent it.",
        action="Tie every message to a login or a signature before it is acted on.",
        when=is_unattributed,
        kinds=OUTSIDE,
        protected_by=("message-signing", "authentication"),
        ease=2,
        harm=lambda _: 3,
        cwe=(345, 778),
        capec=(151,),
    ),
    _rule(
        code="D-flow",
        title="keep messages from arriving, by flooding or cutting the way",
        why="It crosses a boundary where others can fill or block it, and nothing says what happens then.",
        action=(
            "Absorb floods before the boundary, a second way, and senders that wait longer after each "
            "failure and keep what could not be sent."
        ),
        when=way_matters,
        kinds=FLOW,
        protected_by=("ddos-protection", "redundancy", "rate-limit"),
        ease=1,
        harm=by_importance,
        cwe=(400, 770),
        capec=(125, 607),
        attack=("T1498",),
    ),
    _rule(
        code="D-store-full",
        title="fill it until nothing more is taken",
        why="What comes from lower trust is kept here, and nothing limits how much of it.",
        action="Limits per caller and per record, an end for what is kept, an alarm long before it is full.",
        when=feeds,
        kinds=STORE,
        protected_by=("rate-limit", "retention-limit"),
        ease=1,
        harm=by_importance,
        cwe=(770, 400),
        capec=(130,),
        attack=("T1499",),
        pytm=("DO02",),
    ),
)
"""Rules for cells of the table of STRIDE per element that need a look at both ends of a flow."""
