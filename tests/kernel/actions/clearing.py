"""The made-up clearing process of the tests, the people who work in it, and short ways to let it happen."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from qiantang.kernel.actions.cases import Actor, Case, CaseFinding
from qiantang.kernel.actions.desk import Applied, CaseDesk
from qiantang.kernel.actions.process_files import read_process

CLEARING = read_process(Path(__file__).with_name("clearing.yaml"))
AT = datetime(2024, 1, 30, 2, 0, tzinfo=UTC)
SYSTEM = Actor("system", frozenset())
PLATFORM = Actor("Li", frozenset({"platform"}))
BUREAU = Actor("Wang", frozenset({"bureau"}))
DISTRICT = Actor("Zhao", frozenset({"district"}))
PLAN: dict[str, Any] = {"plan_route": "improve", "land_mu": "12.50"}


def low(subject: str, *, scope: str = "east", holds: bool | None = True) -> CaseFinding:
    """The finding that a subject is inefficient, is not, or cannot be told."""
    outcome = {True: "low", False: "not low", None: "unknown"}[holds]
    return CaseFinding(subject, outcome, holds, scope)


def apply(desk: CaseDesk, findings: Sequence[CaseFinding], run: str = "run-1",
          day: date = date(2024, 1, 30)) -> Applied:
    """One run of the made-up rulebook, brought to the desk."""
    return desk.apply("clearing", findings, rulebook="lowland/test", run=run, day=day, at=AT, actor=SYSTEM)


def one_case(desk: CaseDesk, day: date = date(2024, 1, 30)) -> Case:
    """A single case, just opened."""
    case, = apply(desk, [low("ent-1")], day=day).opened
    return case
