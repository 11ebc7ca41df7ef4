"""An error says what was found, where, and what to do, in both languages, and keeps those facts as fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from qiantang.kernel.words import Lang, Text, preferred_lang, same


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a cell of a workbook, a line of a file, a path in a rulebook."""

    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    path: str = ""

    def said(self, lang: Lang) -> str:
        """The place as words, from the outside in."""
        zh = lang == "zh"
        parts = [self.file] if self.file else []
        if self.sheet:
            parts.append(f"工作表 {self.sheet}" if zh else f"sheet {self.sheet}")
        if self.row is not None:
            parts.append(f"第 {self.row} 行" if zh else f"row {self.row}")
        parts += [p for p in (self.column, self.path) if p]
        return ("，" if zh else ", ").join(parts)


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, which value, what the rule is, what to do."""

    message: Text
    place: Place = NOWHERE
    value: object = None
    rule: str = ""
    remedy: Text = field(default_factory=lambda: same(""))

    def said(self, lang: Lang) -> str:
        """Place, message and remedy as one sentence each."""
        zh = lang == "zh"
        where = self.place.said(lang)
        head = f"{where}{'：' if zh else ': '}" if where else ""
        message, end = self.message.said(lang), self.remedy.said(lang)
        stop = "" if not end or message.endswith((".", "。", "?", "？", "!", "！")) else "。" if zh else "."
        return f"{head}{message}{stop}{('' if zh else ' ') + end if end else ''}"

    @property
    def told(self) -> Text:
        """The sentence in both languages."""
        return Text(self.said("zh"), self.said("en"))


class QiantangError(Exception):
    """Base of every error that a person may meet; carries one or more faults, told together."""

    def __init__(self, *faults: Fault) -> None:
        self.faults: tuple[Fault, ...] = faults
        super().__init__(*faults)

    @classmethod
    def of(cls, zh: str, en: str, *, place: Place = NOWHERE, value: object = None, rule: str = "",
           remedy: Text | None = None) -> QiantangError:
        """An error with a single fault, said in both languages."""
        return cls(Fault(Text(zh, en), place, value, rule, remedy or same("")))

    def said(self, lang: Lang) -> str:
        """All faults, one a line."""
        return "\n".join(f.said(lang) for f in self.faults)

    def __str__(self) -> str:
        return self.said(preferred_lang())


class RulebookError(QiantangError):
    """A rulebook file or its expressions cannot be used."""


class FactsError(QiantangError):
    """A table, a workbook or a fact cannot be used."""


class SubjectError(QiantangError):
    """No such subject, run or case."""


class ActionError(QiantangError):
    """A case cannot take this step, or the record of steps has been tampered with."""


class DomainError(QiantangError):
    """Domains need each other in a ring, publish a name twice, or need what nobody publishes."""


def raise_all(kind: type[QiantangError], faults: Iterable[Fault]) -> None:
    """Raise one error with every fault, or nothing where there is none."""
    found = tuple(faults)
    if found:
        raise kind(*found)
