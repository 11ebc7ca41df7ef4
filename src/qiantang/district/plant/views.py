"""A plant as one asker sees it on pages and walls: its node's folder read anew each time, its orders left there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qiantang.district.frames import Frame
from qiantang.district.identity import Identity
from qiantang.district.plant.confirming import doubt_said, doubts_meant
from qiantang.district.plant.folder import FRESH_S, Order, PlantFolder, plant_folders
from qiantang.district.plant.labels import Label, labels_of
from qiantang.district.plant.naming import Naming
from qiantang.district.plant.relearning import CONFIRM_UNIT, LEARN_AGAIN, instant_said, named_signals, relearning_of
from qiantang.district.plant.tracing_charts import machine_traces, signal_traces
from qiantang.domains.factory.actions import TASK
from qiantang.domains.factory.alarms.entry import Entry
from qiantang.domains.factory.alarms.grouping import SILENT
from qiantang.domains.factory.alarms.life import STATES, Event, after
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.alarms.wording import (
    figure,
    place_title,
    rule_title,
    signal_of,
    told,
    unit_said,
    what_title,
)
from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.hours import instant
from qiantang.domains.factory.pages.showing import silent_said
from qiantang.domains.factory.plant import Plant, Signal
from qiantang.kernel.errors import ActionError, Fault, Place, SubjectError
from qiantang.kernel.pages.blocks import Banner, Block, Card, Cards, Column, Row, Table
from qiantang.kernel.pages.live import Told, Trace
from qiantang.kernel.pages.values import Amount, Mark, to
from qiantang.kernel.words import Text, joined, same
from qiantang.links.unit_book import Doubt

if TYPE_CHECKING:
    from qiantang.domains.factory.measures.capability import Interval
    from qiantang.domains.factory.measures.genealogy import Operation

_MOST_SECONDS = 1800
"""A span so long is shown second by second, a longer one minute by minute."""
_MOST_LATEST = 20
"""So many pieces are listed where none is asked for."""
_MOST_BESIDE = 8
"""So many alarms are told beside a wall."""
_GRAVE = 2
_UNTOLD = 3
_LEARNT = ("charted", "learnt", "model_signals", "model_points", "model_needed")
"""The state of a cell of which nothing was told."""
_ALARM_EVENTS = {"acknowledge": Event.ACKNOWLEDGED, "shelve": Event.SHELVED, "unshelve": Event.UNSHELVED, "remove": Event.REMOVED,
                 "restore": Event.RESTORED}
_TASK_ANSWERS = ("accept", "start", "finish", "refuse")


def plants_seen(hidden: Path, who: Identity) -> list[PlantShown]:
    """The plants of a district that somebody may see: all of them for the district's own people, their own for a plant's."""
    if "see" not in who.capabilities or who.scope.kind not in ("district", "plant"):
        return []
    return [PlantShown(folder, who) for folder in plant_folders(hidden) if who.scope.kind == "district" or folder.name in who.scope.codes]


class PlantShown:
    """One plant's folder as the kernel's ``Live``; also the frames of its wall."""

    def __init__(self, folder: PlantFolder, who: Identity) -> None:
        self._folder = folder
        self._who = who

    @property
    def name(self) -> str:
        """The plant's id."""
        return self._folder.name

    @property
    def title(self) -> Text:
        """The plant's name."""
        return self._plant.title

    @property
    def synthetic(self) -> bool:
        """Whether it is made up."""
        return self._plant.synthetic

    @property
    def as_of(self) -> datetime | None:
        """The instant of the plant's own clock up to which it told, in the plant's time zone, as all its instants are."""
        at = self._told.get("at")
        return None if at is None else self._local(at)

    @property
    def at_work(self) -> bool:
        """Whether its node told something a moment ago."""
        ago = self._folder.told_ago_s()
        return ago is not None and ago < FRESH_S

    def figures(self) -> Mapping[str, Decimal]:
        """Its figures by name, as its node told them, and those of its alarms."""
        found = {name: Decimal(repr(value)) for name, value in self._told.get("figures", {}).items() if value is not None}
        register = self._register
        per_hour = register.metrics.per_operator_hour()
        if per_hour is not None:
            found["alarms_per_operator_hour"] = Decimal(repr(round(per_hour, 4)))
            found["flood_share"] = Decimal(repr(round(register.flood_share(), 6)))
            found["most_in_flood_span"] = Decimal(register.most_in_a_flood_span())
        found |= {"alarm_budget": Decimal(repr(register.bearing.per_hour)), "takt_target_s": Decimal(repr(self._plant.takt_s)),
                  "in_flood": Decimal(len(register.in_flood())), "signals": Decimal(len(self._plant.signals))}
        promises = self._folder.promises()
        found |= {f"false_alarms_{name}": Decimal(repr(round(promises[name], 2))) for name in ("allowed", "expected", "textbook")
                  if promises.get(name) is not None}
        found["operators"] = Decimal(self._plant.operators)
        found["alarms_shown"] = Decimal(len(register.shown()))
        found["tasks_open"] = Decimal(len(self._told.get("tasks", ())))
        return found

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, Told]]:
        """The rows of a table: machines, signals, alarms, held, bad_actors, capability, promises, tasks, task_events, labels, spans, counters,
        notices, origin, pieces."""
        make = self._tables.get(table)
        if make is None:
            return []
        return [row for row in make(where) if all(str(row.get(name, value)) == value for name, value in where.items())]

    def trace(self, of: str, points: int, span: tuple[datetime, datetime] | None = None) -> Trace | None:
        """A signal's means over the last minutes, or over the seconds or minutes of a span, as the plant's history has them."""
        signal = self._plant.by_address.get(of)
        home = self._folder.path / "history"
        as_of = int(self._told.get("at", 0))
        if signal is None or not home.is_dir() or (span is None and not as_of):
            return None
        from qiantang.engines.duckdb_history import History

        since, until = (as_of - points * 60_000_000, as_of) if span is None else (round(at.timestamp() * 1e6) for at in span)
        history = History(home, memory_mib=100, threads=1, asks_only=True)
        short = span is not None and until - since <= _MOST_SECONDS * 1_000_000
        try:
            found = history.steps(signal.number, since, until + 1, "second" if short else "minute")
        finally:
            history.close()
        if not len(found["at"]):
            return None
        values = tuple(None if isnan(value) else Decimal(figure(value)) for value in found["mean"].tolist())
        said = Text("每秒均值", "means of each second") if short else Text("每分钟均值", "means of each minute")
        return Trace(signal.title, same(unit_said(signal.unit)), tuple(self._local(at) for at in found["at"].tolist()), values, said=said)

    def charts(self, of: str) -> Sequence[Trace]:
        """What the rules that spoke look at: of a signal, or of a whole machine by its id."""
        told_of = self._traces
        signal = self._plant.by_address.get(of)
        if signal is None:
            rows = told_of.get("machines", {}).get(of)
            alarmed = [e.alarm.rule for e in (*self._register.shown(), *self._register.held()) if e.alarm.asset == of and e.alarm.signal < 0]
            return [] if rows is None else machine_traces(rows, alarmed, self._local)
        if self.at_work:
            self._folder.ask(of)
        kept = told_of.get("signals", {}).get(of)
        alarmed = [e.alarm.rule for e in (*self._register.shown(), *self._register.held()) if e.alarm.signal == signal.number]
        return [] if kept is None else signal_traces(signal, kept, alarmed, self._local)

    @cached_property
    def _traces(self) -> Mapping[str, Any]:
        return self._folder.traces()

    def order(self, order: str, values: Mapping[str, str]) -> Text:
        """An order left for the plant's node, which carries it out within a second or so; what can be seen to be wrong is told at once."""
        if not self.at_work:
            raise ActionError(Fault(Text("工厂节点未在运行，无法办理。", "the plant's node is not at work, so nothing can be done there."),
                                    Place(path=self.name), order, "node-at-work", Text("请先启动：qiantang factory run", "Start it: qiantang factory run")))
        if order in _ALARM_EVENTS:
            self._alarm_can(order, values)
        elif order in ("suppress", "unsuppress"):
            self._machine_can(order, values)
        elif order in _TASK_ANSWERS:
            self._task_can(order, values)
        elif order == LEARN_AGAIN:
            relearning_of(Order(order, values, self._who.name, 0), self._plant)
        elif order == CONFIRM_UNIT:
            doubts_meant(values, self._plant, self._doubts.values())
        else:
            raise ActionError.of(f"没有这样的操作：{order}", f"there is no order {order}", value=order)
        self._folder.leave(Order(order, dict(values), self._who.name, time.time_ns() // 1000))
        return Text("已交给工厂节点办理。", "Handed to the plant's node.")

    # --- the wall ---

    def frame(self) -> Frame:
        """Every signal in the wall's order, up to the instant to which the node told, and whether it tells nothing more. ValueError where it never
        told them."""
        cells = self._folder.cells()
        if cells is None:
            raise ValueError("the plant's node has told no cells yet")
        import numpy as np

        order = np.array([signal.number for signal in self._wall_order], np.int64)
        known = order < len(cells["state"])
        deviation, state = np.full(len(order), np.nan, np.float32), np.full(len(order), _UNTOLD, np.uint8)
        deviation[known], state[known] = cells["deviation"][order[known]], cells["state"][order[known]]
        return Frame(deviation, state, int(cells["at"]) if "at" in cells else int(self._told.get("at", 0)), not self.at_work)

    def told(self) -> Sequence[Block]:
        """The figures and the gravest alarms as they stand now, beside the cells."""
        fresh = PlantShown(self._folder, self._who)
        figures = fresh.figures()
        cards = Cards(tuple(Card(name, title, Amount(figures.get(name), unit, digits, percent=name in _SHARES))
                            for name, title, unit, digits in _BESIDE))
        # A machine is told once, by its gravest alarm.
        gravest = {fresh._plant.machine(e.alarm.asset): e for e in reversed(fresh._register.shown())}
        worst = sorted(gravest.values(), key=lambda e: e.priority)[:_MOST_BESIDE]
        rows = tuple(Row((place_title(fresh._plant, e.alarm.asset), rule_title(e.alarm.rule),
                          Mark(STATES[e.state][1], "alarm" if e.priority <= _GRAVE else "watch")), to("plant-alarms", plant=fresh.name)) for e in worst)
        columns = (Column("place", Text("设备", "machine")), Column("rule", Text("规则", "rule")), Column("state", Text("状态", "state")))
        table = Table("alarms", columns, rows, exports=False, empty=Text("没有报警。", "No alarm."))
        return (cards, table) if fresh.at_work else (Banner(silent_said(fresh), "watch"), cards, table)

    # --- its tables ---

    @cached_property
    def _tables(self) -> Mapping[str, Callable[[Mapping[str, str]], Sequence[Mapping[str, Told]]]]:
        return {"machines": self._machines, "signals": self._signals, "alarms": lambda _: self._entries(self._register.shown()),
                "held": lambda _: self._entries(self._register.held()), "bad_actors": self._bad_actors, "tasks": self._tasks,
                "task_events": self._task_events, "spans": self._spans, "counters": self._counters, "notices": self._notices, "walls": self._walls,
                "capability": self._capability, "promises": self._promises, "labels": self._labels, "origin": self._origin, "pieces": self._pieces,
                "latest_pieces": self._latest_pieces, "technicians": self._technicians}

    @cached_property
    def _plant(self) -> Plant:
        found = self._folder.plant()
        if found is None:
            raise SubjectError.of(f"没有工厂 {self.name}", f"there is no plant {self.name}", value=self.name)
        return found

    def _local(self, at: int) -> datetime:
        """Microseconds UTC in the plant's time zone."""
        return instant(int(at), self._plant.local)

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        return self._folder.told() or {}

    @cached_property
    def _doubts(self) -> Mapping[str, Doubt]:
        return {str(row["address"]): Doubt(**row) for row in self._told.get("doubts", ())}

    @cached_property
    def _register(self) -> Register:
        import json

        kept = self._told.get("register")
        if kept is None:
            return Register(self._plant)
        found = Register.restored(self._plant, json.dumps(kept).encode())
        # It may have been told of an earlier version of the plant, while the node still reads what came before this one.
        found.go_on(self._plant)
        return found

    @cached_property
    def _wall_order(self) -> list[Signal]:
        return [signal for _, signals in wall_groups(self._plant) for signal in signals]

    def _walls(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        return [{"title": title, "cells": len(signals)} for title, signals in wall_groups(self._plant)]

    def _machines(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        alarmed: dict[str, int] = {}
        for entry in self._register.shown():
            alarmed[entry.machine] = alarmed.get(entry.machine, 0) + 1
        stated = {str(row["id"]): row for row in self._told.get("machines", ())}
        rows: list[Mapping[str, Told]] = []
        for asset in self._plant.assets:
            if asset.level == "cell":
                row = stated.get(asset.id, {})
                rows.append({"id": asset.id, "title": asset.title, "step": asset.step, "state": str(row.get("state", "unknown")),
                             "oee": _decimal(row.get("oee")), "cycle_s": _decimal(row.get("cycle_s")), "alarms": alarmed.get(asset.id, 0),
                             "suppressed": self._register.suppressed.get(asset.id, ""),
                             "ideal_s": _decimal(asset.ideal_cycle_s), "took_s": _decimal(row.get("took_s")),
                             **{name: int(row.get(name, 0)) for name in _LEARNT},
                             "model_since": self._local(row["model_since"]) if row.get("model_since") else None})
        return rows

    def _signals(self, where: Mapping[str, str]) -> list[Mapping[str, Told]]:
        cells = self._folder.cells()
        wanted = where.get("machine")
        rows: list[Mapping[str, Told]] = []
        for signal in self._plant.signals:
            machine = self._plant.machine(signal.asset)
            if wanted is not None and machine != wanted:
                continue
            row: dict[str, Told] = {"address": signal.address, "machine": machine, "part": signal.asset, "asset": self._plant.asset[signal.asset].title,
                                    "title": signal.title, "unit": unit_said(signal.unit), "value": None, "deviation": None, "state": _UNTOLD,
                                    "doubt": doubt_said(self._doubts[signal.address]) if signal.address in self._doubts else None}
            if cells is not None and signal.number < len(cells["state"]):
                row |= {"value": _decimal(float(cells["value"][signal.number])), "deviation": _decimal(float(cells["deviation"][signal.number]), 2),
                        "state": int(cells["state"][signal.number])}
            rows.append(row)
        return rows

    def _promises(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        return [{"signals": int(row["signals"]), "points_an_hour": _decimal(row["points_an_hour"], 1), "asked": _decimal(row["asked"], 0),
                 **{rule: _decimal(row["run_lengths"].get(rule), 0) for rule in rules.BY_BUDGET}} for row in self._folder.promises().get("policies", ())]

    def _capability(self, where: Mapping[str, str]) -> list[Mapping[str, Told]]:
        as_of = self._told.get("at")
        if as_of is None or "machine" not in where:
            return []
        from qiantang.district.plant.capabilities import HOURS, capabilities

        def told_of(name: str, index: Interval | None) -> Mapping[str, Told]:
            return {name: None if index is None else _decimal(index.value, 2), f"{name}_low": None if index is None else _decimal(index.low, 2),
                    f"{name}_high": None if index is None else _decimal(index.high, 2)}

        return [{"machine": where["machine"], "address": signal.address, "asset": self._plant.asset[signal.asset].title, "title": signal.title,
                 "unit": unit_said(signal.unit), "lower": _decimal(signal.lower), "upper": _decimal(signal.upper), "n": of.n, "hours": HOURS,
                 "mean": _decimal(float(figure(of.mean))), **told_of("cp", of.cp), **told_of("cpk", of.cpk), **told_of("ppk", of.ppk)}
                for signal, of in capabilities(self._plant, where["machine"], self._folder.path / "history", int(as_of))]

    def _entries(self, entries: Sequence[Entry]) -> list[Mapping[str, Told]]:
        plant, stale, tasks = self._plant, {entry.first for entry in self._register.standing()}, self._tasks_of_findings
        rows: list[Mapping[str, Told]] = []
        for entry in entries:
            alarm = entry.alarm
            signal = signal_of(plant, alarm.signal)
            rows.append({
                "id": entry.first, "machine": entry.machine, "title": place_title(plant, alarm.asset),
                "signal": "" if signal is None or alarm.rule == SILENT else signal.address, "what": what_title(plant, alarm),
                "rule": rule_title(alarm.rule), "holds": entry.holds,
                "told": told(alarm, plant), "since": self._local(alarm.since), "raised": self._local(entry.raised),
                "state": entry.state.value, "priority": entry.priority, "times": entry.times, "chattering": entry.chattering,
                "stale": entry.first in stale, "leader": entry.leader, "until": self._local(entry.until) if entry.until else None,
                "reason": entry.reason, "by": entry.by, "task": tasks.get(entry.first) or tasks.get(entry.leader, "")})
        return rows

    @cached_property
    def _tasks_of_findings(self) -> Mapping[str, str]:
        """The task to which each finding led, the latest where there were several; one that is not over before those that are."""
        found: dict[str, str] = {}
        for row in (*self._told.get("tasks", ()), *self._told.get("done", ())):
            for finding in (*row.get("findings", ()), row.get("finding", "")):
                found.setdefault(str(finding), str(row["id"]))
        return found

    def _bad_actors(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        return [{"title": place_title(self._plant, actor.asset), "machine": self._plant.machine(actor.asset),
                 "what": Text("整机", "the whole machine") if (signal := signal_of(self._plant, actor.signal)) is None else signal.title,
                 "rule": rule_title(actor.rule), "times": actor.times, "share": _decimal(actor.share, 4)} for actor in self._register.metrics.bad_actors()]

    def _technicians(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        return [{"id": person.id, "title": same(person.name)} for person in self._plant.technicians]

    def _tasks(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        return [self._task(row) for row in (*self._told.get("tasks", ()), *self._told.get("done", ()))]

    def _task(self, row: Mapping[str, Any]) -> Mapping[str, Told]:
        asset = str(row["asset"])
        title = place_title(self._plant, asset) if asset in self._plant.asset else same(asset)
        names = {person.id: person.name for person in self._plant.technicians}
        skills = dict(self._plant.skills)
        return {"id": str(row["id"]), "asset": asset, "title": title, "skill": skills.get(str(row["skill"]), same(str(row["skill"]))),
                "priority": int(row["priority"]), "state": str(row["state"]), "worker": str(row["worker"]),
                "worker_name": names.get(str(row["worker"]), str(row["worker"])), "due": self._local(row["due"]),
                "since": self._local(row["since"]), "minutes": _decimal(row["minutes"]), "finding": str(row.get("finding", "")),
                "rules": " ".join(sorted({str(of).rpartition(":")[0].rpartition(":")[2] for of in row.get("findings", ())})),
                "findings": int(row.get("findings_count", 0)) or len(row.get("findings", ())) or 1,
                "told": Text(row.get("told_zh", ""), row.get("told_en", "")), "parts": self._parts(row.get("parts", ())),
                "why": Naming(self._plant).in_words(Text(row.get("why_zh", ""), row.get("why_en", "")))}

    def _parts(self, parts: Iterable[Sequence[Any]]) -> Text:
        """Spare parts in words, and how many of each."""
        titles = {part.id: part.title for part in self._plant.parts}
        return joined([titles.get(str(part), same(str(part))) + same(f" × {number}") for part, number in parts])

    def _task_events(self, where: Mapping[str, str]) -> list[Mapping[str, Told]]:
        naming = Naming(self._plant)
        return [{"task": str(row["task"]), "at": self._local(row["at"]), "event": str(row["event"]), "state": str(row["state"]),
                 "worker": str(row["worker"]), "worker_name": naming.person(str(row["worker"])),
                 "reason": naming.in_words(Text(row["reason_zh"], row["reason_en"]))} for row in self._told.get("events", ())
                if str(row["task"]) == where.get("task", str(row["task"]))]

    def _labels(self, where: Mapping[str, str]) -> list[Mapping[str, Told]]:
        """What technicians said, task by task."""
        found: dict[tuple[str, int], list[Label]] = {}
        for label in labels_of(self._folder):
            if label.machine == where.get("machine", label.machine):
                found.setdefault((label.task, label.until), []).append(label)
        return [{"task": task, "machine": of[0].machine, "cause": of[0].cause, "done": of[0].done, "worker": of[0].worker, "until": self._local(until),
                 "rules": " ".join(sorted({one.rule for one in of if one.rule})), "times": 1} for (task, until), of in found.items()]

    def _spans(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        names = {person.id: person.name for person in self._plant.technicians}
        return [{"lane": str(row["worker"]), "name": names.get(str(row["worker"]), str(row["worker"])), "task": str(row["task"]),
                 "start": self._local(row["start"]), "end": self._local(row["end"]), "late": bool(row["late"]),
                 "title": place_title(self._plant, str(row["asset"])) if row["asset"] in self._plant.asset else same(str(row["asset"]))}
                for row in self._told.get("spans", ())]

    def _counters(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        return [{"name": str(name), "count": int(count)} for name, count in sorted(self._told.get("counters", {}).items())]

    def _notices(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        naming = Naming(self._plant)
        said = [(row, Text(row["told_zh"], row["told_en"])) for row in reversed(self._told.get("notices", ()))]
        return [{"at": self._local(row["at"]), "source": str(row["source"]), "told": naming.in_words(told) if row["kind"] == "order" else told,
                 "count": int(row["count"])} for row, told in said]

    def _origin(self, where: Mapping[str, str]) -> list[Mapping[str, Told]]:
        kept = self._folder.genealogy()
        thing = where.get("thing", "")
        if kept is None or not thing:
            return []
        return [{"thing": thing, "item": o.item, **self._operation(o)} for o in kept.origin(thing).operations]

    def _latest_pieces(self, _: Mapping[str, str]) -> list[Mapping[str, Told]]:
        kept = self._folder.genealogy()
        return [] if kept is None else [{"piece": o.item, **self._operation(o)} for o in kept.latest(_MOST_LATEST)]

    def _operation(self, o: Operation) -> Mapping[str, Told]:
        return {"step": o.step, "asset": o.asset, "tool": o.tool, "operator": o.operator,
                "title": self._plant.asset[o.asset].title if o.asset in self._plant.asset else same(o.asset),
                "machine": self._plant.machine(o.asset) if o.asset in self._plant.asset else "",
                "since": self._local(o.since), "until": self._local(o.until), "result": o.result, "reason": o.reason}

    def _pieces(self, where: Mapping[str, str]) -> list[Mapping[str, Told]]:
        kept = self._folder.genealogy()
        if kept is None:
            return []
        asset, tool, operator = (where.get(name, "") for name in ("asset", "tool", "operator"))
        since, until = (instant_said(where[name], self._plant.local, title) if where.get(name) else None for name, title in _SPAN)
        if where.get("thing"):
            found = kept.pieces(where["thing"])
        elif asset or tool or operator or since is not None or until is not None:
            found = kept.pieces_by(asset=asset, tool=tool, operator=operator, since=since, until=until)
        else:
            found = ()
        return [{"piece": piece, **where} for piece in found]

    # --- what can be ordered ---

    def _alarm_can(self, order: str, values: Mapping[str, str]) -> None:
        named = values.get("alarm", "")
        entry = next((e for e in (*self._register.shown(), *self._register.held()) if named in (e.first, e.alarm.id)), None)
        if entry is None:
            raise SubjectError.of(f"没有报警 {named}，或它已恢复正常", f"there is no alarm {named}, or it is normal again", value=named)
        if after(entry.state, _ALARM_EVENTS[order], holds=entry.holds) is None:
            raise ActionError.of(f"报警现为“{STATES[entry.state][1].zh}”，不能这样办理", f"the alarm is “{STATES[entry.state][1].en}”; this cannot be done now",
                                 value=named)
        if order == "remove" and not values.get("reason", "").strip():
            raise ActionError.of("停用须写明理由", "taking out of service needs a reason", value=named)
        if order == "shelve":
            most = self._register.bearing.shelved_at_most // 60_000_000
            minutes = values.get("minutes", "")
            if not values.get("reason", "").strip() or not minutes.isdigit() or not 1 <= int(minutes) <= most:
                raise ActionError.of(f"搁置须写明理由和 1 至 {most} 分钟的时限", f"shelving needs a reason and 1 to {most} minutes", value=minutes)

    def _machine_can(self, order: str, values: Mapping[str, str]) -> None:
        machine = values.get("machine", "")
        if machine not in {asset.id for asset in self._plant.assets if asset.level == "cell"}:
            raise SubjectError.of(f"没有设备 {machine}", f"there is no machine {machine}", value=machine)
        if order == "suppress" and not values.get("reason", "").strip():
            raise ActionError.of("按设计抑制须写明理由", "suppression by design needs a reason", value=machine)
        if (order == "suppress") == (machine in self._register.suppressed):
            raise ActionError.of("设备的报警已是如此", "that is how the machine's alarms stand already", value=machine)

    def _task_can(self, order: str, values: Mapping[str, str]) -> None:
        named = values.get("task", "")
        row = next((row for row in self._told.get("tasks", ()) if row["id"] == named), None)
        if row is None:
            raise SubjectError.of(f"没有未完成的任务 {named}", f"there is no open task {named}", value=named)
        state = TASK.state(str(row["state"]))
        if TASK.step(state.name, order) is None:
            raise ActionError.of(f"任务现为“{state.title.zh}”，不能这样办理", f"the task is “{state.title.en}”; this cannot be done now", value=named)
        if row["worker"] != self._who.name and "*" not in self._who.roles:
            raise ActionError.of(f"任务派给了 {row['worker'] or '—'}", f"the task is with {row['worker'] or '—'}", value=self._who.name)
        missing = [need.title for need in TASK.event(order).needs if not need.optional and not values.get(need.name, "").strip()]
        if missing:
            raise ActionError.of("请填写：" + "、".join(t.zh for t in missing), "please fill in: " + ", ".join(t.en for t in missing), value=named)
        if values.get("since", "").strip():
            instant_said(values["since"], self._plant.local)
        if str(row["asset"]) in self._plant.asset:
            named_signals(self._plant, str(row["asset"]), values.get("changed", ""))


_SPAN = (("since", Text("自何时", "from")), ("until", Text("至何时", "to")))
_BESIDE = (
    ("oee", Text("OEE", "OEE"), same(""), 1), ("takt_s", Text("节拍", "takt"), same("s"), 2),
    ("alarms_per_operator_hour", Text("每操作员小时报警", "alarms an operator and hour"), same(""), 1),
    ("tasks_open", Text("未完成任务", "open tasks"), same(""), 0),
)
_SHARES = frozenset({"oee"})


def wall_groups(plant: Plant) -> list[tuple[Text, list[Signal]]]:
    """The signals in the wall's order: by what the machines stand in (the area or line), machine by machine as the plant lists them."""
    groups: dict[str, list[Signal]] = {}
    place = {asset.id: number for number, asset in enumerate(plant.assets)}
    for signal in sorted(plant.signals, key=lambda s: (place[s.asset], s.number)):
        machine = plant.asset[plant.machine(signal.asset)]
        groups.setdefault(machine.parent or machine.id, []).append(signal)
    return [(plant.asset[home].title, signals) for home, signals in groups.items()]


def _decimal(value: float | None, digits: int = 4) -> Decimal | None:
    return None if value is None or isnan(value) else Decimal(repr(round(value, digits)))
