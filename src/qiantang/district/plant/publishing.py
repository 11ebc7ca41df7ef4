"""What a plant lets the district see: the sums of a day, only those columns the plant names, as a workbook at the district's door.

No raw signal, no alarm and no person leaves the plant. Each day's row holds what was added since the row of the day before, so that
the district's ratios are ratios of sums.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from qiantang.district.plant.folder import PlantFolder
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.facts import PLANT_FIGURES
from qiantang.domains.factory.hours import instant
from qiantang.kernel.errors import Fault, Place, QiantangError, SubjectError, raise_all
from qiantang.kernel.expressions.figures import figure
from qiantang.kernel.facts.identity import is_credit_code
from qiantang.kernel.facts.schema import Value
from qiantang.kernel.words import Text, same
from qiantang.links.templates import write_template

_KEY = ("plant", "uscc", "on")
ALL = tuple(c.name for c in PLANT_FIGURES.columns if c.name not in _KEY)
"""Every column that a plant may publish, its name included."""
_STANDING = ("signals", "equipment", "equipment_connected")
"""Counts that stand as they are; all others are sums that grow."""
_KEPT = "published.json"
_US_AN_HOUR = 3_600_000_000


def sums_now(folder: PlantFolder) -> dict[str, float]:
    """Everything that could be published, summed since the node began; SubjectError where it told nothing yet."""
    plant, told = folder.plant(), folder.told()
    if plant is None or told is None:
        raise _nothing_told(folder)
    register = Register.restored(plant, json.dumps(told["register"]).encode())
    metrics = register.metrics
    found = {name: value for name, value in told.get("figures", {}).items() if name in ALL and value is not None}
    return {**found, "alarms": float(sum(metrics.told_to)), "operator_h": metrics.borne / _US_AN_HOUR,
            "signals": float(len(plant.signals))}


def _nothing_told(folder: PlantFolder) -> QiantangError:
    return SubjectError.of("工厂还没有数据可上报", "the plant has told nothing that could be published", value=folder.name)


def day_told(folder: PlantFolder) -> date:
    """The day, in the plant's time zone, up to which the plant told by its own clock: a made-up plant lives in its own time, and the
    figures of a node that stopped last week are of last week. SubjectError where it told nothing yet."""
    plant, told = folder.plant(), folder.told()
    if plant is None or told is None or not told["at"]:
        raise _nothing_told(folder)
    return instant(int(told["at"]), plant.local).date()


def published(folder: PlantFolder, uscc: str, columns: Collection[str] = ALL, kept_as: str = _KEPT) -> dict[str, Value]:
    """The plant's row of the day up to which it told, as stored values, kept in its folder under ``kept_as``; asked again on the same day
    it is brought up to date.

    SubjectError where the credit code is none or a column is not known.
    """
    named = [] if is_credit_code(uscc) else [Fault(
        Text(f"“{uscc}”不是统一社会信用代码", f"'{uscc}' is no unified social credit code"), Place(folder.name), uscc, "credit-code",
        Text("与营业执照核对这 18 位。", "Compare its 18 characters with the business licence."))]
    strange = [Fault(Text(f"没有可上报的列“{name}”", f"there is no column “{name}” to publish"), Place(folder.name), name, "known-column",
                     Text("可选：" + "、".join(ALL), "Choose from: " + ", ".join(ALL))) for name in columns if name not in ALL]
    raise_all(SubjectError, [*named, *strange])
    plant, now = folder.plant(), sums_now(folder)
    assert plant is not None
    day = day_told(folder).isoformat()
    kept: dict[str, Any] = _kept(folder, kept_as) or {"on": "", "base": {}, "last": {}, "rows": []}
    # A node that began anew counts from nothing again, and says from when it counts. A sum that falls all the same was corrected.
    since = (folder.told() or {}).get("since", 0)
    began_anew = since != kept.get("since", since)
    base = {} if began_anew else kept["base"] if kept["on"] == day else kept["last"]
    row: dict[str, Value] = {"plant": plant.id, "uscc": uscc, "on": day}
    for column in PLANT_FIGURES.columns:
        if column.name == "title" and "title" in columns:
            row["title"] = plant.title.zh
        elif column.name in columns and column.name in now:
            value = now[column.name] if column.name in _STANDING else max(now[column.name] - base.get(column.name, 0.0), 0.0)
            row[column.name] = int(Decimal(repr(round(value, column.type.scale))).scaleb(column.type.scale))
    rows = [*(r for r in kept["rows"] if r["on"] != day), row]
    folder.keep(kept_as, {"on": day, "since": since, "base": base, "last": now, "rows": rows})
    return row


def titled(row: Mapping[str, Value]) -> list[tuple[Text, Text]]:
    """A row in words: each column's title with its value in the column's own unit."""
    found = []
    for name, value in row.items():
        column = PLANT_FIGURES.column(name)
        if column.type.is_number and isinstance(value, int):
            number = column.type.decimal(value)
            found.append((column.title, Text(figure(number, column.unit, "zh"), figure(number, column.unit, "en"))))
        else:
            found.append((column.title, same(str(value))))
    return found


def rows_kept(folder: PlantFolder, kept_as: str) -> list[dict[str, Value]]:
    """The rows of all days kept under that name, as stored values with days as text, oldest first."""
    kept = _kept(folder, kept_as)
    return [] if kept is None else list(kept["rows"])


def write_published(folder: PlantFolder, directory: Path) -> Path:
    """All rows that were published so far as a workbook in the district's folder, where its door reads them."""
    return write_rows(rows_kept(folder, _KEPT), folder.name, directory)


def write_rows(kept: Sequence[Mapping[str, Value]], plant: str, directory: Path) -> Path:
    """A plant's rows (days as text) as its workbook in the district's folder, instead of the one that is there."""
    path = directory / f"plant-figures-{plant}.xlsx"
    rows: list[Mapping[str, Value]] = [{**row, "on": date.fromisoformat(str(row["on"]))} for row in kept]
    write_template(path, (PLANT_FIGURES,), "zh", {PLANT_FIGURES.name: rows})
    return path


def _kept(folder: PlantFolder, kept_as: str) -> dict[str, Any] | None:
    path = folder.path / kept_as
    return dict(json.loads(path.read_bytes())) if path.is_file() else None
