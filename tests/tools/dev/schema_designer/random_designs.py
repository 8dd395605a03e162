"""Designs at random, and changes of them, from a seed."""

import copy
from random import Random

TYPES = (
    "integer",
    "bigint",
    "smallint",
    "string(20)",
    "string(40)",
    "text",
    "decimal(8,2)",
    "decimal(12,4)",
    "boolean",
    "date",
    "timestamp",
    "uuid",
    "enum(a, b)",
    "enum(a, b, c)",
    "float",
    "time",
)
FILLS = {
    "integer": "7",
    "bigint": "7",
    "smallint": "7",
    "string": "x",
    "text": "x",
    "decimal": "1.5",
    "boolean": "true",
    "date": "2026-01-31",
    "timestamp": "2026-01-31 09:00:00",
    "enum": "a",
    "float": "1.5",
    "time": "09:00:00",
}


def column(random: Random) -> dict:
    kind = random.choice(TYPES)
    made = {"type": kind}
    if random.random() < 0.5 and not kind.startswith("uuid"):
        made["required"] = True
        made["fill"] = FILLS[kind.split("(")[0]]
    if random.random() < 0.25 and kind.split("(")[0] in FILLS and kind != "text":
        made["default"] = FILLS[kind.split("(")[0]]
    if random.random() < 0.25:
        made["indexed"] = True
    return made


def design(random: Random) -> dict:
    """Two to five tables that refer to earlier ones."""
    tables: dict[str, dict] = {}
    for number in range(random.randint(2, 5)):
        columns = {"id": {"type": "id"}}
        for index in range(random.randint(1, 5)):
            columns[f"c{index}"] = column(random)
        if tables and random.random() < 0.8:
            rule = random.choice(["cascade", "restrict"])
            columns["owner_id"] = {
                "type": "ref",
                "to": random.choice(list(tables)),
                "on-delete": rule,
                "indexed": True,
            }
        tables[f"t{number}"] = {"columns": columns}
        if random.random() < 0.5:
            _group(tables, f"t{number}", random)
    return {"tables": tables}


def _group(tables: dict, name: str, random: Random) -> None:
    """Two columns that refer together to a unique pair of another table, or of the same."""
    parent = random.choice(list(tables))
    pairs = tables[parent].setdefault("unique", [])
    if not pairs:
        tables[parent]["columns"] |= {"near": {"type": "integer"}, "far": {"type": "string(9)"}}
        pairs.append(["near", "far"])
    columns = tables[name]["columns"]
    columns |= {"here": {"type": "integer"}, "there": {"type": "string(9)"}}
    rule = random.choice(["cascade", "restrict", "set-null"])
    made = {"columns": ["here", "there"], "to": parent, "their": list(pairs[0]), "on-delete": rule}
    tables[name]["references"] = [made]


def changed(before: dict, random: Random) -> dict:
    """The design after one to four changes."""
    after = copy.deepcopy(before)
    for _ in range(random.randint(1, 4)):
        name = random.choice(list(after["tables"]))
        table = after["tables"][name]
        random.choice(CHANGES)(after, name, table, random)
    return after


def _plain(table: dict) -> list[str]:
    return [one for one in table["columns"] if one.startswith("c") and "was" not in table["columns"][one]]


def _add(after, name, table, random):
    table["columns"][f"c{random.randint(10, 99)}"] = column(random)


def _drop(after, name, table, random):
    names = [one for one in _plain(table) if not table.get("checks")]
    if len(names) > 1:
        del table["columns"][random.choice(names)]


def _alter(after, name, table, random):
    """Wider, or with another default or rule: what holds for every row."""
    for one in _plain(table):
        found = table["columns"][one]
        wider = {
            "string(20)": "string(40)",
            "decimal(8,2)": "decimal(12,4)",
            "integer": "bigint",
            "enum(a, b)": "enum(a, b, c)",
        }
        if found["type"] in wider:
            found["type"] = wider[found["type"]]
            return
        if found["type"] in FILLS and found["type"] != "text":
            found["default"] = FILLS[found["type"]]
            return


def _rename_column(after, name, table, random):
    names = [one for one in _plain(table) if not table.get("checks")]
    if names and "was" not in table:
        old = random.choice(names)
        table["columns"] = {
            (f"{key}_new" if key == old else key): ({**value, "was": old} if key == old else value)
            for key, value in table["columns"].items()
        }


def _rename_table(after, name, table, random):
    if len(name) > 2 or "was" in table or any("was" in one for one in table["columns"].values()):
        return
    new = f"{name}_new"
    after["tables"] = {(new if key == name else key): value for key, value in after["tables"].items()}
    table["was"] = name
    for one in after["tables"].values():
        for value in one["columns"].values():
            if value.get("to") == name:
                value["to"] = new
        for value in one.get("references", ()):
            if value["to"] == name:
                value["to"] = new


def _index(after, name, table, random):
    names = [one for one in table["columns"] if not table["columns"][one]["type"].startswith(("text", "id"))]
    if names:
        table["indexes"] = [[random.choice(names), "id"]]


def _check(after, name, table, random):
    names = [
        one for one in _plain(table) if table["columns"][one]["type"] in {"integer", "bigint", "smallint"}
    ]
    if names:
        table["checks"] = {"low": f"{random.choice(names)} >= 0"}


def _new_table(after, name, table, random):
    number = random.randint(50, 99)
    after["tables"][f"t{number}"] = {
        "columns": {
            "id": {"type": "id"},
            "c0": column(random),
            "owner_id": {"type": "ref", "to": name, "indexed": True},
        }
    }


def _refer(after, name, table, random):
    """A reference of two columns comes, goes, or does another thing on delete."""
    if "references" not in table:
        _group(after["tables"], name, random)
    elif random.random() < 0.5:
        del table["references"]
    else:
        table["references"][0]["on-delete"] = "cascade"


def _rename_pair(after, name, table, random):
    """The columns that others refer to together get other names."""
    if ["near", "far"] in table.get("unique", ()) and not any(
        "was" in one for one in table["columns"].values()
    ):
        names = {"near": "nearer", "far": "farther"}
        table["columns"] = {
            names.get(key, key): {**value, "was": key} if key in names else value
            for key, value in table["columns"].items()
        }
        table["unique"] = [["nearer", "farther"]]
        for one in after["tables"].values():
            for value in one.get("references", ()):
                if value["to"] == name:
                    value["their"] = ["nearer", "farther"]


CHANGES = [
    _add, _drop, _alter, _rename_column, _rename_table, _index, _check, _new_table, _refer, _rename_pair
]  # fmt: skip
