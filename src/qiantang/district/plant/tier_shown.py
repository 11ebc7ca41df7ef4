"""What the district has of its plants, to be shown: who was heard, which findings stand, and what was put aside."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from qiantang.district.plant.district_tier import RECORD, published_findings
from qiantang.district.workspace import Workspace
from qiantang.domains.factory.alarms.finding import WITHDRAWN
from qiantang.domains.factory.alarms.wording import rule_title
from qiantang.domains.factory.hours import instant
from qiantang.kernel.findings.stream import current
from qiantang.kernel.words import Text
from qiantang.stores.heard_record import HeardRecord

_STANDS, _GONE, _AMENDED = Text("成立", "stands"), Text("已撤回", "withdrawn"), Text("成立（已更正）", "stands, amended")


@dataclass(frozen=True, slots=True)
class PlantHeard:
    """A plant as it is shown; instants in UTC."""

    plant: str
    uscc: str
    days: int
    online: bool
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class FindingHeard:
    """A finding as it stands after all amendments."""

    id: str
    plant: str
    asset: str
    rule_id: str
    since: datetime
    readings: int
    withdrawn: bool
    amended: int

    @property
    def rule(self) -> Text:
        """The rule in words."""
        return rule_title(self.rule_id)

    @property
    def stands(self) -> Text:
        """Whether it holds."""
        return _GONE if self.withdrawn else _AMENDED if self.amended else _STANDS


def plants_shown(workspace: Workspace) -> list[PlantHeard]:
    """Every plant that was heard, by id."""
    with _record(workspace) as record:
        return [] if record is None else [PlantHeard(p.plant, p.uscc, p.days, p.online, instant(p.heard_at)) for p in record.plants()]


def findings_shown(workspace: Workspace, plants: Collection[str]) -> list[FindingHeard]:
    """What plants let the district see of their findings, as it stands, newest first."""
    found = current(one for plant in sorted(plants) for one in published_findings(workspace, plant))
    shown = [FindingHeard(f.id, f.subject, str(f.values["asset"]), str(f.values["rule"]), instant(int(str(f.values["since_us"]))),
                          int(str(f.values["readings"])), f.outcome == WITHDRAWN, len(found.history[f.id]) - 1) for f in found.latest]
    return sorted(shown, key=lambda f: (f.since, f.id), reverse=True)


def aside_shown(workspace: Workspace) -> list[dict[str, object]]:
    """The messages that are put aside, with why; what they say is told as it came."""
    with _record(workspace) as record:
        return [] if record is None else [
            {"plant": one.plant, "what": one.what, "times": one.times, "why": one.why, "last_at": instant(one.last_at).isoformat(),
             "payload": one.payload.decode("utf-8", "replace")} for one in record.aside()]


@contextmanager
def _record(workspace: Workspace) -> Iterator[HeardRecord | None]:
    """The district's record; None where no worker ever ran."""
    path = workspace.hidden / RECORD
    if not path.is_file():
        yield None
        return
    record = HeardRecord(path)
    try:
        yield record
    finally:
        record.close()
