"""The repository names no package registry and no path of anybody's machine."""

import re

import pytest

from tests.tidy import tracked

REGISTRIES = re.compile(
    "|".join(
        f"{name}[.]{domain}"
        for name, domain in [
            ("py" + "pi", "org"),
            ("python" + "hosted", "org"),
            ("registry[.]npm" + "js", "org"),
            ("registry[.]yarn" + "pkg", "com"),
            ("deb[.]deb" + "ian", "org"),
            ("archive[.]ubu" + "ntu", "com"),
        ]
    )
)
MACHINE_PATH = re.compile(
    r"(?<![\w.~$}/-])/(work|root|Users|private/var)/[A-Za-z._]|/home/(?!ada\b|somebody\b)[a-z]+/"
)
FUNDING = re.compile(r'"funding": (\{[^}]*\}|\[[^\]]*\]|"[^"]*")')
NOTEBOOK_PATH = re.compile(r"(?<![\w.:/<~-])/(tmp|var|usr|opt|srv|mnt|home|root|Users)/\w")


def test_no_package_registry_is_named() -> None:
    found = [place for place, line in tracked.lines() if REGISTRIES.search(line)]
    assert not found, "\n".join(found)


def test_no_absolute_path_of_a_machine_is_in_the_repository() -> None:
    here = str(tracked.ROOT)
    found = [
        place
        for place, line in tracked.lines()
        if MACHINE_PATH.search(line) or (len(here) > len("/src") and here in line)
    ]
    found = [place for place in found if not place.startswith("tests/tidy/test_outside_world.py")]
    assert not found, "\n".join(found)


def test_no_notebook_holds_an_absolute_path() -> None:
    found = [place for place, line in tracked.lines(".ipynb") if NOTEBOOK_PATH.search(line)]
    assert not found, "\n".join(found)


def test_lock_files_hold_hashes_and_no_download_addresses() -> None:
    locks = {name: text for name, text in tracked.texts() if name.endswith(("package-lock.json", ".txt"))}
    wanted = {"requirements/dev.txt", "requirements/uv.txt", "requirements/node.txt"}
    assert wanted <= locks.keys()
    for name, text in locks.items():
        if name.startswith("requirements/"):
            assert "--hash=sha256:" in text
        if name.startswith("requirements/") or name.endswith("package-lock.json"):
            assert "://" not in FUNDING.sub("", text), name
            assert '"resolved"' not in text, name


@pytest.mark.parametrize("line", ["(/root/.cache", "'/Users/eve/x'", "/home/eve/data"])
def test_a_path_of_a_machine_is_recognised(line: str) -> None:
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize("line", ["https://host/home/x", "~/home/x", "api/root/x", "$HOME/work/x"])
def test_an_address_or_relative_path_is_not_taken_for_a_machine_path(line: str) -> None:
    assert not MACHINE_PATH.search(line)
