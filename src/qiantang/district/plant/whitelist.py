"""What a plant lets out: figures by name, findings by the rule that broke; all that is not on its list stays in the plant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from qiantang.district.plant.publishing import ALL
from qiantang.domains.factory.charts.rules import TITLES
from qiantang.domains.factory.published import RESTS_ON
from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.words import Text

EVERY = "all"
"""Stands for the findings of every rule."""
_OF_A_FINDING = frozenset({"asset", "rule", "at_us", "since_us", "readings"})
_ALWAYS = ("plant", "uscc", "on")


@dataclass(frozen=True, slots=True)
class Whitelist:
    """The columns of ``plant_figures`` that may leave, and the rules whose findings may (None: every rule). Of a finding these leave:
    machine, rule, since when and until when, and over how many readings; no reading, no limit, no sentence that holds one."""

    columns: frozenset[str] = frozenset()
    rules: frozenset[str] | None = frozenset()

    def figures(self, row: Mapping[str, object]) -> dict[str, object]:
        """What may leave of a row; plant, day and enterprise are always told."""
        return {name: value for name, value in row.items() if name in self.columns or name in _ALWAYS}

    def tells_of(self, rule: object) -> bool:
        """Whether findings of this rule may leave."""
        return self.rules is None or rule in self.rules

    def values(self, values: Mapping[str, Stored]) -> dict[str, Stored]:
        """What may leave of a finding's values."""
        return {name: value for name, value in values.items() if name in _OF_A_FINDING}


def whitelist(figures: Collection[str], findings: Collection[str], place: Place | None = None) -> Whitelist:
    """The list of a plant that names figures (``factory.oee``, or a column of ``plant_figures``) and rules (``range``, ``cusum``, or ``all``).

    FactsError tells every name that is not known.
    """
    raise_all(FactsError, unknown_names(figures, findings, place or Place()))
    columns = {column for name in figures for column in RESTS_ON.get(name, (name,))}
    return Whitelist(frozenset(columns), None if EVERY in findings else frozenset(findings))


def unknown_names(figures: Collection[str], findings: Collection[str], place: Place) -> Iterator[Fault]:
    """A fault for each name that is none of a figure or of a rule."""
    for name in figures:
        if name not in RESTS_ON and name not in ALL:
            yield _unknown(place, "figures", name, (*RESTS_ON, *ALL), Text(f"没有数字“{name}”", f"there is no figure '{name}'"))
    for name in findings:
        if name not in TITLES and name != EVERY:
            yield _unknown(place, "findings", name, (EVERY, *TITLES), Text(f"没有结论种类“{name}”", f"there is no kind of finding '{name}'"))


def _unknown(place: Place, where: str, name: str, known: Collection[str], said: Text) -> Fault:
    path = f"{place.path}.{where}" if place.path else where
    return Fault(said, Place(place.file, path=path), name, "known-name", Text("可选：" + "、".join(known), "Choose from: " + ", ".join(known)))
