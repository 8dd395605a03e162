"""The help of `%studio`, built from the table of verbs."""

from studio_magics.display.people import Help
from studio_magics.magics.verbs import OPTION_NOTES, VERBS


def help_on(name: str | None = None) -> Help:
    """All verbs, or one of them with its options."""
    if name is None:
        usages = tuple((f"%studio {verb.usage}".strip(), verb.summary) for verb in VERBS.values())
        notes = (
            "NAME is a tool's identifier or short name; Tab completes verbs, tools, options and variables.",
            "--data df sends the variable df; --data file.csv a file; @file reads text from a file.",
            "In Python: from studio_magics import studio; studio.run('quality', data=df)",
        )
        return Help("%studio: metered work inside a notebook", usages, notes)
    verb = VERBS[name]
    usages = [(f"%studio {verb.usage}".strip(), verb.summary)]
    usages += [
        (f"--{option} {takes}".strip(), OPTION_NOTES[option]) for option, takes in verb.options.items()
    ]
    notes = ("%studio tool NAME lists the inputs of a tool; each is an option here.",) if verb.of_tool else ()
    return Help(f"%studio {name}", tuple(usages), notes)


def docstring() -> str:
    """What `%studio?` shows."""
    usages = [(f"%studio {verb.usage}".strip(), verb.summary) for verb in VERBS.values()]
    width = max(len(usage) for usage, _ in usages)
    lines = [f"    {usage.ljust(width)}   {summary}" for usage, summary in usages]
    return "\n".join(["Metered work inside a notebook.", "", *lines])
