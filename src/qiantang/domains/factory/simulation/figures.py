"""The figures that the simulated plant assumes, each with its unit and either its source or the word that it is an assumption."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from qiantang.kernel.errors import Place, SubjectError
from qiantang.kernel.words import Text

FILE = "figures.toml"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. Exactly one of ``source`` (where it was read) and ``assumption`` (what was assumed) is filled."""

    name: str
    value: float
    unit: str
    source: str = ""
    assumption: str = ""


class Figures(Mapping[str, float]):
    """Values by ``step.name``; ``stated`` gives each with its unit and source."""

    def __init__(self, stated: Mapping[str, Figure]) -> None:
        self.stated = dict(stated)

    def __getitem__(self, name: str) -> float:
        return self.stated[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.stated)

    def __len__(self) -> int:
        return len(self.stated)

    def but(self, values: Mapping[str, float]) -> Figures:
        """The same figures but for these, which are then assumptions of whoever asks. SubjectError for a name not there."""
        unknown = [name for name in values if name not in self.stated]
        if unknown:
            raise SubjectError.of(f"没有这个参数：{unknown[0]}", f"There is no such figure: {unknown[0]}", value=unknown[0],
                                  place=Place(file=FILE), remedy=Text("参数名见该文件。", "That file names the figures."))
        return Figures(self.stated | {
            name: replace(self.stated[name], value=float(value), source="", assumption="set for this run") for name, value in values.items()
        })


@cache
def stated_figures() -> Figures:
    """The figures of the file that lies beside this module."""
    found = tomllib.loads((files(__package__) / FILE).read_text(encoding="utf-8"))
    return Figures({
        name: Figure(name, float(of["value"]), of["unit"], of.get("source", ""), of.get("assumption", ""))
        for step, figures in found.items() for key, of in figures.items() for name in (f"{step}.{key}",)
    })
