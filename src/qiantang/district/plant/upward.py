"""What a plant publishes upward: the findings and figures on its own list, never a raw signal; and who takes them in the district.

Topics are ``qiantang/1/PLANT/findings``, ``…/figures`` and ``…/state`` (retained). Everything can come twice: a finding is known by
its id, a figure by plant and day. A message holds whole chains of amendments, so that any of several workers can record it.
"""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from qiantang.domains.factory.facts import PLANT_FIGURES
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.actions.streams import record_findings
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.findings.stream import StreamedFinding, faults, read_values, streamed, written_values
from qiantang.kernel.wires import Counters
from qiantang.kernel.words import Text
from qiantang.links.messages import Listening, Messages, Noticing, Publication, Said

ROOT = "qiantang/1"
RULEBOOK = "factory/published"
"""What published findings are filed under: they are not the plant's own, but say of one what the plant lets out."""
_AGAIN_US = 60_000_000
_MOST_WAITING = 10_000
_MOST_A_MESSAGE = 50
_TOLD = {
    "garbled": Text("工厂主题 {source} 的内容无法识别：{why}", "what came on {source} cannot be read: {why}"),
    "refused": Text("工厂主题 {source} 的结论不被接受：{why}", "a finding that came on {source} is refused: {why}"),
}


@dataclass(frozen=True, slots=True)
class Whitelist:
    """What a plant lets out: columns of ``plant_figures``; findings by the rule that broke (None: every rule), and of a finding
    these values only. The usual list tells which machine and rule, and since when, but no reading and no limit."""

    figures: frozenset[str] = frozenset()
    rules: frozenset[str] | None = frozenset()
    values: frozenset[str] = frozenset({"asset", "rule", "at_us", "since_us", "readings"})

    def __post_init__(self) -> None:
        unknown = sorted(self.figures - {column.name for column in PLANT_FIGURES.columns})
        if unknown:
            raise QiantangError.of(f"工厂上报数据没有这些列：{'、'.join(unknown)}", f"plant figures have no column {', '.join(unknown)}", value=unknown,
                                   remedy=Text("请核对列名。", "Check the names of the columns."))


class Upward:
    """The plant's end: a translator for an MQTT wire. What is said without a connection waits, at most ``_MOST_WAITING`` messages
    (the oldest go first, counted ``unsent``); what was said within a minute before a loss is said again.

    ``before`` finds a finding of the plant's own record by its id. One thread says, another may send.
    """

    subscriptions: tuple[tuple[str, int], ...] = ()

    def __init__(self, plant: Plant, allowed: Whitelist, before: Callable[[str], StreamedFinding | None] = lambda _: None) -> None:
        self.counters = Counters()
        self._plant, self._allowed, self._before = plant, allowed, before
        self._waiting: deque[Publication] = deque()
        self._sent: deque[tuple[int, Publication]] = deque()
        self._lately: OrderedDict[str, StreamedFinding] = OrderedDict()

    def findings(self, findings: Iterable[StreamedFinding]) -> None:
        """Publish what is allowed of the plant's findings."""
        chosen: dict[str, StreamedFinding] = {}
        for finding in findings:
            self._lately[finding.id] = finding
            while len(self._lately) > _MOST_WAITING:
                self._lately.popitem(last=False)
            for one in self._published(finding):
                chosen[one.id] = one
            if len(chosen) >= _MOST_A_MESSAGE:
                self._say_findings(list(chosen.values()))
                chosen = {}
        if chosen:
            self._say_findings(list(chosen.values()))

    def figures(self, row: Mapping[str, object]) -> None:
        """Publish what is allowed of a day's figures; plant, day and enterprise are always told."""
        told = {name: value for name, value in row.items() if name in self._allowed.figures or name in ("plant", "on", "uscc")}
        self._say("figures", json.dumps(told | {"plant": self._plant.id}, ensure_ascii=False, default=str).encode())

    # --- a translator ---

    def will(self, now: int) -> Publication | None:
        """That the plant is gone."""
        return self._state(now, there=False)

    def connected(self, now: int) -> Said:
        """That it is there; then again what may have been lost."""
        again = [publication for at, publication in self._sent if now - at <= _AGAIN_US]
        self._sent.clear()
        self._waiting.extendleft(reversed(again))
        return Said(publications=(self._state(now, there=True), *self._due(now)))

    def disconnected(self, now: int) -> Said:
        """Nothing follows until it is connected again."""
        return Said()

    def farewell(self, now: int) -> tuple[Publication, ...]:
        """That it leaves."""
        return (self._state(now, there=False),)

    def feed(self, batch: Messages) -> Said:
        """It hears nothing."""
        return Said()

    def tick(self, now: int) -> Said:
        """What is to be said."""
        return Said(publications=tuple(self._due(now)))

    def _due(self, now: int) -> list[Publication]:
        due = [self._waiting.popleft() for _ in range(len(self._waiting))]
        while self._sent and now - self._sent[0][0] > _AGAIN_US:
            self._sent.popleft()
        self._sent.extend((now, one) for one in due)
        return due

    def _state(self, now: int, *, there: bool) -> Publication:
        return Publication(f"{ROOT}/{self._plant.id}/state", json.dumps({"online": there, "at_us": now}).encode(), 1, True)

    def _say_findings(self, findings: Sequence[StreamedFinding]) -> None:
        self._say("findings", json.dumps([plain(f) for f in findings], ensure_ascii=False).encode())

    def _say(self, what: str, payload: bytes) -> None:
        self._waiting.append(Publication(f"{ROOT}/{self._plant.id}/{what}", payload, 1))
        self.counters.add(what)
        if len(self._waiting) > _MOST_WAITING:
            with suppress(IndexError):
                self._waiting.popleft()
                self.counters.add("unsent")

    def _published(self, finding: StreamedFinding) -> list[StreamedFinding]:
        """What is let out of a finding, after what is let out of those it amends; nothing where its rule is not on the list."""
        if self._allowed.rules is not None and finding.values.get("rule") not in self._allowed.rules:
            return []
        chain = [finding]
        while chain[-1].amends:
            earlier = self._lately.get(chain[-1].amends) or self._before(chain[-1].amends)
            if earlier is None:
                self.counters.add("without_what_it_amends")
                return []
            chain.append(earlier)
        told: list[StreamedFinding] = []
        for one in reversed(chain):
            values = {name: value for name, value in one.values.items() if name in self._allowed.values} | {"of": one.id}
            told.append(streamed(RULEBOOK, self._plant.id, one.at, one.outcome, values, told[-1] if told else None))
        return told


@dataclass(slots=True)
class DistrictWorker(Listening):
    """The district's end: a translator for an MQTT wire whose settings share the subscription among several workers.

    Findings are recorded in ``store`` before their message is acknowledged; figures are given to ``figures``, a row of
    ``plant_figures``. What cannot be read, is not what its id says, or speaks for another plant is counted, told and left out.
    """

    store: StateStore
    figures: Callable[[Mapping[str, object]], None]
    counters: Counters = field(default_factory=Counters)
    online: dict[str, bool] = field(default_factory=dict)
    """Which plants are connected."""
    subscriptions: tuple[tuple[str, int], ...] = ((f"{ROOT}/+/findings", 1), (f"{ROOT}/+/figures", 1), (f"{ROOT}/+/state", 1))
    _notices: Noticing = field(init=False)

    def __post_init__(self) -> None:
        self._notices = Noticing(self.counters)

    def tick(self, now: int) -> Said:
        """What is to be told."""
        return Said(notices=self._notices.taken(now))

    def feed(self, batch: Messages) -> Said:
        """Record what came, all of it, before anything is acknowledged."""
        found: dict[str, StreamedFinding] = {}
        for topic, payload, received in zip(batch.topics, batch.payloads, batch.received, strict=True):
            plant, _, what = topic.removeprefix(f"{ROOT}/").partition("/")
            try:
                told = json.loads(payload)
                if what == "findings":
                    found |= {f.id: f for f in self._sound([from_plain(one) for one in told], plant, topic, received)}
                elif what == "figures":
                    if told["plant"] != plant:
                        raise ValueError(told["plant"])
                    self.figures(told)
                    self.counters.add("figures")
                else:
                    self.online[plant] = bool(told["online"])
            except (ValueError, KeyError, TypeError, AttributeError) as wrong:
                self._tell("garbled", topic, received, str(wrong) or type(wrong).__name__)
        if found:
            self.counters.add("findings", self._record(list(found.values())))
        return Said(notices=self._notices.taken(max(batch.received, default=0)))

    def _sound(self, findings: list[StreamedFinding], plant: str, topic: str, received: int) -> list[StreamedFinding]:
        """Those that are what their ids say and speak of the plant whose topic they came on."""
        known = {f.id: f for f in findings}
        good = []
        for finding in findings:
            wrong = faults(finding, known)
            if finding.subject != plant or finding.rulebook != RULEBOOK:
                self._tell("refused", topic, received, finding.subject)
            elif wrong:
                self._tell("refused", topic, received, wrong[0].message.en)
            else:
                good.append(finding)
        return good

    def _record(self, findings: list[StreamedFinding]) -> int:
        """How many were new; one that the store refuses takes no other with it."""
        try:
            return len(record_findings(self.store, findings, at=datetime.now(UTC), actor="plants"))
        except QiantangError as wrong:
            if len(findings) == 1:
                self._tell("refused", findings[0].subject, 0, wrong.faults[0].message.en)
                return 0
            return sum(self._record([one]) for one in findings)

    def _tell(self, kind: str, source: str, at: int, why: str) -> None:
        self._notices.add(kind, source, at, _TOLD[kind].filled(source=source, why=why), every_s=60)


def plain(finding: StreamedFinding) -> dict[str, object]:
    """A finding as plain values."""
    return {"id": finding.id, "rulebook": finding.rulebook, "subject": finding.subject, "at": finding.at.isoformat(), "outcome": finding.outcome,
            "values": json.loads(written_values(finding.values)), "amends": finding.amends}


def from_plain(told: Mapping[str, object]) -> StreamedFinding:
    """The finding that was told; ValueError, KeyError or TypeError where it is none."""
    at, outcome = datetime.fromisoformat(str(told["at"])), told["outcome"]
    if at.tzinfo is None:
        raise ValueError("an instant without its zone")
    return StreamedFinding(str(told["id"]), str(told["rulebook"]), str(told["subject"]), at, None if outcome is None else str(outcome),
                           read_values(json.dumps(told["values"])), str(told["amends"]))

