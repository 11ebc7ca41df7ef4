"""Where a number of the law comes from, and how far it may be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from qiantang.kernel.words import Lang, Text


class Status(StrEnum):
    """How far a value may be trusted; the worst one in a finding is shown with it."""

    SOURCED = "sourced"
    PARTIAL = "partial"
    DRAFT = "draft"
    ASSUMPTION = "assumption"
    PLACEHOLDER = "placeholder"

    @property
    def label(self) -> Text:
        """The word shown to a reader."""
        return _TITLES[self]

    @property
    def firm(self) -> bool:
        """Read in a published text in force; anything else is said wherever it is used."""
        return self in (Status.SOURCED, Status.PARTIAL)


_TITLES = {
    Status.SOURCED: Text("有来源", "sourced"),
    Status.PARTIAL: Text("部分来源", "partly sourced"),
    Status.DRAFT: Text("征求意见稿", "draft"),
    Status.ASSUMPTION: Text("假设", "assumption"),
    Status.PLACEHOLDER: Text("占位值", "placeholder"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A document and the place in it. ``read`` is the day somebody read it; ``link`` an address."""

    issuer: str
    document: str
    number: str = ""
    clause: str = ""
    published_on: date | None = None
    link: str = ""

    def said(self, lang: Lang) -> str:
        """Document, number and clause in one line."""
        number = f"（{self.number}）" if self.number else ""
        clause = f" {self.clause}" if self.clause else ""
        name = self.document if self.document.startswith("《") or lang == "en" else f"《{self.document}》"
        return f"{name}{number}{clause}"
