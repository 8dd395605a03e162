"""The guards of the browser tests: they see what must not happen, and a missing browser is a failure."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import ChromiumMissing, executable
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser
HOME = "127.0.0.1:8888"
MOST_TURNS = 200
"""Of waiting for the browser to tell; a busy one tells late."""


@pytest.fixture
def watched(browser: Browser) -> Generator[tuple[Page, Watch]]:
    context = browser.new_context()
    watch = Watch(HOME)
    watch.over(context)
    yield context.new_page(), watch
    context.close()


@pytest.mark.parametrize(
    ("script", "offence"),
    [
        (
            "fetch('http://studio.example/count').catch(() => 0)",
            "asked another host: http://studio.example/count",
        ),
        ("new Image().src = 'http://127.0.0.1:8/pixel'", "asked another host: http://127.0.0.1:8/pixel"),
        ("new WebSocket('ws://studio.example/live')", "asked another host: ws://studio.example/live"),
        ("console.error('went wrong')", "console: went wrong"),
        ("setTimeout(() => { throw new Error('went wrong'); })", "page error: went wrong"),
    ],
)
def test_what_a_page_must_not_do_is_seen(watched: tuple[Page, Watch], script: str, offence: str) -> None:
    page, watch = watched
    page.evaluate(f"() => {{ {script} }}")
    for _ in range(MOST_TURNS):
        if any(offence in found for found in watch.offences):
            return
        page.evaluate("() => new Promise(done => setTimeout(done, 50))")
    pytest.fail(f"not seen: {offence}; seen: {watch.offences}")


def test_a_page_that_keeps_to_its_server_and_is_quiet_has_no_offence(watched: tuple[Page, Watch]) -> None:
    page, watch = watched
    page.route(f"http://{HOME}/", lambda route: route.fulfill(body="<p>all is well"))
    page.goto(f"http://{HOME}/")
    page.evaluate("() => console.info('all is well')")
    assert watch.requests == 1
    assert watch.offences == []


def test_without_chromium_the_tests_fail_and_say_what_to_install(tmp_path: object) -> None:
    with pytest.raises(ChromiumMissing, match=r"apt-get install .*chromium"):
        executable(path=str(tmp_path))
