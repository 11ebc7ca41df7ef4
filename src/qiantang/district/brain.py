"""A district at work: one workspace, its engines and its store, shared by all who ask at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, TypeVar

from qiantang.district.inquiries import Inquiry
from qiantang.district.reading import ReadService, Viewer
from qiantang.district.workspace import StoredRun, Workspace
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.pages.declaring import Aim, DistrictFacts
from qiantang.kernel.sources import Status

_MIB_EACH = 300
_REMEMBERED = 2000
_Made = TypeVar("_Made")
_ENGINES = 4
"""Engines open at most; further askers wait for one."""


class Brain:
    """What lives as long as the server: compiled rulebooks, opened engines (each used by one asker at a time), the store."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(folder)
        self.store: StateStore = self.workspace.state()
        self.changing = threading.Lock()
        """Held by whoever changes facts or runs: one at a time."""
        self._idle: LifoQueue[DuckDBEngine] = LifoQueue()
        self._free = threading.BoundedSemaphore(_ENGINES)
        self.district = district_facts(self.workspace)
        self._remembered: OrderedDict[tuple[object, ...], Any] = OrderedDict()
        self.offered: frozenset[str] = frozenset()
        """The pages that are offered by name; one that is not there is not linked to."""

    def remembered(self, key: tuple[object, ...], make: Callable[[], _Made]) -> _Made:
        """What was made of a run before, by what names it; a run never changes, so neither does what is made of it."""
        if key in self._remembered:
            self._remembered.move_to_end(key)
            return self._remembered[key]  # type: ignore[no-any-return]  # kept under its own key
        made = make()
        self._remembered[key] = made
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return made

    @property
    def today(self) -> date:
        """The calendar day; a demonstration stands still on the day its law is read."""
        return self.workspace.district.law_day if self.workspace.synthetic else datetime.now().astimezone().date()

    @property
    def now(self) -> datetime:
        """This instant."""
        return datetime.now(UTC)

    @contextmanager
    def engine(self) -> Iterator[DuckDBEngine]:
        """An engine for one asker; opened where none is idle, and waited for where all are busy. One asker takes one."""
        with self._free:
            try:
                engine = self._idle.get_nowait()
            except Empty:
                engine = DuckDBEngine(memory_mib=_MIB_EACH, threads=1)
            try:
                yield engine
            finally:
                self._idle.put(engine)

    @contextmanager
    def reads(self, viewer: Viewer) -> Iterator[ReadService]:
        """The read service for one viewer."""
        with self.engine() as engine:
            yield ReadService(self.workspace, engine, viewer)

    def inquiry(self, reads: ReadService, rulebook: str, run: StoredRun | None = None) -> Inquiry:
        """The latest run of a rulebook, or another one of it, opened for a viewer."""
        return Inquiry(reads, rulebook, run)

    def close(self) -> None:
        """Let go of engines and store."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
        self.store.close()


def district_facts(workspace: Workspace) -> DistrictFacts:
    """The district's settings as pages are told of them."""
    of = workspace.district
    places = {s.code: s.title for p in of.platforms for s in p.subdistricts} | {s.code: s.title for s in of.subdistricts}
    aims = tuple(Aim(t.code, t.title, t.dimension.code, t.unit, None if t.start is None else (t.start.year, t.start.value),
                     (t.goal.year, t.goal.value), "more" if t.more_is == "better" else "less", t.status is Status.PLACEHOLDER, t.source)
                 for t in of.targets)
    return DistrictFacts(of.name, workspace.synthetic, tuple(places.items()), tuple((p.code, p.title) for p in of.platforms),
                         tuple((i.code, i.named_on(of.law_day)) for i in of.leading_industries),
                         tuple((d.code, d.title, d.status is Status.PLACEHOLDER) for d in of.dimensions), aims, of.indicators, of.tiles,
                         of.boundaries)
