"""Small files of the kinds that documented examples name, the same bytes every time.

`orders` in an example is a DataFrame in a notebook; here it is a table of orders.
"""

import json
import sqlite3
import tempfile
from pathlib import Path, PurePosixPath

ROWS = 200
CITIES = ("Oslo", "Lagos", "Quito", "Pune")


class SampleMissing(LookupError):
    """There is no sample of this kind of file."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no sample for '{name}'")
        self.name = name


def sample(name: str) -> tuple[str, bytes]:
    """A file name with an ending, and a content for it.

    Raises:
        SampleMissing: Only the tool's author knows what such a file holds.
    """
    ending = PurePosixPath(name).suffix.lower()
    if not ending:
        return f"{name}.csv", _separated(",")
    made = _MADE.get(ending)
    if made is None:
        raise SampleMissing(name)
    return name, made()


def _records() -> list[dict[str, str | int]]:
    return [
        {
            "order_id": number,
            "placed_on": f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}",
            "city": CITIES[number % len(CITIES)],
            "quantity": 1 + number * 7 % 5,
            "price_cents": 100 + number * 37 % 900,
        }
        for number in range(1, ROWS + 1)
    ]


def _separated(separator: str) -> bytes:
    records = _records()
    lines = [separator.join(records[0]), *(separator.join(map(str, one.values())) for one in records)]
    return ("\n".join(lines) + "\n").encode()


def _json() -> bytes:
    return json.dumps(_records(), indent=1).encode()


def _json_lines() -> bytes:
    return "".join(f"{json.dumps(one)}\n" for one in _records()).encode()


def _text() -> bytes:
    lines = [f"On {one['placed_on']} {one['city']} ordered {one['quantity']} pieces." for one in _records()]
    return ("\n".join(lines) + "\n").encode()


def _yaml() -> bytes:
    lines = [f"- {{order_id: {one['order_id']}, city: {one['city']}}}" for one in _records()]
    return ("\n".join(["orders:", *(f"  {line}" for line in lines)]) + "\n").encode()


def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.db"
        books = sqlite3.connect(path)
        books.executescript(
            "CREATE TABLE cities (name TEXT PRIMARY KEY);"
            "CREATE TABLE orders (order_id INTEGER PRIMARY KEY, placed_on TEXT NOT NULL,"
            " city TEXT NOT NULL REFERENCES cities (name), quantity INTEGER, price_cents INTEGER);"
        )
        books.executemany("INSERT INTO cities VALUES (?)", [(city,) for city in CITIES])
        rows = [tuple(one.values()) for one in _records()]
        books.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
        books.commit()
        books.close()
        return path.read_bytes()


_MADE = {
    **dict.fromkeys((".csv",), lambda: _separated(",")),
    **dict.fromkeys((".tsv", ".tab"), lambda: _separated("\t")),
    **dict.fromkeys((".json",), _json),
    **dict.fromkeys((".jsonl", ".ndjson"), _json_lines),
    **dict.fromkeys((".txt", ".md", ".log"), _text),
    **dict.fromkeys((".yaml", ".yml"), _yaml),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), _sqlite),
}
