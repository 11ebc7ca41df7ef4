"""A process written as a YAML file is read with every fault and its line, so that its deadlines stay out of the code.

    name: lowland
    title: {zh: …, en: …}
    start: listed
    roles: {platform: {zh: …, en: …}}
    states:
      listed: {title: {zh: …, en: …}, owner: platform, deadline: working_days(15), status: assumption,
               escalations: [{role: district, deadline: working_days(5)}]}
      cleared: {title: {zh: …, en: …}, closed: true}
    events:
      plan: {title: {zh: …, en: …}, needs: {plan_route: {title: {zh: …, en: …}, choices: {improve: {zh: …, en: …}}}}}
    steps:
      - {in: listed, on: plan, to: planned, may: [platform]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

import yaml

from qiantang.kernel.actions.deadlines import DeadlineRule, read_deadline_rule, working_days
from qiantang.kernel.actions.process_rows import Choice, Escalation, Event, Kind, Need, Role, State, Step
from qiantang.kernel.actions.processes import Process
from qiantang.kernel.errors import DomainError, Fault, Place, QiantangError, raise_all
from qiantang.kernel.sources import Source, Status
from qiantang.kernel.words import Text, same

Read = TypeVar("Read")


def read_process(path: Path) -> Process:
    """The process of one file."""
    return process_from(path.read_text(encoding="utf-8"), path.name)


def process_from(written: str, file: str = "") -> Process:
    """The process written in this text; ``file`` names it in faults."""
    try:
        root = yaml.compose(written, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise DomainError(Fault(
            Text("不是有效的 YAML：{error}。", "this is no valid YAML: {error}.").filled(error=error),
            Place(file=file), rule="yaml")) from error
    reading = _Reading(file)
    process = _process(_Row(root, reading))
    raise_all(DomainError, reading.faults)
    return process()


class _Reading:
    """What one reading has found wrong so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, node: yaml.Node | None, path: str, rule: str, message: Text, remedy: Text) -> None:
        """Note a fault at the line of this node."""
        self.faults.append(Fault(message, self.place(node, path), rule=rule, remedy=remedy))

    def place(self, node: yaml.Node | None, path: str) -> Place:
        """Where a node stands, by line and by path."""
        return Place(file=self.file, row=node.start_mark.line + 1 if node else None, path=path)


class _Row:
    """One mapping of the file; names never asked for are faults, as are those missing or of the wrong shape."""

    def __init__(self, node: yaml.Node | None, reading: _Reading, path: str = "") -> None:
        self.node, self.reading, self.path = node, reading, path
        self.inside: dict[str, yaml.Node] = {}
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value)
                if name in self.inside:
                    reading.fault(key, self.at(name), "declared-once",
                                  Text("“{name}”写了不止一次。", "“{name}” is written more than once.").filled(
                                      name=name),
                                  Text("每个只写一行。", "Write each of them in one row."))
                self.inside[name] = value
        else:
            reading.fault(node, path, "shape", Text("这里应是“名称: 值”。", "names with values belong here."),
                          Text("请参照既有的流程文件。", "See a process file that is there already."))

    def at(self, name: str) -> str:
        """The path of a name in this row."""
        return f"{self.path}.{name}".lstrip(".")

    def only(self, *names: str) -> _Row:
        """This row, with every other name noted as a fault."""
        for name, node in self.inside.items():
            if name not in names:
                self.reading.fault(node, self.at(name), "known-name",
                                   Text("不认识“{name}”。", "“{name}” means nothing here.").filled(name=name),
                                   Text("可用的有：{names}。", "There are: {names}.").filled(names=", ".join(names)))
        return self

    def word(self, name: str, otherwise: str | None = None) -> str:
        """A single value as written."""
        node = self._wanted(name, otherwise is None)
        if node is None:
            return otherwise or ""
        if isinstance(node, yaml.ScalarNode) and str(node.value).strip():
            return str(node.value)
        self.reading.fault(node, self.at(name), "shape", Text("这里应是一个词。", "one word belongs here."),
                           Text("请只写一个值。", "Write a single value."))
        return ""

    def flag(self, name: str) -> bool:
        """Yes or no; no where it is not written."""
        return self.one_of(name, {"true": True, "false": False}, "false")

    def one_of(self, name: str, known: dict[str, Read], otherwise: str) -> Read:
        """A word out of those known."""
        word = self.word(name, otherwise)
        if word not in known:
            self.reading.fault(self.inside[name], self.at(name), "known-word",
                               Text("不认识“{word}”。", "“{word}” means nothing here.").filled(word=word),
                               Text("可用的有：{names}。", "There are: {names}.").filled(names=", ".join(known)))
        return known.get(word, known[otherwise])

    def words(self, name: str) -> tuple[str, ...]:
        """A list of single values."""
        return tuple(str(node.value) for node in self._listed(name, needed=True))

    def text(self, name: str) -> Text:
        """A title in both languages."""
        node = self._wanted(name, needed=True)
        if node is None:
            return same("")
        row = _Row(node, self.reading, self.at(name)).only("zh", "en")
        return Text(row.word("zh"), row.word("en"))

    def row(self, name: str) -> _Row | None:
        """The mapping under a name, where it is written."""
        node = self.inside.get(name)
        return None if node is None else _Row(node, self.reading, self.at(name))

    def rows(self, name: str, needed: bool = True) -> Iterator[tuple[str, _Row]]:
        """The mapping of mappings under a name."""
        node = self._wanted(name, needed)
        if node is not None:
            row = _Row(node, self.reading, self.at(name))
            for key, inside in row.inside.items():
                yield key, _Row(inside, self.reading, row.at(key))

    def list_of_rows(self, name: str, needed: bool = True) -> Iterator[_Row]:
        """The list of mappings under a name."""
        for place, node in enumerate(self._listed(name, needed), start=1):
            yield _Row(node, self.reading, self.at(f"{name}[{place}]"))

    def deadline(self, name: str, needed: bool = False) -> DeadlineRule | None:
        """A deadline rule, where it is written."""
        return self._read(name, read_deadline_rule, needed)

    def day(self, name: str) -> date | None:
        """A day, where it is written."""
        return self._read(name, _day)

    def _read(self, name: str, read: Callable[[str, Place], Read], needed: bool = False) -> Read | None:
        if self._wanted(name, needed) is None:
            return None
        try:
            return read(self.word(name), self.reading.place(self.inside[name], self.at(name)))
        except QiantangError as error:
            self.reading.faults += error.faults
            return None

    def _listed(self, name: str, needed: bool) -> list[yaml.Node]:
        node = self._wanted(name, needed)
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if node is not None:
            self.reading.fault(node, self.at(name), "shape", Text("这里应是一个列表。", "a list belongs here."),
                               Text("请写成 [甲, 乙]。", "Write it as [one, another]."))
        return []

    def _wanted(self, name: str, needed: bool) -> yaml.Node | None:
        if needed and self.node is not None and name not in self.inside:
            self.reading.fault(self.node, self.at(name), "given",
                               Text("缺少“{name}”。", "“{name}” is missing.").filled(name=name),
                               Text("请补上。", "Write it here."))
        return self.inside.get(name)


def _process(row: _Row) -> Callable[[], Process]:
    """Everything read; the process itself is made, and so checked, only once the file has no fault of its own."""
    row.only("name", "title", "start", "roles", "states", "events", "steps")
    name, title, start = row.word("name"), row.text("title"), row.word("start")
    roles_row = row.row("roles")
    roles = tuple(Role(role, roles_row.text(role)) for role in roles_row.inside) if roles_row else ()
    states = tuple(_state(state, inside) for state, inside in row.rows("states"))
    events = tuple(_event(event, inside) for event, inside in row.rows("events"))
    steps = tuple(_step(inside) for inside in row.list_of_rows("steps"))
    return lambda: Process(name, title, start, roles, states, events, steps)


def _state(name: str, row: _Row) -> State:
    row.only("title", "owner", "deadline", "escalations", "closed", "status", "source")
    return State(
        name, row.text("title"), row.word("owner", ""), row.deadline("deadline"),
        tuple(_escalation(inside) for inside in row.list_of_rows("escalations", needed=False)), row.flag("closed"),
        row.one_of("status", {status.value: status for status in Status}, Status.ASSUMPTION.value),
        _source(row.row("source")))


def _escalation(row: _Row) -> Escalation:
    row.only("role", "deadline")
    return Escalation(row.word("role"), row.deadline("deadline", needed=True) or working_days(0))


def _source(row: _Row | None) -> Source | None:
    if row is None:
        return None
    row.only("issuer", "document", "number", "clause", "published_on", "link")
    return Source(row.word("issuer"), row.word("document"), row.word("number", ""), row.word("clause", ""),
                  row.day("published_on"), row.word("link", ""))


def _event(name: str, row: _Row) -> Event:
    row.only("title", "needs")
    needs = tuple(_need(need, inside) for need, inside in row.rows("needs", needed=False))
    return Event(name, row.text("title"), needs)


def _need(name: str, row: _Row) -> Need:
    row.only("title", "kind", "choices", "optional")
    inside = row.row("choices")
    choices = tuple(Choice(choice, inside.text(choice)) for choice in inside.inside) if inside else ()
    otherwise = Kind.CHOICE if choices else Kind.TEXT
    kind = row.one_of("kind", {kind.value: kind for kind in Kind}, otherwise.value)
    return Need(name, row.text("title"), kind, choices, row.flag("optional"))


def _step(row: _Row) -> Step:
    row.only("in", "on", "to", "may", "restarts")
    return Step(row.word("in"), row.word("on"), row.word("to"), row.words("may"), row.flag("restarts"))


def _day(written: str, place: Place) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise DomainError(Fault(
            Text("“{day}”不是日期。", "“{day}” is no day.").filled(day=written), place, written, "day",
            Text("请写成 2024-12-31。", "Write it as 2024-12-31."))) from None
