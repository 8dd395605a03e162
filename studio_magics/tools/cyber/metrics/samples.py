"""Small made-up tables for trying the tool out; the same every time."""

from datetime import datetime, timedelta

from studio_magics.tools.base import Example, ExampleFile

BEGIN = datetime(2025, 1, 6, 8)  # noqa: DTZ001  - CSV times without a zone are UTC
CASES = 120
STEP_HOURS = 72
KINDS = ("phishing", "malware", "access")
WORDS = ("P1", "P2", "P3", "P3")
CONTROLS = (("second factor", 37), ("endpoint agent", 31), ("tested backup", 18))
ASSETS = 40


def incidents_csv() -> bytes:
    """A year of incidents; the last fifth takes longer."""
    lines = ["id,severity,type,host,occurred,detected,acknowledged,resolved"]
    for number in range(CASES):
        detected = BEGIN + timedelta(hours=STEP_HOURS * number)
        hours = (7 * number) % 23 + 2 + (30 if number > CASES * 4 // 5 else 0)
        moments = (
            detected - timedelta(hours=hours / 5),
            detected,
            detected + timedelta(minutes=10 + (11 * number) % 50),
            detected + timedelta(hours=hours),
        )
        times = ",".join(moment.isoformat(" ") for moment in moments)
        word, kind = WORDS[number % len(WORDS)], KINDS[number % len(KINDS)]
        lines.append(f"{number},{word},{kind},host {number % ASSETS},{times}")
    return ("\n".join(lines) + "\n").encode()


def patches_csv() -> bytes:
    """Holes found and patched; some are still open."""
    lines = ["cve,severity,published,patched,host"]
    for number in range(CASES):
        found = BEGIN + timedelta(days=3 * number)
        fixed = found + timedelta(days=(13 * number) % 45 + 1)
        until = "" if number % 9 == 0 else fixed.date().isoformat()
        word = ("critical", "high", "medium", "low")[number % 4]
        lines.append(f"CVE-{number},{word},{found.date().isoformat()},{until},host {number % ASSETS}")
    return ("\n".join(lines) + "\n").encode()


def coverage_csv() -> bytes:
    """Which host has which control."""
    lines = ["control,host,covered"]
    for control, covered in CONTROLS:
        lines += [
            f"{control},host {number},{'yes' if number < covered else 'no'}" for number in range(ASSETS)
        ]
    return ("\n".join(lines) + "\n").encode()


EXAMPLES = (
    Example(
        "three tables",
        {
            "incidents": ExampleFile("incidents.csv", incidents_csv()),
            "patches": ExampleFile("patches.csv", patches_csv()),
            "coverage": ExampleFile("coverage.csv", coverage_csv()),
        },
    ),
)
