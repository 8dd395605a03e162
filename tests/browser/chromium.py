"""The distribution's Chromium: found on PATH, unable to reach anything but this machine."""

import contextlib
import shutil
from collections.abc import Generator

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class ChromiumMissing(AssertionError):
    """The journey cannot be made without a browser; not a reason to skip it."""

    def __init__(self, searched: str | None = None) -> None:
        where = f"PATH ({searched})" if searched else "PATH"
        super().__init__(
            f"none of {', '.join(NAMES)} is on {where}\n"
            "  Next: apt-get install --no-install-recommends chromium fonts-dejavu-core fonts-liberation"
        )


def executable(path: str | None = None) -> str:
    """Where Chromium is.

    Raises:
        ChromiumMissing: nowhere; the text says what to install.
    """
    found = next(filter(None, (shutil.which(name, path=path) for name in NAMES)), None)
    if found is None:
        raise ChromiumMissing(path)
    return found


@contextlib.contextmanager
def chromium() -> Generator[Browser]:
    """One browser; every context of it is a fresh profile."""
    where = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
