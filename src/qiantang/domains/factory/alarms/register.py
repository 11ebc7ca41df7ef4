"""The register of a plant's alarms: charts raise them, people answer them, time passes over them; each change is given out once.

A pure state machine over event time: the same alarms and answers in the same order give the same changes, however they are cut
into batches, and a snapshot taken anywhere goes on as if nothing had happened. What it holds is bounded by signals × rules.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from heapq import heappop, heappush

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.bearing import MINUTE, Bearing, operators_of
from qiantang.domains.factory.alarms.entry import Change, Entry, Key, has, key_of
from qiantang.domains.factory.alarms.flood import Flood
from qiantang.domains.factory.alarms.grouping import SILENT, Group, Grouping
from qiantang.domains.factory.alarms.life import HELD, SHOWN, STATES, Event, State, after, ways
from qiantang.domains.factory.alarms.metrics import Metrics
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import ActionError, Fault, Place, SubjectError
from qiantang.kernel.words import Text, joined

_LEAST_PRIORITY, _BLIND = 4, 2
"""The least grave, and the gravest that a silent source can be."""


class Register:
    """Every alarm that is not normal, what is suppressed, the groups and floods of the moment, and the figures so far.

    ``still`` is asked whether the condition behind an alarm that was not raised again for long is there all the same.
    """

    def __init__(self, plant: Plant, bearing: Bearing | None = None, still: Callable[[Key], bool] = lambda _: False) -> None:
        self.plant = plant
        self.bearing = bearing or Bearing()
        self.now = 0
        self._still = still
        self._operators = operators_of(plant)
        self._priorities = {signal.number: signal.priority for signal in plant.signals}
        self._entries: dict[Key, Entry] = {}
        self._suppressed: dict[str, str] = {}
        self._due: list[tuple[int, Key]] = []
        self._groups = Grouping(plant, self.bearing)
        self._floods = [Flood(self.bearing) for _ in range(max(plant.operators, 1))]
        self.metrics = Metrics(len(self._floods))

    # --- what charts say ---

    def raised(self, alarms: Iterable[Alarm]) -> list[Change]:
        """Alarms in the order in which they were raised; what they change."""
        changes: list[Change] = []
        for alarm in alarms:
            changes += self.passed(alarm.at)
            changes += self._amended(alarm) if alarm.amends else self._raise(alarm)
        return changes

    def returned(self, signal: int, asset: str, rule: str, at: int) -> list[Change]:
        """The condition behind an alarm is over."""
        changes = self.passed(at)
        entry = self._entries.get((asset, signal, rule))
        if entry is not None and entry.holds:
            changes += self._return(entry, at)
        return changes

    def passed(self, at: int) -> list[Change]:
        """Let time pass up to an instant: shelving ends, alarms not raised again are over, floods run dry."""
        if at <= self.now:
            return []
        self.metrics.passed(self.now, at)
        changes: list[Change] = []
        while self._due and self._due[0][0] <= at:
            due, key = heappop(self._due)
            entry = self._entries.get(key)
            if entry is None or entry.due != due:
                continue
            self.now, entry.due = max(self.now, due), 0
            if entry.state is State.SHELVED and entry.until <= due:
                changes += self._come_out(entry, Event.UNSHELVED, due, "", "")
            elif entry.holds and entry.last + self.bearing.quiet <= due:
                if self._still(entry.key):
                    entry.last = due
                    self._await(entry)
                else:
                    changes += self._return(entry, due)
            else:
                self._await(entry)
        self.now = max(self.now, at)
        for flood in self._floods:
            flood.passed(at)
        return changes

    # --- what people do ---

    def acknowledge(self, alarm: str, by: str, at: int) -> list[Change]:
        """Somebody has seen an alarm (named by its id) and answers for it; those told together with it are answered too."""
        changes = self.passed(at)
        entry = self._named(alarm)
        together = [e for e in self._entries.values() if e.leader == entry.first and e.state in (State.UNACKNOWLEDGED, State.RETURNED)]
        return changes + [c for e in (entry, *together) for c in self._step(e, Event.ACKNOWLEDGED, at, by=by)]

    def shelve(self, alarm: str, by: str, reason: str, until: int, at: int) -> list[Change]:
        """Put an alarm aside up to an instant, with a reason; ActionError without one, or for longer than is allowed."""
        changes = self.passed(at)
        entry = self._named(alarm)
        most = self.bearing.shelved_at_most
        faults = []
        if not reason.strip():
            faults.append(Fault(Text("搁置须写明理由。", "shelving needs a reason."), Place(path=alarm), reason, "shelved-with-reason",
                                Text("请写明为何搁置。", "Say why it is put aside.")))
        if not at < until <= at + most:
            faults.append(Fault(Text("搁置的截止时刻不在允许范围内。", "the end of shelving is not within what is allowed."), Place(path=alarm), until,
                                "shelved-for-a-time", Text(f"请在 1 至 {most // MINUTE} 分钟内选择。", f"Choose from 1 to {most // MINUTE} minutes.")))
        if faults:
            raise ActionError(*faults)
        changes += self._step(entry, Event.SHELVED, at, by=by, reason=reason)
        entry.until = until
        self._await(entry)
        return changes

    def unshelve(self, alarm: str, by: str, at: int) -> list[Change]:
        """Take an alarm back before its time."""
        return self.passed(at) + self._come_out(self._named(alarm), Event.UNSHELVED, at, by, "")

    def suppress(self, machine: str, reason: str, at: int) -> list[Change]:
        """Keep all alarms of a machine back, as its design says for a state it is in (stopped as planned, changed over)."""
        changes = self.passed(at)
        self._suppressed[machine] = reason
        for entry in self._of_machine(machine):
            if after(entry.state, Event.SUPPRESSED, holds=entry.holds) is not None:
                changes += self._step(entry, Event.SUPPRESSED, at, reason=reason)
        return changes

    def unsuppress(self, machine: str, at: int) -> list[Change]:
        """The machine is at work again; what still holds is told now."""
        changes = self.passed(at)
        self._suppressed.pop(machine, None)
        for entry in self._of_machine(machine):
            if entry.state is State.SUPPRESSED:
                changes += self._come_out(entry, Event.UNSUPPRESSED, at, "", "")
        return changes

    def remove(self, alarm: str, by: str, reason: str, at: int) -> list[Change]:
        """Take an alarm out of service, with no end in time, until it is restored."""
        return self.passed(at) + self._step(self._named(alarm), Event.REMOVED, at, by=by, reason=reason)

    def restore(self, alarm: str, by: str, at: int) -> list[Change]:
        """Put an alarm back into service."""
        return self.passed(at) + self._come_out(self._named(alarm), Event.RESTORED, at, by, "")

    def mended(self, machines: Collection[str], over: Collection[Key], at: int) -> list[Change]:
        """Somebody mended these machines: what rises there from now on is told anew, whatever it was counted under before. ``over`` are the
        alarms of which no chart says any longer that anything is wrong, for it learns again."""
        changes = self.passed(at)
        for machine in machines:
            self._groups.close(machine)
            for entry in self._of_machine(machine):
                entry.recent = []
                if entry.holds and entry.key in over:
                    changes += self._return(entry, at)
        return changes

    def gone(self, plant: Plant) -> list[Change]:
        """What holds of assets and signals that the plant, as it is now, no longer has: over, for no chart will ever say so."""
        return [change for entry in sorted(self._entries.values(), key=lambda e: e.key)
                if entry.holds and not has(plant, entry.alarm.asset, entry.alarm.signal) for change in self._return(entry, self.now)]

    def go_on(self, plant: Plant) -> None:
        """Go on for the plant as it is now: what it no longer has is kept no more; priorities and operators are as the plant says now."""
        self.plant, self._operators = plant, operators_of(plant)
        self._priorities = {signal.number: signal.priority for signal in plant.signals}
        self._groups.go_on(plant)
        self._entries = {key: entry for key, entry in self._entries.items() if has(plant, entry.alarm.asset, entry.alarm.signal)}
        for entry in self._entries.values():
            entry.machine, entry.operator = plant.machine(entry.alarm.asset), self._operators[entry.alarm.asset]
            entry.priority = entry.priority if entry.alarm.rule == SILENT else self._priorities.get(entry.alarm.signal, entry.priority)
        self._suppressed = {machine: reason for machine, reason in self._suppressed.items() if machine in plant.asset}
        operators = max(plant.operators, 1)
        self._floods = [*self._floods, *(Flood(self.bearing) for _ in range(operators))][:operators]
        self.metrics.shared_by(operators)
        self.metrics.raised_of = Counter({key: times for key, times in self.metrics.raised_of.items() if has(plant, *key[:2])})

    # --- what stands ---

    @property
    def suppressed(self) -> Mapping[str, str]:
        """The machines of which all alarms are kept back by design, and why."""
        return self._suppressed

    def shown(self) -> list[Entry]:
        """The operator's list: what is not normal and not held back, the gravest first, the oldest of them first."""
        return sorted((e for e in self._entries.values() if e.state in SHOWN), key=lambda e: (e.priority, e.raised, e.key))

    def held(self) -> list[Entry]:
        """What is shelved, suppressed or out of service."""
        return sorted((e for e in self._entries.values() if e.state in HELD), key=lambda e: (e.priority, e.raised, e.key))

    def standing(self) -> list[Entry]:
        """What has held for longer than is called stale."""
        return [e for e in self.shown() if e.holds and self.now - e.raised >= self.bearing.stale]

    def in_flood(self) -> tuple[int, ...]:
        """The operators who have a flood now."""
        return tuple(number for number, flood in enumerate(self._floods) if flood.since is not None)

    def flood_share(self) -> float:
        """The part of all operators' time that was spent in floods."""
        whole = self.metrics.borne
        return sum(flood.lasted_until(self.now) for flood in self._floods) / whole if whole else 0.0

    def most_in_a_flood_span(self) -> int:
        """The most alarms that any operator got within one span of the flood's definition."""
        return max(flood.most for flood in self._floods)

    # --- how ---

    def _raise(self, alarm: Alarm) -> list[Change]:
        key = key_of(alarm)
        machine = self.plant.machine(alarm.asset)
        entry = self._entries.get(key)
        if entry is None:
            priority = self.priority(alarm)
            state = State.SUPPRESSED if machine in self._suppressed else State.NORMAL
            entry = self._entries[key] = Entry(alarm, alarm.id, state, False, priority, machine, self._operators[alarm.asset], alarm.at, alarm.at,
                                               reason=self._suppressed.get(machine, ""))
        lately = [at for at in entry.recent if at > alarm.at - self.bearing.chatter]
        entry.recent = [*lately[-self.bearing.chatter_times:], alarm.at]
        entry.chattering = len(entry.recent) >= self.bearing.chatter_times
        before, new = entry.state, entry.state in (State.NORMAL, State.RETURNED)
        if before is State.NORMAL:
            entry.first, entry.times, entry.leader = alarm.id, 0, ""
        entry.alarm, entry.holds, entry.last = alarm, True, max(entry.last, alarm.at)
        entry.times += 1
        following = after(before, Event.RAISED, holds=True)
        assert following is not None
        entry.state = following
        self.metrics.raised(key)
        self._await(entry)
        return [self._announced(entry, Event.RAISED, before, alarm.at, quietly=not new or entry.chattering)]

    def priority(self, alarm: Alarm) -> int:
        """How grave an alarm is, 1 the gravest: as its signal; a chart over a whole machine weighs as much as the gravest signal that moved.
        Of alarms of one instant the gravest is to be raised first: the others then join it, and the operator is told once."""
        if alarm.rule == SILENT:
            # Nobody sees any longer what goes on there; that anything is wrong is not known.
            return max(_BLIND, min((self._priorities[s] for s in alarm.others if s in self._priorities), default=_BLIND))
        own = self._priorities.get(alarm.signal)
        return own if own is not None else min((self._priorities[s] for s in alarm.others if s in self._priorities), default=_LEAST_PRIORITY - 1)

    def _announced(self, entry: Entry, event: Event, before: State, at: int, *, quietly: bool, by: str = "", reason: str = "") -> Change:
        """The change to an alarm that became visible; told unless it is said quietly or joins one already told."""
        told = not quietly and entry.state is State.UNACKNOWLEDGED
        if told:
            flood = self._floods[entry.operator]
            flood.passed(at)
            group = self._groups.joined(entry.alarm, entry.machine, entry.priority, at, flood=flood.since is not None)
            again = event is Event.RAISED and group.leads(entry.alarm) and group.times > 1
            if group.leads(entry.alarm):
                # The operator knows it by the id under which it was told; risen again within the group it is counted, not told.
                entry.first, entry.times = group.leader, max(entry.times, group.times)
            entry.leader = "" if group.leader == entry.first else group.leader
            graver = entry.priority < group.priority
            told = (not entry.leader and not again) or graver
            if graver:
                group.priority = entry.priority
            if told:
                entry.raised = at
                flood.announced(at)
                self.metrics.told(entry.operator, entry.priority)
        return self._change(entry, event, before, at, told=told, by=by, reason=reason)

    def _come_out(self, entry: Entry, event: Event, at: int, by: str, reason: str) -> list[Change]:
        """Out of what held it back: a new alarm where the condition is still there."""
        before = entry.state
        self._stepped(entry, event)
        entry.until, entry.by, entry.reason = 0, by, reason
        change = self._announced(entry, event, before, at, quietly=False, by=by, reason=reason)
        self._await(entry)
        return [change]

    def _return(self, entry: Entry, at: int) -> list[Change]:
        entry.holds = False
        return self._step(entry, Event.RETURNED, at)

    def _amended(self, alarm: Alarm) -> list[Change]:
        """A late reading corrected an alarm: it stands with its new values, or no longer; one long gone is told all the same."""
        entry = next((e for e in self._entries.values() if alarm.amends in (e.alarm.id, e.first) and e.state is not State.NORMAL), None)
        if entry is None:
            if not alarm.withdrawn:
                return self._raise(alarm)
            machine = self.plant.machine(alarm.asset)
            return [Change(self.now, Event.WITHDRAWN, alarm, State.NORMAL, State.NORMAL, _LEAST_PRIORITY, machine, self._operators[alarm.asset])]
        if alarm.withdrawn:
            entry.holds, entry.alarm = False, alarm
            return self._step(entry, Event.WITHDRAWN, self.now)
        entry.alarm = alarm
        return [self._change(entry, None, entry.state, self.now)]

    def _step(self, entry: Entry, event: Event, at: int, *, by: str = "", reason: str = "") -> list[Change]:
        before = entry.state
        self._stepped(entry, event)
        if by or reason:
            entry.by, entry.reason = by, reason
        change = self._change(entry, event, before, at, by=by, reason=reason)
        self._await(entry)
        return [change]

    def _stepped(self, entry: Entry, event: Event) -> None:
        following = after(entry.state, event, holds=entry.holds)
        if following is None:
            able = joined([Text(way.value, way.value) for way in ways(entry.state)])
            raise ActionError(Fault(Text("报警处于“{state}”，不能“{event}”。", "the alarm is “{state}”, where “{event}” cannot be.").filled(
                state=STATES[entry.state][1], event=event.value), Place(path=entry.alarm.id), event.value, "alarm-life",
                Text("可以：", "possible are: ") + able))
        entry.state = following

    def _change(self, entry: Entry, event: Event | None, before: State, at: int, *, told: bool = False, by: str = "", reason: str = "") -> Change:
        return Change(at, event, entry.alarm, before, entry.state, entry.priority, entry.machine, entry.operator, told, entry.leader, entry.times,
                      by, reason)

    def _await(self, entry: Entry) -> None:
        """See that time comes back to an alarm when the next thing can happen by itself; one that is normal, and quiet for
        as long as chattering is watched, is kept no longer."""
        following = [entry.until] if entry.state is State.SHELVED else []
        if entry.holds:
            following.append(entry.last + self.bearing.quiet)
        elif entry.state is State.NORMAL:
            over = entry.last + self.bearing.chatter
            if over <= self.now:
                self._entries.pop(entry.key, None)
                return
            following.append(over)
        if following and not 0 < entry.due <= min(following):
            entry.due = min(following)
            heappush(self._due, (entry.due, entry.key))

    def _named(self, alarm: str) -> Entry:
        found = next((e for e in self._entries.values() if alarm in (e.alarm.id, e.first) and e.state is not State.NORMAL), None)
        if found is None:
            raise SubjectError(Fault(Text("没有报警 {id}，或它已恢复正常。", "there is no alarm {id}, or it is normal again.").filled(id=alarm),
                                     Place(path=alarm), alarm, "known-alarm", Text("请查看报警清单。", "See the list of alarms.")))
        return found

    def _of_machine(self, machine: str) -> list[Entry]:
        return sorted((e for e in self._entries.values() if e.machine == machine), key=lambda e: e.key)

    # --- kept and taken up again ---

    def snapshot(self) -> bytes:
        """Everything needed to go on."""
        written = {
            "now": self.now, "entries": [e.written() for e in self._entries.values()], "suppressed": self._suppressed, "due": sorted(self._due),
            "groups": [asdict(group) for groups in self._groups.open.values() for group in groups],
            "floods": [{"recent": list(f.recent), "since": f.since, "lasted": f.lasted, "times": f.times, "most": f.most} for f in self._floods],
            "metrics": self.metrics.written()}
        return json.dumps(written, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def restored(cls, plant: Plant, snapshot: bytes, bearing: Bearing | None = None, still: Callable[[Key], bool] = lambda _: False) -> Register:
        """The register as it was when the snapshot was taken."""
        made, written = cls(plant, bearing, still), json.loads(snapshot)
        made.now, made._suppressed = written["now"], written["suppressed"]
        made._entries = {entry.key: entry for entry in map(Entry.read, written["entries"])}
        made._due = [(due, (asset, signal, rule)) for due, (asset, signal, rule) in written["due"]]
        for group in written["groups"]:
            made._groups.open.setdefault(group["place"], []).append(Group(**group))
        made._floods = [Flood(made.bearing, deque(f.pop("recent")), **f) for f in written["floods"]]
        made.metrics = Metrics.read(written["metrics"])
        return made
