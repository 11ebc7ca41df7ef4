"""Parts from outside that some tests need: where one is missing the test says so with the remedy, and fails under CI.

A test says what it needs by a marker, ``@pytest.mark.needs("postgresql")``, or by asking for the fixture of that name.
"""

import ctypes.util
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Part:
    """Something that pip does not bring: whether it is here, and what brings it."""

    present: Callable[[], bool]
    remedy: str


def postgresql_programs() -> Path | None:
    """The directory of the newest PostgreSQL server's own programs; Debian keeps them off the path."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((found.parent for found in installed), key=lambda d: float(d.parent.name), default=None)


def mosquitto_program() -> str | None:
    """The MQTT broker; Debian keeps it among the administrator's programs."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


PARTS: dict[str, Part] = {
    "postgresql": Part(lambda: postgresql_programs() is not None, "make system"),
    "mosquitto": Part(lambda: mosquitto_program() is not None, "make system"),
    "pdftotext": Part(lambda: shutil.which("pdftotext") is not None, "make system"),
    "chromium": Part(lambda: shutil.which("chromium") is not None, "make system"),
    "pango": Part(lambda: ctypes.util.find_library("pango-1.0") is not None, "make system"),
}
_MISSING = "missing part"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A fixture named like a part needs that part."""
    for item in items:
        for name in set(getattr(item, "fixturenames", ())) & set(PARTS):
            item.add_marker(pytest.mark.needs(name))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Stop before any fixture is made where a part is missing."""
    for name in dict.fromkeys(str(part) for marker in item.iter_markers("needs") for part in marker.args):
        part = PARTS[name]
        if part.present():
            continue
        reason = f"needs {name}; remedy: {part.remedy}"
        if os.environ.get("CI"):
            pytest.fail(f"{reason} (CI is set, so a missing part fails)", pytrace=False)
        item.user_properties.append((_MISSING, name))
        pytest.skip(reason)


def _skipped_for(stats: Mapping[str, list[pytest.TestReport]]) -> Counter[str]:
    return Counter(
        str(name) for report in stats.get("skipped", []) for key, name in report.user_properties if key == _MISSING
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Name the missing parts after everything else, where the reader looks."""
    yield
    skipped = _skipped_for(terminalreporter.stats)
    if skipped:
        terminalreporter.section("tests skipped for want of a part", yellow=True)
    for name, count in sorted(skipped.items()):
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.line(f"skipped for want of: {name} ({tests}) — remedy: {PARTS[name].remedy}")
