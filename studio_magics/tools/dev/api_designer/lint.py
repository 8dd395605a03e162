"""Rules of good design, each with the reason; what breaks one is counted and named once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.dev.api_designer import operation_rules, schema_rules
from studio_magics.tools.dev.documents import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from studio_magics.tools.dev.api_designer.document import Document

SHOWN_PLACES = 5


@dataclass(frozen=True)
class Rule:
    """One rule: what it looks for, why, and what to do."""

    code: str
    severity: Severity
    said: str
    """'{n} operations …', for one and for many."""
    why: str
    action: str
    look: Callable[[Document], Iterable[str]]


RULES = (
    Rule("same-path", "high", "paths that a router cannot tell apart",
         "Two paths that differ only in the name of a parameter are the same path.",
         "Keep one of them", operation_rules.same_paths),
    Rule("operation-id-twice", "high", "operationIds used more than once",
         "Generated clients name their functions by operationId; the specification wants each once.",
         "Give each operation its own", operation_rules.operation_ids_twice),
    Rule("plain-http", "high", "servers without encryption",
         "Tokens and data travel readable over http.", "Use https", operation_rules.plain_servers),
    Rule("credentials-in-address", "high", "security schemes that put a key into the address",
         "Addresses end up in logs and histories; the key with them.",
         "Put it into a header", operation_rules.keys_in_addresses),
    Rule("security-unknown", "high", "security requirements that name no scheme",
         "A requirement must name one of components.securitySchemes.",
         "Declare the scheme, or correct the name", operation_rules.unknown_schemes),
    Rule("endless-type", "high", "schemas that no finite value fits",
         "A required property leads back to its own schema.", "Make one of them optional or nullable",
         schema_rules.endless),
    Rule("example-wrong", "medium", "examples that do not fit their schema",
         "People copy examples before they read.", "Correct the example or the schema",
         schema_rules.wrong_examples),
    Rule("enum-twice", "medium", "enums with a value twice", "Each value may stand once.",
         "Remove the second", schema_rules.enums_twice),
    Rule("required-unknown", "medium", "required properties that are not declared",
         "Whoever reads 'required' looks for it under 'properties'.", "Declare it, or correct the name",
         schema_rules.undeclared_required),
    Rule("body-in-get", "medium", "operations with a body where none is read",
         "GET, HEAD and DELETE with a body are dropped by caches and proxies.",
         "Use query parameters, or POST", operation_rules.bodies_not_read),
    Rule("content-in-204", "medium", "empty responses with content",
         "204 and 304 have no body.", "Use 200, or leave the content out", operation_rules.content_in_empty),
    Rule("no-success", "medium", "operations without a successful response",
         "A client cannot know what it gets.", "Declare the 2xx (or 3xx) response",
         operation_rules.without_success),
    Rule("unprotected-write", "medium", "operations that change something for anybody",
         "No security requirement applies to them.", "Add 'security', or say that it is meant",
         operation_rules.unprotected_writes),
    Rule("unlimited-list", "low", "lists that cannot be paged",
         "They grow until they time out; paging later breaks every client.",
         "Add a limit and a cursor, or maxItems", operation_rules.unlimited_lists),
    Rule("no-failure", "low", "operations that never fail",
         "No 4xx, 5xx or default response says what a failure looks like.",
         "Declare them, best as problem details (RFC 9457)", operation_rules.without_failure),
    Rule("no-operation-id", "low", "operations without operationId",
         "Generated clients then invent a name that changes with the path.", "Add one",
         operation_rules.without_operation_id),
    Rule("unused-component", "low", "components that nothing uses", "They mislead and must be kept.",
         "Remove them", schema_rules.unused),
    Rule("mixed-names", "low", "properties named in another style than most",
         "Readers must look up every name.", "Choose one style", schema_rules.mixed_names),
    Rule("no-description", "info", "operations without summary or description", "", "Say what it does",
         operation_rules.undescribed),
    Rule("tag-undeclared", "info", "tags that are not declared", "They have no description and no order.",
         "List them under 'tags'", operation_rules.undeclared_tags),
    Rule("trailing-slash", "info", "paths that end with a slash", "Routers treat them as another path.",
         "Leave it out", operation_rules.trailing_slashes),
    Rule("verb-in-path", "info", "paths that hold a verb", "The method says what is done.",
         "Name the thing; let the method say what happens", operation_rules.verbs_in_paths),
)  # fmt: skip


def lint(document: Document, ignored: Iterable[str]) -> list[Finding]:
    """What breaks a rule, the gravest first."""
    left_out = set(ignored)
    return [
        finding
        for rule in RULES
        if rule.code not in left_out
        for finding in _findings(rule, list(rule.look(document)))
    ]


def _findings(rule: Rule, places: list[str]) -> Iterator[Finding]:
    if not places:
        return
    grouped: dict[str, None] = defaultdict()
    for place in places:
        grouped[place] = None
    names = list(grouped)
    more = f" and {len(names) - SHOWN_PLACES:,} more" if len(names) > SHOWN_PLACES else ""
    listed = "; ".join(_short(name) for name in names[:SHOWN_PLACES]) + more
    yield Finding(
        code=rule.code,
        severity=rule.severity,
        title=f"{len(names):,} × {rule.said}" if len(names) > 1 else f"{_one(rule.said)}: {_short(names[0])}",
        where=_short(names[0]),
        detail=f"{rule.why} {listed}".strip() + ".",
        action=rule.action,
        count=len(names),
    )


def _short(place: str) -> str:
    return shown(place)


def _one(said: str) -> str:
    return said[:1].upper() + said[1:]
