"""A wall in a real browser: it draws, stands out only where it must, says when the line is lost, and comes back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from benchmarks.web.pages import CELLS, SECTIONS
from tests.web.browsing import RULES, Served, chromium, until, watched
from tests.web.live.conftest import Plant
from tests.web.npm import axe_source

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.filterwarnings("ignore::ResourceWarning")]
COLOURS = """
() => [...document.querySelectorAll('.group canvas')].map((c) => {
  const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, found = new Map();
  for (let k = 0; k < pixels.length; k += 4) {
    const colour = `${pixels[k]},${pixels[k + 1]},${pixels[k + 2]}`;
    found.set(colour, (found.get(colour) ?? 0) + 1);
  }
  return [...found].sort((a, b) => b[1] - a[1]);
})"""


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


@pytest.fixture
def served(plant: Plant) -> Iterator[Served]:
    plant.as_("director")
    made = Served(plant.app)
    yield made
    made.stop()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_wall_draws_every_section_and_is_calm(page: Page, served: Served, lang: str) -> None:
    wrong = watched(page, served.address)
    page.goto(f"{served.address}/synthetic-wall?lang={lang}")
    until(page, "document.querySelector('.line.live') !== null")
    page.wait_for_timeout(100)
    drawn = page.evaluate(COLOURS)
    assert len(drawn) == len(SECTIONS)
    for colours in drawn:
        # Most of it is the calm colour and the gaps; what stands out is little and there.
        assert sum(many for _, many in colours[:2]) > 0.8 * sum(many for _, many in colours)
        assert len(colours) > 2
    assert f"{CELLS:,}" in page.locator(".counts").inner_text()
    until(page, "document.querySelector('.live-wall .told .card') !== null")
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": axe_source()})
    answer = session.send("Runtime.evaluate", {"expression": RULES, "awaitPromise": True, "returnByValue": True})
    assert answer["result"]["value"] == []
    assert wrong == []


def test_frames_keep_coming_and_are_told_in_words_and_as_a_table(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/synthetic-wall?lang=en")
    until(page, "document.querySelector('.line.live') !== null")
    first = page.locator(".line").inner_text()
    until(page, f"document.querySelector('.line').textContent !== {first!r}")
    page.locator(".listed summary").click()
    until(page, "document.querySelectorAll('.listed tbody tr').length > 10")
    assert page.locator(".listed tbody tr").first.locator("td").count() == 4
    page.hover(".group:first-child canvas")
    assert "mixing no." in page.locator(".pointed").inner_text()


def test_a_silent_source_is_said_in_amber_with_the_instant_up_to_which_it_told_and_comes_back_by_itself(
        page: Page, served: Served, plant: Plant) -> None:
    page.goto(f"{served.address}/synthetic-wall?lang=en")
    until(page, "document.querySelector('.line.live') !== null")
    plant.source.stopped = True
    try:
        until(page, "document.querySelector('.line.lost')?.textContent.includes('the node is silent since')")
        assert page.locator(".live-wall.stale").count() == 1
    finally:
        plant.source.stopped = False
    until(page, "document.querySelector('.line.live') !== null")


def test_a_lost_line_is_said_in_amber_and_comes_back_by_itself(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/synthetic-wall?lang=en")
    until(page, "document.querySelector('.line.live') !== null")
    served.stop()
    until(page, "document.querySelector('.line.lost') !== null")
    assert "connection lost" in page.locator(".line").inner_text()
    assert page.locator(".live-wall.stale").count() == 1
    served.start()
    until(page, "document.querySelector('.line.live') !== null", 20)
    assert page.locator(".live-wall.stale").count() == 0


def test_a_larger_wall_draws_larger_cells(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    wide = []
    for query in ("?wall=1920", "?wall=3840"):
        if "3840" in query:
            page.set_viewport_size({"width": 3840, "height": 2160})
        page.goto(f"{served.address}/synthetic-wall{query}")
        until(page, "document.querySelector('.line.live') !== null")
        page.wait_for_timeout(100)
        wide.append(page.evaluate("document.querySelector('.group canvas').width"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide[1] > 1.5 * wide[0]


def test_a_graph_of_many_marks_is_drawn_live_under_the_strict_policy_and_printed_as_its_drawing(page: Page, served: Served) -> None:
    wrong = watched(page, served.address)
    page.goto(f"{served.address}/synthetic-marks?lang=en")
    until(page, "document.querySelectorAll('figure.live canvas').length === 2")
    page.wait_for_timeout(500)
    coloured = """
    () => [...document.querySelectorAll('figure.live canvas')].map((c) => {
      const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let found = 0;
      for (let k = 3; k < pixels.length; k += 4) if (pixels[k]) found += 1;
      return found;
    })"""
    assert min(page.evaluate(coloured)) > 1000
    assert not page.locator("figure.live > svg.chart").first.is_visible()
    page.emulate_media(media="print")
    assert page.locator("figure.live > svg.chart").first.is_visible()
    assert wrong == []


def test_without_scripts_the_drawings_are_there(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.address}/synthetic-marks?lang=en")
    assert page.locator("svg.chart circle").count() >= 300
    page.goto(f"{served.address}/synthetic-wall?lang=en")
    assert "needs scripts" in page.locator("noscript").inner_text()
    context.close()
