"""Plain JSON over a broker: a number, an object with value, time, quality and unit, or a list of them, mapped from topic to signal.

A topic's address in the directory is the topic itself, or what the first mapping that fits makes of it. An object may carry
several named values; each is a signal of its own, ``topic/name``. What cannot be read is counted, explained and left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from qiantang.kernel.readings import Directory, Quality, Readings, readings
from qiantang.kernel.wires import Counters
from qiantang.kernel.words import Text
from qiantang.links.messages import Listening, Messages, Noticing, Said
from qiantang.links.unit_book import Meant, UnitBook

_MOST_DEPTH = 40
_TOLD: dict[str, Text] = {
    "garbled": Text("主题 {source} 的内容不是 JSON：{why}", "the content of {source} is no JSON: {why}"),
    "shape": Text("主题 {source} 的 JSON 里没有读数：{why}", "the JSON of {source} holds no reading: {why}"),
    "time": Text("主题 {source} 的时间 {why} 无法识别，改用接收时刻", "the time {why} of {source} cannot be read; the time of receipt is taken"),
    "clock": Text("主题 {source} 的时钟偏差 {why} 秒，改用接收时刻", "the clock of {source} is off by {why} s; the time of receipt is taken"),
    "not_a_number": Text("主题 {source} 的读数为空、NaN 或不是数", "readings of {source} are null, NaN or no numbers"),
    "unit": Text("主题 {source} 的单位与应有的不同：{why}；读数已标记，直至有人在设备页或用 qiantang factory confirm-unit 确认",
                 "the unit of {source} is another: {why}; readings are marked until somebody confirms it, on the machine's page or with "
                 "qiantang factory confirm-unit"),
    "quality": Text("主题 {source} 的质量 {why} 无法识别，视为不可靠", "the quality {why} of {source} cannot be read and is taken as bad"),
    "unmapped": Text("主题 {source} 没有对应的测点", "no signal is mapped to the topic {source}"),
    "full": Text("测点已达上限，{source} 不予登记", "there are as many signals as allowed; {source} is not entered"),
}
_EVERY_S = 60
_QUALITIES = {"good": Quality.GOOD, "ok": Quality.GOOD, "bad": Quality.BAD, "uncertain": Quality.BAD, "stale": Quality.STALE}


@dataclass(frozen=True, slots=True)
class TopicMapping:
    """Which topics are which signals: a filter as MQTT has it, and an address in which ``{1}``, ``{2}`` … stand for what each
    wildcard met, ``{topic}`` for the topic, and ``{name}`` for the name of a value within an object (added with a slash where
    the address does not mention it)."""

    filter: str
    address: str = "{topic}"

    def met(self, topic: str) -> tuple[str, ...] | None:
        """What the wildcards meet in a topic; None where the filter does not fit."""
        levels = topic.split("/")
        found: list[str] = []
        wanted = self.filter.split("/")
        for i, part in enumerate(wanted):
            if part == "#":
                return (*found, "/".join(levels[i:]))
            if i >= len(levels) or part not in ("+", levels[i]):
                return None
            if part == "+":
                found.append(levels[i])
        return tuple(found) if len(levels) == len(wanted) else None


@dataclass(frozen=True, slots=True)
class JsonSettings:
    """``mappings`` in order; ``keys`` under which value, time, quality, unit, sequence and name are looked for; clocks may be
    ``ahead_us`` and ``behind_us`` off (a reading marked historical may be older); ``local`` is the zone of times that name none."""

    mappings: Sequence[TopicMapping] = (TopicMapping("#"),)
    value: tuple[str, ...] = ("value", "v", "val")
    time: tuple[str, ...] = ("time", "timestamp", "ts", "t", "at")
    quality: tuple[str, ...] = ("quality", "q", "status")
    unit: tuple[str, ...] = ("unit", "units", "u")
    sequence: tuple[str, ...] = ("sequence", "seq")
    historical: tuple[str, ...] = ("historical", "is_historical")
    name: tuple[str, ...] = ("name", "signal", "metric")
    values: tuple[str, ...] = ("values", "metrics", "readings")
    ahead_us: int = 5_000_000
    behind_us: int = 600_000_000
    local: tzinfo = timezone(timedelta(hours=8))
    most_signals: int = 1_000_000
    qos: int = 1


@dataclass(slots=True)
class _Columns:
    signal: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    quality: list[int] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)

    def readings(self) -> Readings:
        return readings(self.signal, self.at, self.value, received=self.received, quality=self.quality, sequence=self.sequence)


class JsonTopics(Listening):
    """Translates plain JSON topics into readings.

    A unit that is not the one that ``units`` knows of the signal marks its readings UNIT until somebody confirms it; a reading that tells
    none is in the unit told before it.
    """

    def __init__(self, directory: Directory, settings: JsonSettings | None = None, counters: Counters | None = None,
                 units: UnitBook | None = None) -> None:
        self.directory = directory
        self.settings = settings or JsonSettings()
        self.counters = counters or Counters()
        self._notices = Noticing(self.counters)
        self._addresses: dict[str, str | None] = {}
        self.units = units or UnitBook()
        self._units: dict[int, tuple[str, int, Meant]] = {}
        s = self.settings
        self._told = {*s.value, *s.time, *s.quality, *s.unit, *s.sequence, *s.historical, *s.name, *s.values}

    @property
    def subscriptions(self) -> tuple[tuple[str, int], ...]:
        """The filters of the mappings."""
        return tuple((mapping.filter, self.settings.qos) for mapping in self.settings.mappings)

    def tick(self, now: int) -> Said:
        """What is due to be told."""
        return Said(notices=self._notices.taken(now))

    def feed(self, batch: Messages) -> Said:
        """Take a batch of messages in their order."""
        into = _Columns()
        for topic, payload, now in zip(batch.topics, batch.payloads, batch.received, strict=True):
            self.counters.add("messages")
            address = self._address(topic)
            if address is None:
                self._tell("unmapped", topic, now)
                continue
            try:
                said = read_json(payload)
            except (ValueError, RecursionError) as wrong:
                self._tell("garbled", topic, now, f"{payload[:40]!r} ({type(wrong).__name__})")
                continue
            self._any(into, topic, address, said, now, {}, 0)
        self.counters.add("readings", len(into.signal))
        self.units.settle()
        return Said(into.readings(), self._notices.taken(batch.received[-1] if len(batch) else 0))

    def _address(self, topic: str) -> str | None:
        if topic not in self._addresses:
            found = None
            for mapping in self.settings.mappings:
                met = mapping.met(topic)
                if met is not None:
                    found = mapping.address.replace("{topic}", topic)
                    for i, part in enumerate(met, start=1):
                        found = found.replace(f"{{{i}}}", part)
                    break
            if len(self._addresses) >= 2 * self.settings.most_signals:
                return found
            self._addresses[topic] = found
        return self._addresses[topic]

    def _any(self, into: _Columns, topic: str, address: str, said: object, now: int, around: Mapping[str, object], depth: int) -> None:
        """Whatever JSON it is: a number, an object, a list."""
        if depth > _MOST_DEPTH:
            self._tell("shape", topic, now, "nested too deep")
        elif isinstance(said, list):
            for one in said:
                self._any(into, topic, address, one, now, around, depth + 1)
        elif isinstance(said, dict):
            self._object(into, topic, address, {**around, **said}, said, now, depth)
        elif isinstance(said, bool | int | float) or said is None or (isinstance(said, str) and _number(said) is not None):
            self._reading(into, topic, address, {**around, self.settings.value[0]: said}, now)
        else:
            self._tell("shape", topic, now, repr(said)[:40])

    def _object(self, into: _Columns, topic: str, address: str, said: Mapping[str, object], own: Mapping[str, object], now: int, depth: int) -> None:
        """An object: one reading, or a list or an object of named ones under ``values``, or each other key a name."""
        s = self.settings
        name = _first(own, s.name)
        if isinstance(name, str):
            address = _named(address, name)
        inside = _first(own, s.values)
        without = {key: value for key, value in said.items() if key not in s.values and key not in s.name}
        if isinstance(inside, list):
            self._any(into, topic, address, inside, now, without, depth + 1)
        elif isinstance(inside, dict):
            for key, value in inside.items():
                self._any(into, topic, _named(address, key), value, now, without, depth + 1)
        elif any(key in own for key in s.value):
            self._reading(into, topic, address, said, now)
        else:
            about = {key: value for key, value in said.items() if key in self._told and key not in s.name}
            named = [(key, value) for key, value in own.items() if key not in self._told and isinstance(value, int | float | dict)]
            if not named:
                self._tell("shape", topic, now, repr(dict(own))[:40])
            for key, value in named:
                self._any(into, topic, _named(address, key), value, now, about, depth + 1)

    def _reading(self, into: _Columns, topic: str, address: str, said: Mapping[str, object], now: int) -> None:
        s = self.settings
        address = address.replace("/{name}", "").replace("{name}", "")
        signal = self.directory.known(address)
        if signal is None:
            if len(self.directory) >= s.most_signals:
                self._tell("full", address[:120], now)
                return
            signal = self.directory.number(address)
        quality = self._quality(topic, _first(said, s.quality), now)
        number = _number(_first(said, s.value))
        if number is None or not math.isfinite(number):
            quality |= Quality.NOT_A_NUMBER
            self._tell("not_a_number", topic, now)
            number = math.nan
        historical = _first(said, s.historical) is True
        if historical:
            quality |= Quality.HISTORICAL
            self.counters.add("historical")
        at, late = self._instant(topic, _first(said, s.time), now, historical)
        meant = self._meant(signal, address, _first(said, s.unit))
        if meant is not None and meant.doubt is not None:
            quality |= Quality.UNIT
            self._tell("unit", topic, now, f"{meant.doubt.was} → {meant.doubt.now}")
        elif meant is not None and meant.into.changes:
            number = number * meant.into.scale + meant.into.offset
        sequence = _first(said, s.sequence)
        for column, value in ((into.signal, signal), (into.at, at), (into.received, now), (into.quality, int(quality | late)),
                              (into.sequence, sequence if isinstance(sequence, int) and 0 <= sequence < 2**62 else -1)):
            column.append(value)
        into.value.append(number)

    def _meant(self, signal: int, address: str, unit: object) -> Meant | None:
        """What the unit of a reading means, or else the one told last; None where none was told yet."""
        known = self._units.get(signal)
        told = unit if isinstance(unit, str) and unit else None if known is None else known[0]
        if told is None:
            return None
        if known is None or known[:2] != (told, self.units.version):
            known = self._units[signal] = (told, self.units.version, self.units.told(address, told))
        return known[2]

    def _instant(self, topic: str, said: object, now: int, historical: bool) -> tuple[int, Quality]:
        if said is None:
            return now, Quality.GOOD
        at = instant_us(said, self.settings.local)
        if at is None:
            self._tell("time", topic, now, repr(said)[:40])
            return now, Quality.CLOCK
        if at - now > self.settings.ahead_us or (now - at > self.settings.behind_us and not historical):
            self._tell("clock", topic, now, f"{(at - now) / 1e6:.1f}")
            return now, Quality.CLOCK
        return at, Quality.GOOD

    def _quality(self, topic: str, said: object, now: int) -> Quality:
        if said is None or said is True:
            return Quality.GOOD
        if said is False:
            return Quality.BAD
        if isinstance(said, str) and said.strip().lower() in _QUALITIES:
            return _QUALITIES[said.strip().lower()]
        number = _number(said)
        if number is not None:
            return Quality.STALE if number == 500 else Quality.GOOD if number >= 192 else Quality.BAD
        self._tell("quality", topic, now, repr(said)[:40])
        return Quality.BAD

    def _tell(self, kind: str, source: str, now: int, why: str = "") -> None:
        self._notices.add(kind, source[:120], now, _TOLD[kind].filled(source=source[:120], why=why), every_s=_EVERY_S)


def _first(said: Mapping[str, object], keys: Sequence[str]) -> object:
    return next((said[key] for key in keys if key in said), None)


def _named(address: str, name: str) -> str:
    return address.replace("{name}", name) if "{name}" in address else f"{address}/{name}"


def _number(said: object) -> float | None:
    """A number, also where it is written as text; None where it is none."""
    if isinstance(said, bool | int | float):
        try:
            return float(said)
        except OverflowError:
            return math.inf
    if isinstance(said, str):
        try:
            return float(said)
        except ValueError:
            return None
    return None


def read_json(payload: bytes | str) -> Any:
    """What a payload says. ValueError where it is no JSON, or holds half of a surrogate pair: nobody could write that down."""
    text = payload if isinstance(payload, str) else payload.decode("utf-8-sig")
    said = json.loads(text)
    if "\\u" in text:
        json.dumps(said, ensure_ascii=False).encode()
    return said


def instant_us(said: object, local: tzinfo) -> int | None:
    """Microseconds UTC of an ISO 8601 text or a count since 1970 in s, ms, µs or ns (told by its size); None where it is neither."""
    number = said if isinstance(said, int | float) and not isinstance(said, bool) else None
    if isinstance(said, str):
        try:
            day = datetime.fromisoformat(said)
        except ValueError:
            number = _number(said)
        else:
            return round((day if day.tzinfo else day.replace(tzinfo=local)).timestamp() * 1e6)
    if number is None or not 0 < number < 10**20:
        return None
    for most, factor in ((10**11, 10**6), (10**14, 10**3), (10**17, 1)):
        if number < most:
            return round(number * factor)
    return round(number / 1000)
