"""`studio-server tool check`: what an author runs before anybody else runs the tool."""

import argparse
from pathlib import Path
from typing import Any

from studio_server.settings import Settings
from studio_server.toolcheck.checking import examine
from studio_server.toolcheck.report import as_json, as_text
from studio_server.toolcheck.subject import SubjectMissing

NOT_READY = 1
NOTHING_TO_CHECK = 2


def add_verbs(commands: "argparse._SubParsersAction[Any]") -> None:  # pyright: ignore[reportPrivateUsage]  - argparse names no other type
    """Add `tool` to the command."""
    tools = commands.add_parser("tool", help="for authors of tools").add_subparsers(
        required=True, metavar="ACTION"
    )
    checking = tools.add_parser(
        "check",
        help="validate a tool and run its examples; exit codes 0 ready, 1 not ready, 2 nothing to check",
    )
    checking.add_argument("target", help="package.module, package.module:NAME, or an installed tool's name")
    checking.add_argument(
        "--path", type=Path, default=Path(), help="where modules are looked for (default: here)"
    )
    checking.add_argument("--limits", type=Path, help="a TOML file with a [[tool]] as in registry/tools.toml")
    checking.add_argument(
        "--accept-licence",
        action="append",
        default=[],
        metavar="NAME",
        help="a library that a person has judged",
    )
    checking.add_argument("--json", action="store_true", help="the report as JSON")
    checking.set_defaults(run=_check)


def _check(settings: Settings, chosen: argparse.Namespace) -> int:
    del settings
    try:
        report = examine(
            chosen.target,
            folder=chosen.path,
            declaration=chosen.limits,
            accepted=frozenset(chosen.accept_licence),
        )
    except SubjectMissing as missing:
        _say(f"studio-server: {missing}")
        return NOTHING_TO_CHECK
    _say(as_json(report) if chosen.json else as_text(report))
    return 0 if report.passed else NOT_READY


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  - a command talks to its terminal
