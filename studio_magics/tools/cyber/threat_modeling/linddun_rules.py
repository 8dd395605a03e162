"""LINDDUN, the ways data of people goes wrong, from linking to non-compliance."""

from functools import partial

from studio_magics.tools.cyber.threat_modeling.facts import Target
from studio_magics.tools.cyber.threat_modeling.rule import (
    EXTERNAL,
    INSIDE,
    PROCESS,
    STORE,
    Rule,
    at_least,
    by_person,
)

_rule = partial(Rule, method="LINDDUN")
_SEVERAL = 2


def _personal(target: Target) -> bool:
    return target.is_personal


def _collects(target: Target) -> bool:
    return any(
        one.source.kind == "person" and one.classes & {"personal", "special"} for one in target.incoming
    )


def _gathers(target: Target) -> bool:
    senders = {one.source.name for one in target.incoming if one.classes & {"personal", "special"}}
    return target.is_personal and len(senders) >= _SEVERAL


def _receives_personal(target: Target) -> bool:
    return any(one.classes & {"personal", "special"} for one in target.incoming)


def _answers_logins(target: Target) -> bool:
    return target.is_personal and any(
        one.crosses and one.flow.authentication in {"password", "mfa"} for one in target.incoming
    )


RULES = (
    _rule(
        code="L-combined",
        title="link records of one person from several sources",
        why="Several sources of personal data meet here; together they tell more than each was given for.",
        action="Keep purposes apart, different pseudonyms per purpose, join only what a purpose needs.",
        when=_gathers,
        kinds=INSIDE,
        protected_by=("pseudonymisation", "data-minimisation"),
        ease=2,
        harm=by_person,
    ),
    _rule(
        code="Id-stored",
        title="recognise people in stored records",
        why="Records carry direct identifiers although most uses need none.",
        action="Replace identifiers by pseudonyms, keep the key apart, coarsen dates and places.",
        when=_personal,
        kinds=STORE,
        protected_by=("pseudonymisation",),
        ease=1,
        harm=by_person,
        cwe=(359,),
    ),
    _rule(
        code="Nr-records",
        title="hold records of what people did against them for ever",
        why="Logs of persons prove what they did long after anybody needs it.",
        action="State how long records of persons are kept, delete then, and limit who reads them.",
        when=lambda target: target.is_personal and "log" in target.technology,
        kinds=STORE,
        protected_by=("retention-limit",),
        ease=1,
        harm=by_person,
    ),
    _rule(
        code="De-existence",
        title="find out whether somebody has an account",
        why="Different answers or times for known and unknown names tell who is a member.",
        action="The same answer and the same time in both cases; limit tries.",
        when=_answers_logins,
        kinds=PROCESS,
        protected_by=("uniform-responses",),
        ease=3,
        harm=lambda _: 3,
        cwe=(204,),
        capec=(575,),
        attack=("T1589",),
    ),
    _rule(
        code="Dd-to-others",
        title="get more personal data than the purpose needs",
        why="Personal data leaves for an outside system; what it does with it is out of sight.",
        action=(
            "Send only the fields that are needed, under a processing contract, with pseudonyms where "
            "possible."
        ),
        when=_receives_personal,
        kinds=EXTERNAL,
        protected_by=("processor-contract", "data-minimisation"),
        ease=2,
        harm=by_person,
        cwe=(359, 201),
        attack=("T1567",),
    ),
    _rule(
        code="U-not-told",
        title="do not know what happens with their data",
        why="People give personal data here and no notice is described.",
        action="Say at the place of collection what, why, how long, to whom, and what rights they have.",
        when=_collects,
        kinds=PROCESS,
        protected_by=("notice", "consent"),
        ease=3,
        harm=lambda _: 3,
    ),
    _rule(
        code="U-no-say",
        title="cannot see, correct or delete their data",
        why="Personal data rests here and no way to ask for it is described.",
        action="A way to see, correct, take along and delete, tried once a year.",
        when=_personal,
        kinds=STORE,
        protected_by=("access-requests",),
        ease=2,
        harm=lambda _: 3,
    ),
    _rule(
        code="Nc-kept-for-ever",
        title="are kept on record longer than the law allows",
        why="Personal data rests here and no end is described.",
        action="A retention time per kind of data, and a deletion that runs by itself, copies included.",
        when=_personal,
        kinds=STORE,
        protected_by=("retention-limit",),
        ease=2,
        harm=by_person,
    ),
    _rule(
        code="Nc-special",
        title="have special data processed without a legal basis",
        why="Health, origin, belief and the like may be processed only on the grounds the law lists.",
        action="Record the legal basis, assess the impact before it starts, restrict who sees it.",
        when=lambda target: "special" in target.classes,
        kinds=INSIDE,
        protected_by=("legal-basis", "consent"),
        ease=1,
        harm=at_least(5),
    ),
)
