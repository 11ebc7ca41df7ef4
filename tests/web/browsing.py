"""A district served on a port of this machine, and a real Chromium that notes everything that goes wrong on a page."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

from qiantang.web.running import server_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RULES = ("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
         ".then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 120)))")


class Served:
    """A server in a thread, which can be taken down and brought back on the same port."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Listen."""
        config = uvicorn.Config(self._app, port=self.port, log_level="error", lifespan="off", timeout_graceful_shutdown=3)
        self._server = server_of(self._app, config, lambda: None)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.02)
        assert self._server.started

    def stop(self) -> None:
        """Let go of the port and of every connection."""
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


def watched(page: Page, at: str) -> list[str]:
    """What goes wrong on a page while it is open: foreign requests, failing scripts, breaches of the policy."""
    wrong: list[str] = []
    own = (at, at.replace("http", "ws", 1), "data:")
    page.on("request", lambda r: None if r.url.startswith(own) else wrong.append(r.url))
    page.on("websocket", lambda s: None if s.url.startswith(own) else wrong.append(s.url))
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") and "404" not in m.text else None)
    return wrong


def until(page: Page, told: str, seconds: float = 10.0) -> object:
    """Ask the page until the answer is true: a page under a strict policy runs no text as code, so it is asked from outside."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        answer = page.evaluate(told)
        if answer:
            return answer
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {told}")
