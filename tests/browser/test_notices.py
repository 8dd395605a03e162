"""Notices in the panel: seen, read in every theme, dismissed for good."""

import re
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from studio_server.ledger import GrantSource, IssueGrant
from studio_server.notices import rows
from studio_server.operating import on_books
from studio_server.services import Services, owner_identity
from studio_server.settings import Settings
from studio_server.storage.tx import Tx

from tests.browser.conftest import OpenLab
from tests.browser.jupyter_server import LabServer, serving_lab
from tests.browser.lab import Lab
from tests.browser.measures import crowded, faint, sticking_out

pytestmark = pytest.mark.browser

HOUSEKEEPING_MS = 180_000
"""Notices are told by housekeeping, every 15 s; a busy machine takes longer."""
NARROW_PX, WIDE_PX = 120, 330
"""JupyterLab lets a panel be no narrower than about 250."""
DECLINED = "Auto-recharge is paused: your card was declined"
SOON, LATER = timedelta(days=5), timedelta(days=20)


def bought(settings: Settings, amount: int, lasts: timedelta) -> None:
    """Credits that were bought long ago and end soon."""

    def work(services: Services, tx: Tx) -> str:
        user = services.people.welcome(tx, owner_identity(settings))
        key, ends_at = f"test:{amount}", datetime.now(UTC) + lasts
        services.ledger.execute(
            tx, IssueGrant(key, user.wallet_id, GrantSource.PURCHASE, amount, key, ends_at)
        )
        return ""

    on_books(settings, work)


def told(settings: Settings, text: str) -> None:
    """What auto-recharge tells when it stops, told before anything else."""

    def work(services: Services, tx: Tx) -> str:
        user = services.people.welcome(tx, owner_identity(settings))
        rows.post(tx, "notice_card", rows.Draft(user.id, "recharge_stopped", "card", "warning", text))
        return ""

    on_books(settings, work)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LabServer]:
    folder = tmp_path_factory.mktemp("notices")
    settings = Settings.for_local(data_dir=folder / "studio", owner="ada")
    settings.data_dir.mkdir()
    told(settings, DECLINED)
    bought(settings, 500, SOON)
    bought(settings, 1_400, LATER)
    with serving_lab(folder) as running:
        yield running


@pytest.fixture(scope="module")
def opened(open_lab: OpenLab) -> Generator[Lab]:
    with open_lab("lab") as lab:
        lab.open_panel()
        yield lab


@pytest.fixture
def lab(opened: Lab) -> Generator[Lab]:
    yield opened
    assert not opened.watch.offences, "\n".join(opened.watch.offences)


def test_what_was_told_of_a_declined_card_is_there_from_the_start(lab: Lab) -> None:
    expect(lab.section("Notices")).to_contain_text(re.compile(f"{DECLINED}|bought credits end on"))
    lab.picture("39-card-declined")


def test_credits_that_end_soon_are_told_in_the_panel_without_being_asked_for(lab: Lab) -> None:
    notices = lab.section("Notices")
    expect(notices).to_contain_text("bought credits end on", timeout=HOUSEKEEPING_MS)
    expect(notices.get_by_role("button")).to_have_count(1)
    lab.picture("40-notice")


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
@pytest.mark.parametrize("width_px", [NARROW_PX, WIDE_PX])
def test_a_notice_can_be_read_and_pressed_in_both_themes_wide_and_narrow(
    lab: Lab, theme: str, width_px: int
) -> None:
    lab.use_theme(theme)
    lab.widen_panel(width_px)
    box = lab.panel.bounding_box()
    assert box
    assert width_px == NARROW_PX or abs(box["width"] - width_px) < 10
    lab.picture(f"41-notice-{theme.rsplit(maxsplit=1)[-1].lower()}-{width_px}")
    assert faint(lab.section("Notices")) == []
    assert crowded(lab.panel) == []
    assert sticking_out(lab.panel) == []


def test_a_dismissed_notice_gives_way_to_the_one_before_and_stays_away_after_a_reload(lab: Lab) -> None:
    notices = lab.section("Notices")
    first = notices.get_by_role("paragraph").inner_text()
    notices.get_by_role("button", name="Dismiss").press("Enter")
    expect(notices.get_by_role("paragraph")).not_to_have_text(first)
    expect(notices.get_by_role("button")).to_be_focused()
    second = notices.get_by_role("paragraph").inner_text()
    assert {first.split()[-6], second.split()[-6]} == {"500", "1,400"}, (first, second)
    notices.get_by_role("button", name="Dismiss").press("Enter")
    expect(notices.get_by_role("paragraph")).to_have_text(f"Warning: {DECLINED}.")
    notices.get_by_role("button", name="Dismiss").press("Enter")
    expect(notices).to_be_hidden()
    expect(lab.panel).to_be_focused()
    lab.page.reload()
    lab.open_panel()
    expect(lab.section("Balance")).to_contain_text("2,200 credits available")
    expect(notices).to_be_hidden()
    lab.picture("42-dismissed")
