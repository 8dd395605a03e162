"""When a threat applies: questions that rules ask about a target."""

from functools import partial

from studio_magics.tools.cyber.threat_modeling.facts import Target

_LOGINS = frozenset({"password", "token", "mfa"})
_NOBODY = frozenset({"none", "network"})
"""Ways to be let in that name nobody."""


def uses(word: str) -> "partial[bool]":
    """A condition: this technology is used."""
    return partial(has, word)


def has(word: str, target: Target) -> bool:
    """Whether this technology is used."""
    return word in target.technology


def sends_to(word: str, target: Target) -> bool:
    """Whether it takes input of lower trust and sends to a store or service of this technology."""
    return target.takes_less_trusted and any(word in one.target.technology for one in target.outgoing)


def people_call(target: Target) -> bool:
    """Whether people call it, themselves or through a proxy or another process."""
    return any(one.of_people for one in target.incoming)


def is_web(target: Target) -> bool:
    """Whether people use it with a browser."""
    return "web" in target.technology and people_call(target)


def is_unauthenticated_entry(target: Target) -> bool:
    """Whether something of lower trust calls it and is not identified."""
    return any(one.rises and one.flow.authentication == "none" for one in target.incoming)


def takes_logins(target: Target) -> bool:
    """Whether known callers of lower trust call it, themselves or through a process."""
    return any((one.rises or one.passes_on) and one.flow.authentication in _LOGINS for one in target.incoming)


def password_only(target: Target) -> bool:
    """Whether a password is all it asks for across a boundary."""
    return any(one.flow.authentication == "password" and one.crosses for one in target.incoming)


def answers_changes(target: Target) -> bool:
    """Whether what it does must be provable."""
    return target.is_exposed or takes_logins(target)


def is_clear(target: Target) -> bool:
    """Whether reading this flow would harm: it crosses a boundary or carries sensitive data."""
    return target.crosses or target.sensitivity >= 4  # noqa: PLR2004  - confidential and above


def is_sensitive(target: Target) -> bool:
    """Whether its data is confidential or above."""
    return target.sensitivity >= 4  # noqa: PLR2004  - confidential and above


def calls_upwards(target: Target) -> bool:
    """Whether it takes input of lower trust and reaches further."""
    return target.takes_less_trusted and bool(target.outgoing)


def fetches(target: Target) -> bool:
    """Whether it takes input of lower trust and calls addresses."""
    outside = any(one.target.kind == "external" for one in target.outgoing)
    return target.takes_less_trusted and ("fetches-urls" in target.technology or outside)


def orders_from_outside(target: Target) -> bool:
    """Whether outside systems send payment data."""
    return any(
        one.source.kind == "external"
        and "payment" in one.classes
        and "message-signing" not in one.flow.controls
        for one in target.incoming
    )


def non_public_in_the_open(target: Target) -> bool:
    """Whether more than public data stands in the least trusted zone."""
    return target.hops == 0 and bool(target.classes - {"public"})


def may_be_posed(target: Target) -> bool:
    """Whether messages of an outside system prove nothing, or those to it go to whoever answers."""
    sends = any(
        one.crosses and one.flow.authentication in _NOBODY and "message-signing" not in one.flow.controls
        for one in target.outgoing
    )
    unproven = any(
        one.crosses and not one.encrypted and one.flow.authentication != "mutual-tls"
        for one in target.incoming
    )
    return sends or unproven


def trusts_peers(target: Target) -> bool:
    """Whether processes of the same zone call it without proving who they are, with more than public data."""
    return any(
        one.source.kind == "process"
        and not one.crosses
        and one.flow.protocol != "local"
        and one.flow.authentication in _NOBODY
        and bool(one.classes - {"public"})
        for one in target.incoming
    )


def is_unattributed(target: Target) -> bool:
    """Whether it sends more than public data across a boundary without an identity."""
    return any(
        one.crosses
        and one.flow.authentication in _NOBODY
        and "message-signing" not in one.flow.controls
        and bool(one.classes - {"public"})
        for one in target.outgoing
    )


def way_matters(target: Target) -> bool:
    """Whether a flow crosses a boundary, from or to the outside, or to what the business stands on."""
    leaves_the_machine = target.flow is not None and target.flow.protocol != "local"
    return target.crosses and leaves_the_machine and (target.hops == 0 or target.critical)


def feeds(target: Target) -> bool:
    """Whether what comes from lower trust ends up in it."""
    return target.takes_less_trusted


def always(_: Target) -> bool:
    """Applies everywhere."""
    return True
