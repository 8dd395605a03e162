"""Frameworks made by chance, with names of any script: each right is decided as a few lines decide it."""

import random

import pytest
import yaml

LEVELS = ("public", "internal", "confidential", "restricted")
ACTIONS = ("read", "write", "delete", "share", "administer")
ON_ONE_LINE = (
    '@id("all") permit (principal, action == Action::"delete", resource); '
    '@id("not") forbid (principal == User::"Jürgen", action, resource); // forbid (x)\n'
    '@id("it\'s permit (") forbid (principal, action == Action::"write", resource == Dataset::"Löhne");\n'
)


def _framework(chance):
    roles = {name: {"clearance": chance.choice(LEVELS)} for name in ("Rolle Ö", 'r"\\1', "役割")}
    people = {name: chance.sample(list(roles), chance.randint(0, 2)) for name in ("Jürgen", "Zoë", "o'neil")}
    everybody = [*people, *roles]
    datasets = {
        name: {
            "class": chance.choice(LEVELS),
            "owner": chance.choice([*everybody, ""]),
            "steward": chance.choice([*people, ""]),
        }
        for name in ("Löhne", "d 2", "d\u200b3")
    }
    return {
        "datasets": datasets,
        "roles": roles,
        "people": people,
        "writers": chance.sample(list(roles), chance.randint(0, 2)),
        "access": [
            {"who": who, "dataset": name, "actions": list(ACTIONS)} for who in everybody for name in datasets
        ],
        "cedar": ON_ONE_LINE,
        "rules": {"owner_required": False},
    }


def _by_hand(said, who, name, action):
    """Whether some policy permits it, and whether one forbids it."""
    facts, roles = said["datasets"][name], said["people"].get(who, [who])
    level = LEVELS.index(facts["class"])
    is_cleared = max((LEVELS.index(said["roles"][one]["clearance"]) for one in roles), default=0) >= level
    owns, tends = facts["owner"] == who, facts["steward"] == who
    permits = (
        (action == "read" and is_cleared)
        or (action == "write" and is_cleared and bool({*roles} & {*said["writers"]}))
        or (action != "share" and (owns or tends))
        or (action == "share" and owns and level < LEVELS.index("restricted"))
        or action == "delete"
    )
    return permits, who == "Jürgen" or (action == "write" and name == "Löhne")


@pytest.mark.parametrize("seed", range(8))
def test_every_right_and_every_contradiction_is_found_as_by_hand(check, broken, seed):
    print(f"seed {seed}")
    said = _framework(random.Random(seed))  # noqa: S311  - a replayable test needs a seed
    result = check(yaml.safe_dump(said, allow_unicode=True), shop=False)
    decided = {
        (one["who"], one["dataset"], action): _by_hand(said, one["who"], one["dataset"], action)
        for one in said["access"]
        for action in ACTIONS
    }
    table = next(one for one in result.tables if one.title.startswith("Rights"))
    assert {(row[0], row[2], row[1]): row[3] for row in table.rows} == {
        asked: permits and not forbids for asked, (permits, forbids) in decided.items()
    }
    contradicted = [asked for asked, (permits, forbids) in decided.items() if permits and forbids]
    assert len(broken(result, "policies-contradict")) == len(contradicted) > 0
