"""A real browser: first paint, everything drawn, filters, bytes, the main thread of a wall, accessibility, foreign requests."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.web.asking import BOOK, STATIC, Times
from benchmarks.web.server import Process

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_DRAWN = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_CHARTS_DRAWN = "[...document.querySelectorAll('figure[data-chart]')].every(f => f.classList.contains('live'))"
_POLICY = "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
RULES = ("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
         ".then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 100)))")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


def fresh(browser: Browser, process: Process, wide: int = 1440, high: int = 900) -> BrowserContext:
    """A browser that was never here, but is signed in."""
    context = browser.new_context(viewport={"width": wide, "height": high})
    name, _, value = process.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": process.address}])
    return context


def cold(browser: Browser, process: Process, path: str, times: int) -> tuple[Times, Times, float]:
    """First paint and everything drawn (milliseconds), and bytes over the wire (kB), with nothing kept from before."""
    painted, drawn, sizes = [], [], []
    for _ in range(times):
        context = fresh(browser, process)
        page = context.new_page()
        size = [0.0]
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda told, size=size: size.__setitem__(0, size[0] + told["encodedDataLength"]))
        started = time.perf_counter()
        page.goto(process.address + path, wait_until="load")
        while not page.evaluate(_CHARTS_DRAWN) and time.perf_counter() - started < 10:
            page.wait_for_timeout(10)
        drawn.append(max(float(page.evaluate(_DRAWN)), 0.0) if "data-chart" not in page.content() else (time.perf_counter() - started) * 1000)
        for _ in range(100):
            if found := float(page.evaluate(_PAINTED)):
                painted.append(found)
                break
            page.wait_for_timeout(10)
        sizes.append(size[0] / 1000)
        context.close()
    return Times(tuple(sorted(painted or [0.0]))), Times(tuple(sorted(drawn))), statistics.median(sizes)


def filters(browser: Browser, process: Process, times: int) -> Times:
    """From the choice of a class, or a click on a column, to the new rows on screen, in milliseconds."""
    context = fresh(browser, process)
    page = context.new_page()
    page.goto(f"{process.address}/evaluation?rulebook={BOOK}&lang=zh")
    taken = []
    for turn in range(times):
        before = page.url
        # The clock of the page itself: from the event to the first frame in which the rows are others.
        page.evaluate("""() => {
          window.swapped = 0; window.asked = performance.now();
          document.addEventListener('htmx:after:swap', () => requestAnimationFrame(() => { window.swapped = performance.now(); }), { once: true });
        }""")
        if turn % 2:
            page.evaluate("document.querySelector('#sort-evaluation-name').click()")
        else:
            page.select_option("#ask-outcome", "ABCD"[turn // 2 % 4])
        for _ in range(500):
            if page.evaluate("window.swapped"):
                break
            page.wait_for_timeout(5)
        if page.url == before:
            raise RuntimeError("the page was not asked anew")
        taken.append(float(page.evaluate("window.swapped - window.asked")))
    context.close()
    return Times(tuple(sorted(taken)))


def busy(browser: Browser, process: Process, seconds: float) -> float:
    """The share of time in which the main thread of an open wall works."""
    context = fresh(browser, process, 1920, 1080)
    page = context.new_page()
    page.goto(f"{process.address}/synthetic-wall?wall=1920")
    page.wait_for_timeout(3000)
    session = context.new_cdp_session(page)
    session.send("Performance.enable")

    def spent() -> tuple[float, float]:
        told = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        return told["TaskDuration"], told["Timestamp"]

    before, at = spent()
    page.wait_for_timeout(seconds * 1000)
    after, then = spent()
    context.close()
    return (after - before) / (then - at)


def faults(browser: Browser, process: Process, asked: list[str], axe: str) -> dict[str, list[str]]:
    """What is wrong on every page in both languages: broken rules of accessibility, requests to other hosts, breaches of
    the policy and failing scripts."""
    found: dict[str, list[str]] = {"axe": [], "foreign": [], "policy": []}
    context = fresh(browser, process)
    page = context.new_page()
    page.add_init_script(_POLICY)
    _listen(page, process, found)
    session = context.new_cdp_session(page)
    for lang in ("zh", "en"):
        for path in asked:
            page.goto(process.address + path + ("&" if "?" in path else "?") + f"lang={lang}")
            page.wait_for_timeout(50)
            session.send("Runtime.evaluate", {"expression": axe})
            answer = session.send("Runtime.evaluate", {"expression": RULES, "awaitPromise": True, "returnByValue": True})
            found["axe"] += [f"{path} {lang} {v}" for v in answer["result"]["value"]]
    context.close()
    return found


def _listen(page: Page, process: Process, found: dict[str, list[str]]) -> None:
    own = (process.address, process.address.replace("http", "ws", 1), "data:")
    page.on("request", lambda r: None if r.url.startswith(own) else found["foreign"].append(r.url))
    page.on("websocket", lambda s: None if s.url.startswith(own) else found["foreign"].append(s.url))
    page.on("pageerror", lambda e: found["policy"].append(str(e)))
    page.on("console", lambda m: found["policy"].append(m.text) if m.type == "error" and "404" not in m.text and "422" not in m.text else None)


def static_paint(browser: Browser, process: Process, times: int) -> Times:
    """First paint of a page that is only read and asks for nothing: what the machine and the browser take at least."""
    return cold(browser, process, STATIC, times)[1]
