"""Ids in a sentence about tasks, said as what they stand for: an alarm, a task's machine, a person."""

from __future__ import annotations

import re
from functools import cached_property

from qiantang.domains.factory.alarms.grouping import SILENT
from qiantang.domains.factory.alarms.wording import place_title, rule_title, signal_of
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.words import Text, same

_ALARM = re.compile(r"(?P<task>task-|T:)?(?P<of>[^\s:：（(]+):(?P<rule>\w+):\d{9,}")
_OF_SIGNAL = re.compile(r"s(\d+)")


class Naming:
    """What a plant calls that which ids stand for. An id that it does not know stays as it is."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    def person(self, id: str) -> str:
        """The name of a technician."""
        return self._names.get(id, id)

    def in_words(self, said: Text) -> Text:
        """A sentence with what it names by id in words."""
        return Text(self._in_words(said.zh, zh=True), self._in_words(said.en, zh=False))

    @cached_property
    def _names(self) -> dict[str, str]:
        return {person.id: person.name for person in self._plant.technicians}

    @cached_property
    def _people(self) -> re.Pattern[str] | None:
        ids = "|".join(re.escape(id) for id in sorted(self._names, key=len, reverse=True))
        return re.compile(rf"(?<![\w-])(?:{ids})(?![\w-])", re.ASCII) if ids else None

    def _in_words(self, said: str, *, zh: bool) -> str:
        named = _ALARM.sub(lambda found: self._alarm(found).said("zh" if zh else "en"), said)
        return named if self._people is None else self._people.sub(lambda found: self._names[found.group()], named)

    def _alarm(self, found: re.Match[str]) -> Text:
        """An alarm's id as its place, signal and rule; a task's, which bears that of its first alarm, as the place alone."""
        numbered = _OF_SIGNAL.fullmatch(found["of"])
        signal = signal_of(self._plant, int(numbered.group(1))) if numbered else None
        asset = signal.asset if signal is not None else found["of"]
        if asset not in self._plant.asset:
            return same(found.group())
        place = place_title(self._plant, asset)
        if found["task"]:
            return place
        what = Text(f" {signal.title.zh}", f", {signal.title.en}") if signal is not None and found["rule"] != SILENT else same("")
        rule = rule_title(found["rule"])
        return place + what + Text(f"（{rule.zh}）", f" ({rule.en})")
