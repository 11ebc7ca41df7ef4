"""What a demonstration was made of: its files, how near it came to the published totals, and the dirt put in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from qiantang.district.demo.calibration import Figure
from qiantang.district.demo.dirt import Dirt
from qiantang.kernel.words import Lang, Text

SYNTHETIC = Text(
    "示范数据：企业、人员、地块与项目均由程序按种子生成，名称带“示例”，信用代码取自未启用的行政区划段（339900）；"
    "真实的平台名称仅作地点使用，其中的数字与任何真实主体无关。“公开数据”一册是真实公布的总量。",
    "Demonstration data: enterprises, people, parcels and projects are made by a program from a seed; names say 示例 "
    "(sample), credit codes lie in a division that does not exist (339900); real platforms serve as places only, and no figure "
    "belongs to any real subject. The workbook 公开数据 holds totals that were really published.")
"""What every demonstration says of itself."""


@dataclass(frozen=True, slots=True)
class WrittenSheet:
    """A sheet as written: its file, its name, the register it feeds, its rows."""

    file: str
    sheet: str
    table: str
    rows: int


@dataclass(frozen=True, slots=True)
class Reached:
    """A figure of the calibration, its target at this size, and what the synthetic district comes to before dirt."""

    figure: Figure
    target: Decimal
    reached: Decimal

    @property
    def off_by(self) -> Decimal:
        """How far it is from the target, as a fraction of it."""
        return (self.reached - self.target) / self.target if self.target else Decimal(0)


@dataclass(frozen=True, slots=True)
class DemoReport:
    """A demonstration district on disk. ``seconds`` is the time it took and no part of ``to_json``."""

    directory: Path
    enterprises: int
    seed: int
    years: tuple[int, ...]
    form: str
    sheets: tuple[WrittenSheet, ...]
    figures: tuple[Reached, ...]
    dirt: tuple[Dirt, ...]
    seconds: float
    notice: Text = SYNTHETIC
    synthetic: bool = True

    @property
    def rows(self) -> int:
        """Rows in all sheets."""
        return sum(s.rows for s in self.sheets)

    def to_json(self) -> dict[str, object]:
        """The report as plain values; the same for the same seed, size and form."""
        return {
            "synthetic": self.synthetic, "notice": {"zh": self.notice.zh, "en": self.notice.en},
            "enterprises": self.enterprises, "seed": self.seed, "years": list(self.years), "form": self.form, "rows": self.rows,
            "sheets": [{"file": s.file, "sheet": s.sheet, "table": s.table, "rows": s.rows} for s in self.sheets],
            "figures": [{
                "name": r.figure.name, "title": {"zh": r.figure.title.zh, "en": r.figure.title.en}, "unit": r.figure.unit.title.zh,
                "target": _plain(r.target), "reached": _plain(r.reached), "status": str(r.figure.status),
                "source": {"zh": r.figure.source.zh, "en": r.figure.source.en}} for r in self.figures],
            "dirt": dict(sorted(Counter(d.kind for d in self.dirt).items())),
        }

    def said(self, lang: Lang) -> str:
        """The report as lines to read."""
        zh = lang == "zh"
        lines = [self.notice.said(lang),
                 f"{self.enterprises:,} 家企业，{self.rows:,} 行，种子 {self.seed}" if zh
                 else f"{self.enterprises:,} enterprises, {self.rows:,} rows, seed {self.seed}"]
        lines += [f"  {r.figure.title.said(lang)}: {_plain(r.reached)} {r.figure.unit.title.said(lang)}"
                  + (f"（目标 {_plain(r.target)}，{r.figure.status.label.zh}）" if zh
                     else f" (target {_plain(r.target)}, {r.figure.status.label.en})") for r in self.figures]
        dirt = len(self.dirt)
        lines.append(f"有意放入 {dirt} 处脏数据，记录在 .demo/dirt.json" if zh
                     else f"{dirt} flaws put in on purpose, written down in .demo/dirt.json")
        return "\n".join(lines)


def _plain(value: Decimal) -> str:
    shown = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{shown:f}".rstrip("0").rstrip(".")
