"""A real browser opens every page: nothing foreign is asked for, no script fails, no rule of accessibility is broken."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import LOW, Web
from tests.web.npm import axe_source

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RULES = ("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
         ".then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 120)))")
pytestmark = [pytest.mark.needs("chromium"), pytest.mark.filterwarnings("ignore::ResourceWarning")]
PATHS = ("/cockpit", "/evaluation?rulebook=mu/huangyan-2022", f"/enterprise/{LOW}?rulebook=mu/huangyan-2022", "/cases", "/case/lowland-2022-000001",
         "/reform?rulebook=lowland/qiantang-5wan&p0=50", "/rulebooks", "/door", "/self-check?tax_paid_wan=120&land_mu=15&sector=industry&above_scale=yes",
         "/views", "/view/land_classes", "/audit", "/tour", "/plan", "/notices", "/verify?code=x", "/nosuch", "/evaluation?q=nobody",
         f"/letter/{LOW}", f"/objection-new/{LOW}")


@pytest.fixture(scope="module")
def at(web: Web) -> Iterator[str]:
    """The district served on a port of this machine."""
    import uvicorn

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(web.app, port=port, log_level="error", lifespan="off"))
    web.as_("director")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    yield opened
    context.close()


def watched(page: Page, at: str) -> list[str]:
    """What goes wrong on a page while it is open: foreign requests, failing scripts, breaches of the policy."""
    wrong: list[str] = []
    page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith((at, "data:")) else None)
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and "404" not in m.text else None)
    return wrong


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_whole_in_a_browser(page: Page, at: str, lang: str) -> None:
    axe = axe_source()
    session = page.context.new_cdp_session(page)
    found: dict[str, list[str]] = {}
    for path in PATHS:
        wrong = watched(page, at)
        page.goto(at + path + ("&" if "?" in path else "?") + f"lang={lang}")
        # Through the debugger, so that the page's own policy stays in force while it is looked at.
        session.send("Runtime.evaluate", {"expression": axe})
        answer = session.send("Runtime.evaluate", {"expression": RULES, "awaitPromise": True, "returnByValue": True})
        wrong += [f"axe {v}" for v in answer["result"]["value"]]
        if wrong:
            found[path] = wrong
    assert found == {}


def test_the_keyboard_alone_walks_a_list_and_opens_a_row(page: Page, at: str) -> None:
    page.goto(f"{at}/cases?lang=en")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/case/**")
    page.go_back()
    assert page.url.startswith(f"{at}/cases")
    page.goto(f"{at}/evaluation?rulebook=mu/huangyan-2022&lang=en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_a_filter_asks_anew_and_the_address_keeps_it(page: Page, at: str) -> None:
    page.goto(f"{at}/evaluation?rulebook=mu/huangyan-2022&lang=en")
    page.select_option("select[name=outcome]", "D")
    page.wait_for_url("**outcome=D**")
    assert page.locator("tbody .mark b", has_text="A").count() == 0
    page.reload()
    assert page.input_value("select[name=outcome]") == "D"


def test_a_page_prints_without_its_menu(page: Page, at: str) -> None:
    page.goto(f"{at}/cockpit?lang=zh")
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert page.locator("h1").is_visible()


def test_a_wall_is_the_same_page_in_larger_type(page: Page, at: str) -> None:
    sizes = []
    for query in ("", "?wall=1920"):
        page.goto(f"{at}/cockpit{query}")
        sizes.append(page.evaluate("parseFloat(getComputedStyle(document.querySelector('.figure b')).fontSize)"))
    assert sizes[1] > sizes[0]


def test_without_scripts_the_page_still_filters(browser: Browser, at: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{at}/evaluation?rulebook=mu/huangyan-2022&lang=en")
    page.select_option("form.filters select[name=outcome]", "A")
    page.locator("#table-evaluation form.filters button").click()
    assert "outcome=A" in page.url
    context.close()


