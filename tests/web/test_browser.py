"""A real browser opens every page: nothing foreign is asked for, no script fails, no rule of accessibility is broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.web.browsing import RULES, Served, chromium, until, watched
from tests.web.conftest import LOW, Web
from tests.web.npm import axe_source

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.filterwarnings("ignore::ResourceWarning")]
PATHS = ("/cockpit", "/evaluation?rulebook=mu/huangyan-2022", f"/enterprise/{LOW}?rulebook=mu/huangyan-2022", "/cases", "/case/lowland-2022-000001",
         "/reform?rulebook=lowland/qiantang-5wan&p0=50", "/rulebooks", "/door", "/self-check?tax_paid_wan=120&land_mu=15&sector=industry&above_scale=yes",
         "/views", "/view/land_classes", "/audit", "/tour", "/plan", "/notices", "/verify?code=x", "/nosuch", "/evaluation?q=nobody",
         f"/letter/{LOW}", f"/objection-new/{LOW}")


@pytest.fixture(scope="module")
def at(web: Web) -> Iterator[str]:
    """The district served on a port of this machine."""
    web.as_("director")
    served = Served(web.app)
    yield served.address
    served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    yield opened
    context.close()


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


def test_going_back_shows_what_was_asked_before(page: Page, at: str) -> None:
    wrong = watched(page, at)
    page.goto(f"{at}/evaluation?rulebook=mu/huangyan-2022&lang=en")
    whole = page.locator("h1").inner_text()
    page.select_option("select[name=outcome]", "D")
    page.wait_for_url("**outcome=D**")
    page.select_option("select[name=outcome]", "A")
    page.wait_for_url("**outcome=A**")
    page.go_back()
    page.wait_for_url("**outcome=D**")
    until(page, "document.querySelector('select[name=outcome]').value === 'D'")
    assert page.locator("tbody .mark b", has_text="A").count() == 0
    page.go_back()
    until(page, "!document.querySelector('select[name=outcome]').value")
    assert page.locator("h1").inner_text() == whole
    assert wrong == []


def test_words_are_searched_as_they_are_typed_and_the_field_keeps_its_focus(page: Page, at: str) -> None:
    page.goto(f"{at}/evaluation?rulebook=mu/huangyan-2022&lang=zh")
    before = page.locator("#table-evaluation tbody tr").count()
    page.keyboard.press("/")
    page.keyboard.type(LOW, delay=10)
    until(page, "document.querySelectorAll('#table-evaluation tbody tr').length === 1")
    assert before > 1
    assert page.evaluate("document.activeElement.name") == "q"
    assert f"q={LOW}" in page.url
    assert "outcome=" not in page.url


def test_more_rows_come_as_one_scrolls(page: Page, at: str) -> None:
    page.goto(f"{at}/evaluation?rulebook=mu/huangyan-2022&lang=en")
    first = page.locator("#table-evaluation tbody tr").count()
    assert first == 50
    page.keyboard.press("End")
    until(page, "document.querySelectorAll('#table-evaluation tbody tr').length === 60")
    codes = page.locator("#table-evaluation tbody tr td:first-child").all_inner_texts()
    assert len(set(codes)) == 60
    assert "offset" not in page.url
    assert page.locator("#under-evaluation a[rel=next]").count() == 0


def test_a_what_if_is_answered_while_it_is_typed(page: Page, at: str) -> None:
    page.goto(f"{at}/reform?rulebook=lowland/qiantang-5wan&lang=en")
    field = page.locator("form[hx-get] input:not([type=hidden])").first
    field.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("50")
    until(page, "location.search.includes('=50') && document.querySelectorAll('table tbody tr').length > 0")
    assert page.evaluate("document.activeElement.tagName") == "INPUT"


def test_a_server_that_does_not_answer_is_told_and_what_is_there_stays(page: Page, web: Web) -> None:
    served = Served(web.app)
    page.goto(f"{served.address}/evaluation?rulebook=mu/huangyan-2022&lang=en")
    served.stop()
    rows = page.locator("#table-evaluation tbody tr").count()
    page.select_option("select[name=outcome]", "D")
    page.locator(".lost").wait_for()
    assert "nothing is lost" in page.locator(".lost").inner_text()
    assert page.locator("#table-evaluation tbody tr").count() == rows
    served.start()
    page.select_option("select[name=outcome]", "A")
    page.wait_for_url("**outcome=A**")
    assert page.locator(".lost").count() == 0
    served.stop()


def test_a_session_that_ended_leads_to_signing_in_not_into_the_page(page: Page, at: str, web: Web) -> None:
    page.goto(f"{at}/evaluation?rulebook=mu/huangyan-2022&lang=en")
    web.as_("nobody")
    page.select_option("select[name=outcome]", "D")
    page.wait_for_url("**/login?next=**")
    web.as_("director")


def test_the_menu_that_is_folded_opens_by_keyboard_and_closes_with_escape(page: Page, at: str) -> None:
    page.goto(f"{at}/cockpit?lang=en")
    page.locator("details.more summary").focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('details.more').open")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('details.more').open")


def test_a_page_prints_without_its_menu(page: Page, at: str) -> None:
    page.goto(f"{at}/cockpit?lang=zh")
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_page_is_wider_than_a_telephone(page: Page, at: str, lang: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    wide = {}
    for path in PATHS:
        page.goto(at + path + ("&" if "?" in path else "?") + f"lang={lang}")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[path] = width
    assert wide == {}


def test_sections_stand_below_each_other_where_a_page_is_narrow(page: Page, at: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{at}/cockpit?lang=en")
    edges = page.evaluate("[...document.querySelectorAll('.grid > section')].map(s => Math.round(s.getBoundingClientRect().left))")
    assert len(edges) > 1
    assert len(set(edges)) == 1


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


