"""A worker of the district: takes what plants publish, keeps it, and gives each message its receipt; several share one subscription.

What is kept is on the disk before its receipt is given. What cannot be kept as it is — of a plant or an enterprise that is not known, of a
figure that does not exist, garbled, forged — is put aside with the reason and told; where there is no room for more of it no receipt is
given, so that the plant keeps it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from qiantang.district.plant.upward_messages import (
    FIGURES,
    FINDINGS,
    RECEIPTS,
    ROOT,
    RULEBOOK,
    STATE,
    UNREADABLE,
    Figures,
    Findings,
    Receipt,
    read_figures,
    read_findings,
    read_state,
    sayable,
    topic,
)
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.actions.streams import record_findings
from qiantang.kernel.errors import ActionError
from qiantang.kernel.findings.stream import StreamedFinding
from qiantang.kernel.wires import Counters
from qiantang.kernel.words import Text, joined
from qiantang.links.messages import Listening, Messages, Noticing, Publication, Said
from qiantang.stores.heard_record import HeardRecord

ACTOR = "plants"
"""Who records published findings, in the audit log."""
_TOLD_EVERY_S = 60
_LONGEST_ASIDE = 1 << 18
"""A message of more bytes is no plant's, and is not kept."""
_WHY = {
    "garbled": Text("内容无法识别（{what}）", "it cannot be read ({what})"),
    "enterprise": Text("企业 {what} 不在地区名录中；名录补齐后自动收录",
                       "enterprise {what} is not in the district's register; it is taken up once the register has it"),
    "other": Text("此工厂已归在企业 {what} 名下", "this plant is kept under enterprise {what}"),
    "figures": Text("没有这些数字，或数值不可用：{what}", "there are no such figures, or their values cannot be used: {what}"),
    "refused": Text("结论不被接受：{what}", "a finding is refused: {what}"),
}
_ASIDE = Text("工厂 {plant} 的{what}未收录，已搁置：{why}", "{what} of plant {plant} are put aside and not kept: {why}")
_FULL = Text("搁置已满，工厂 {plant} 的消息留在工厂：请处理 qiantang factory heard --aside",
             "there is no room for more that is put aside; what plant {plant} says stays there: see qiantang factory heard --aside")
_WHAT = {FINDINGS: Text("结论", "findings"), FIGURES: Text("数字", "figures")}


COUNTED = {
    "findings": Text("收录的结论", "findings kept"),
    "figures": Text("收录的日数字", "days' figures kept"),
    "repeated": Text("重复的", "told again"),
    "strange": Text("搁置：未知的工厂或数字", "put aside: a plant or figure that is not known"),
    "garbled": Text("搁置：无法识别", "put aside: unreadable"),
    "refused": Text("搁置：结论不被接受", "put aside: a finding refused"),
    "taken_up": Text("补收录的", "taken up after all"),
    "full": Text("搁置已满、留在工厂的", "left at the plant, for want of room"),
}
"""What a worker counts, in words."""


@dataclass(slots=True)
class DistrictWorker(Listening):
    """The district's end: a translator for an MQTT wire whose settings share the subscription among several workers. ``enterprises`` gives
    the credit codes of the district's register as it is now."""

    store: StateStore
    record: HeardRecord
    enterprises: Callable[[], frozenset[str]]
    counters: Counters = field(default_factory=Counters)
    subscriptions: tuple[tuple[str, int], ...] = tuple((topic("+", what), 1) for what in (FINDINGS, FIGURES, STATE))
    _notices: Noticing = field(init=False)

    def __post_init__(self) -> None:
        self._notices = Noticing(self.counters)

    def tick(self, now: int) -> Said:
        """What is to be told."""
        return Said(notices=self._notices.taken(now))

    def feed(self, batch: Messages) -> Said:
        """Keep what came, then its receipts."""
        receipts: list[Publication] = []
        for where, payload, at in zip(batch.topics, batch.payloads, batch.received, strict=True):
            plant, _, what = where.removeprefix(f"{ROOT}/").partition("/")
            receipt = self._heard(plant, what, payload, at)
            if receipt is not None:
                receipts.append(Publication(topic(plant, RECEIPTS), receipt.payload(), 1))
        return Said(notices=self._notices.taken(max(batch.received, default=0)), publications=tuple(receipts))

    def take_up(self, now: int) -> int:
        """Look again at what was put aside; how many messages are kept after all."""
        done = 0
        for one in self.record.aside():
            receipt = self._taken(one.plant, one.what, one.payload, now)
            if receipt is not None and not receipt.aside:
                self.record.taken_up(one.id)
                done += 1
        if done:
            self.counters.add("taken_up", done)
        return done

    def _heard(self, plant: str, what: str, payload: bytes, at: int) -> Receipt | None:
        """A message; None where no receipt is due."""
        if what == STATE:
            try:
                self.record.stands(plant, read_state(payload))
            except UNREADABLE:
                self.counters.add("garbled")
            return None
        if not sayable(plant) or len(payload) > _LONGEST_ASIDE:
            self._tell("garbled", plant, at, _ASIDE.filled(plant=plant[:64], what=_WHAT[what], why=_WHY["garbled"].filled(what=f"{len(payload)} B")))
            return None
        return self._taken(plant, what, payload, at)

    def _taken(self, plant: str, what: str, payload: bytes, at: int) -> Receipt | None:
        try:
            message = read_findings(payload) if what == FINDINGS else read_figures(payload, plant)
        except UNREADABLE as wrong:
            why = _WHY["garbled"].filled(what=f"{type(wrong).__name__}: {wrong}"[:200])
            return self._put_aside(plant, what, _digest(payload), payload, "garbled", why, at, Receipt(_number_of(payload), aside=1, why=why))
        why_not = self._why_not(plant, message.uscc)
        if why_not is not None:
            key, things = (_digest(payload), len(message.findings)) if isinstance(message, Findings) else (str(message.row["on"]), 1)
            return self._put_aside(plant, what, key, payload, "strange", why_not, at, Receipt(message.number, aside=things, why=why_not))
        return self._keep_findings(plant, message, payload, at) if isinstance(message, Findings) else self._keep_figures(plant, message, payload, at)

    def _why_not(self, plant: str, uscc: str) -> Text | None:
        """Why nothing of a plant is kept under an enterprise; None where it is."""
        if uscc not in self.enterprises():
            return _WHY["enterprise"].filled(what=uscc[:40])
        kept_under = self.record.enterprise(plant)
        return None if kept_under in (None, uscc) else _WHY["other"].filled(what=kept_under)

    def _keep_figures(self, plant: str, message: Figures, payload: bytes, at: int) -> Receipt | None:
        what = self.record.keep(plant, message.uscc, str(message.row["on"]), message.number, message.row, at)
        self.counters.add("repeated" if what == "repeated" else "figures")
        if not message.strange:
            return Receipt(message.number, kept=1)
        why = _WHY["figures"].filled(what=", ".join(f"{name[:60]} = {value[:60]}" for name, value in list(message.strange.items())[:10]))
        key = f"{message.row['on']} {','.join(sorted(message.strange))}"
        return self._put_aside(plant, FIGURES, key[:2000], payload, "strange", why, at, Receipt(message.number, 1, len(message.strange), why))

    def _keep_findings(self, plant: str, message: Findings, payload: bytes, at: int) -> Receipt | None:
        sound = [f for f in message.findings if f.subject == plant and f.rulebook == RULEBOOK]
        faults = [] if len(sound) == len(message.findings) else [Text("它说的是另一工厂", "it speaks of another plant")]
        new, refused = self._recorded(sound)
        faults += refused
        self.record.heard(plant, message.uscc, at)
        self.counters.add("findings", new)
        kept = len(sound) - len(refused)
        if new < kept:
            self.counters.add("repeated", kept - new)
        if not faults:
            return Receipt(message.number, kept)
        why = _WHY["refused"].filled(what=joined(faults[:3], "；", "; "))
        return self._put_aside(plant, FINDINGS, _digest(payload), payload, "refused", why, at, Receipt(message.number, kept, len(message.findings) - kept, why))

    def _recorded(self, findings: list[StreamedFinding]) -> tuple[int, list[Text]]:
        """How many were new, and why others cannot stand; one that the store refuses takes no other with it."""
        if not findings:
            return 0, []
        try:
            return len(record_findings(self.store, findings, at=datetime.now(UTC), actor=ACTOR)), []
        except ActionError as wrong:
            if len(findings) == 1:
                return 0, [wrong.faults[0].told]
        each = [self._recorded([one]) for one in findings]
        return sum(new for new, _ in each), [why for _, faults in each for why in faults]

    def _put_aside(self, plant: str, what: str, key: str, payload: bytes, kind: str, why: Text, at: int, receipt: Receipt) -> Receipt | None:
        if not self.record.put_aside(plant, what, key, payload, why, at):
            self._tell("full", plant, at, _FULL.filled(plant=plant))
            return None
        self._tell(kind, plant, at, _ASIDE.filled(plant=plant, what=_WHAT[what], why=why))
        return receipt if receipt.number else None

    def _tell(self, kind: str, source: str, at: int, told: Text) -> None:
        self._notices.add(kind, source, at, told, every_s=_TOLD_EVERY_S)


def _digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def _number_of(payload: bytes) -> int:
    """The number of a message that is otherwise none, so that its sender need not say it for ever; 0 where it has none."""
    try:
        number = json.loads(payload)["number"]
    except UNREADABLE:
        return 0
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63 else 0
