"""Opens the folder a command works in: its workspace, an engine, and the read service of the person at the keyboard."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qiantang.kernel.errors import SubjectError
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.district.inquiries import Inquiry
    from qiantang.district.reading import ReadService
    from qiantang.district.workspace import Workspace
    from qiantang.engines.duckdb import DuckDBEngine
    from qiantang.kernel.actions.cases import Actor
    from qiantang.kernel.actions.processes import Process


@contextmanager
def opened(directory: Path | None) -> Iterator[ReadService]:
    """The folder named, or the one found from here, for as long as the command runs."""
    from qiantang.district.reading import ReadService
    from qiantang.district.workspace import found_workspace

    workspace = found_workspace(directory)
    with engine_at_hand() as engine:
        yield ReadService(workspace, engine)


@contextmanager
def engine_at_hand() -> Iterator[DuckDBEngine]:
    """The embedded engine, closed when the command ends."""
    from qiantang.engines.duckdb import DuckDBEngine

    engine = DuckDBEngine()
    try:
        yield engine
    finally:
        engine.close()


def asked_inquiry(reads: ReadService, rulebook: str | None) -> Inquiry:
    """The run of the rulebook named, else of the district's first that was assessed."""
    from qiantang.district.inquiries import Inquiry

    if rulebook is None:
        assessed = reads.workspace.assessed
        if not assessed:
            raise SubjectError.of(
                f"{reads.workspace.folder} 尚未评价", f"{reads.workspace.folder} has not been assessed yet",
                remedy=Text(f"请先运行：qiantang assess {reads.workspace.folder}", f"Run first: qiantang assess {reads.workspace.folder}"))
        rulebook = assessed[0]
    return Inquiry(reads, rulebook)


def acting_day(workspace: Workspace, asked: date | None) -> date:
    """The day asked for, else today; a demonstration stands still on the day its law is read."""
    if asked is not None:
        return asked
    return workspace.district.law_day if workspace.synthetic else today()


def today() -> date:
    """The calendar day where the command runs."""
    return datetime.now().astimezone().date()


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def actor(processes: tuple[Process, ...], by: str | None = None) -> Actor:
    """The person at the keyboard, who holds every role of a district on this machine."""
    from qiantang.kernel.actions.cases import Actor

    return Actor(by or login_name(), frozenset(role.name for p in processes for role in p.roles))


def login_name() -> str:
    """The name this person is logged in by."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"
