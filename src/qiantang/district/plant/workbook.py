"""A plant as an Excel workbook: read with every fault at its place, written to be filled in or looked at."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qiantang.district.plant.sheets import BY_NAME, SHEETS, Column, Sheet
from qiantang.domains.factory.plant import (
    Asset,
    Part,
    Phase,
    PieceSource,
    Plant,
    Product,
    Recipe,
    Shift,
    Signal,
    Technician,
    Vehicle,
)
from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.readings import Directory
from qiantang.kernel.words import Lang, Text
from qiantang.links.files import sheets_of

Row = dict[str, Any]
_ROWS = "_row"


def read_plant(path: Path) -> Plant:
    """A plant from its workbook; FactsError tells all faults together: sheet, row, column, value, what belongs there.

    Signals are numbered in the order of their rows; ``numbered`` gives them a node's own numbers.
    """
    faults: list[Fault] = []
    called, found = {}, {}
    for sheet, name, cells in _sheets(path, faults):
        called[sheet.name] = name
        found[sheet.name] = _rows(sheet, name, cells, path.name, faults)
    # A sheet that is not there is named as the others are.
    english = any(name == BY_NAME[known].title.en for known, name in called.items())
    called = {sheet.name: sheet.title.said("en" if english else "zh") for sheet in SHEETS} | called
    faults += [Fault(Text(f"缺少工作表“{sheet.title.zh}”或其中没有行", f"the sheet '{sheet.title.en}' is missing or empty"),
                     Place(path.name, called[sheet.name]), rule="sheet") for sheet in SHEETS if sheet.needed and not found.get(sheet.name)]
    faults += _unlinked(found, called, path.name) + _without_length(found, called, path.name)
    raise_all(FactsError, faults)
    return _plant(found)


def numbered(plant: Plant, directory: Directory) -> Plant:
    """The plant with its signals numbered as a node's directory numbers their addresses; new ones get the next numbers."""
    return replace(plant, signals=tuple(replace(s, number=directory.number(s.address)) for s in plant.signals))


def write_plant(path: Path, plant: Plant | None, lang: Lang) -> None:
    """Write a plant's workbook, whole or not at all; None writes the empty one to be filled in."""
    import xlsxwriter

    rows: Mapping[str, Sequence[Row]] = {} if plant is None else _told(plant)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with xlsxwriter.Workbook(str(part), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            head, must = book.add_format({"bold": True, "bg_color": "#e3e9ee"}), book.add_format({"bold": True, "bg_color": "#0b5f8e", "font_color": "#fff"})
            for sheet in SHEETS:
                page = book.add_worksheet(sheet.title.said(lang))
                page.freeze_panes(1, 0)
                for at, column in enumerate(sheet.columns):
                    page.write(0, at, column.header.said(lang), must if column.needed else head)
                    page.write_comment(0, at, column.said.said(lang))
                    page.set_column(at, at, 14)
                for line, row in enumerate(rows.get(sheet.name, ()), start=1):
                    for at, column in enumerate(sheet.columns):
                        if row.get(column.name) is not None:
                            page.write(line, at, row[column.name])
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


# --- reading ---


def _sheets(path: Path, faults: list[Fault]) -> Iterable[tuple[Sheet, str, Sequence[Sequence[object]]]]:
    """Each sheet that is known, the name it bears in this workbook, and its cells."""
    titles = {word.lower(): sheet for sheet in SHEETS for word in (sheet.name, sheet.title.zh, sheet.title.en)}
    for sheet in sheets_of(path, path.name):
        known = titles.get(sheet.name.strip().lower())
        if known is not None:
            yield known, sheet.name.strip(), sheet.rows
        elif any(any(cell not in (None, "") for cell in row) for row in sheet.rows):
            near = difflib.get_close_matches(sheet.name, list(titles), n=1, cutoff=0.5)
            faults.append(Fault(Text(f"不认识工作表“{sheet.name}”", f"the sheet '{sheet.name}' is not known"), Place(path.name, sheet.name),
                                sheet.name, "sheet", _meant(near)))


def _rows(sheet: Sheet, called: str, cells: Sequence[Sequence[object]], file: str, faults: list[Fault]) -> list[Row]:
    if not cells:
        return []
    headers = [str(cell).strip() for cell in cells[0]]
    known = {word.lower(): column for column in sheet.columns for word in (column.name, column.header.zh, column.header.en)}
    places = {column.name: at for at, header in enumerate(headers) if (column := known.get(header.lower())) is not None}
    place = Place(file, called, 1)
    for at, header in enumerate(headers):
        if header and header.lower() not in known:
            near = difflib.get_close_matches(header, list(known), n=1, cutoff=0.5)
            faults.append(Fault(Text(f"第 {at + 1} 列“{header}”不认识", f"column {at + 1}, '{header}', is not known"), place, header, "header",
                                _meant(near)))
    lacking = [c for c in sheet.columns if c.needed and c.name not in places]
    faults += [Fault(Text(f"缺少列“{c.header.zh}”", f"the column '{c.header.en}' is missing"), place, rule="missing_column") for c in lacking]
    if lacking:
        return []
    written = {name: headers[at] for name, at in places.items()}
    rows = []
    for line, cells_of in enumerate(cells[1:], start=2):
        if any(cell not in (None, "") for cell in cells_of):
            rows.append({_ROWS: line} | {c.name: _value(c, places, cells_of, Place(file, called, line, written.get(c.name, "")), faults)
                                         for c in sheet.columns})
    return rows


def _meant(near: Sequence[str]) -> Text:
    return Text(f"是否就是“{near[0]}”？", f"Is it '{near[0]}'?") if near else Text("删除或改名。", "Delete or rename it.")


def _value(column: Column, places: Mapping[str, int], cells: Sequence[object], place: Place, faults: list[Fault]) -> Any:
    at = places.get(column.name)
    cell = cells[at] if at is not None and at < len(cells) else None
    if cell is None or cell == "":
        if column.needed:
            faults.append(Fault(Text("不能为空", "may not be empty"), place, rule="required", remedy=Text("应为：", "it must be: ") + column.said))
        return column.otherwise
    try:
        return column.read(cell)
    except (ValueError, TypeError, KeyError):
        faults.append(Fault(Text(f"“{cell}”不对", f"'{cell}' is not right"), place, cell, "cell", Text("应为：", "it must be: ") + column.said))
        return column.otherwise


_LINKS = (("signals", "asset", "assets"), ("assets", "parent", "assets"), ("recipes", "product", "products"), ("technicians", "shift", "shifts"),
          ("pieces", "asset", "assets"))
_KEYS = {"shifts": "name", "signals": "address", "pieces": "address"}


def _unlinked(found: Mapping[str, list[Row]], called: Mapping[str, str], file: str) -> list[Fault]:
    """What is named twice, and what names something that is not there."""
    faults = []
    for name, rows in found.items():
        key, title = _KEYS.get(name, "id"), called[name]
        seen: set[object] = set()
        for row in rows:
            if name != "recipes" and row[key] in seen:
                faults.append(Fault(Text(f"“{row[key]}”重复", f"'{row[key]}' occurs twice"), Place(file, title, row[_ROWS]), row[key], "twice"))
            seen.add(row[key])
    for name, column, of in _LINKS:
        known = {row[_KEYS.get(of, "id")] for row in found.get(of, [])}
        for row in found.get(name, []):
            if row[column] and row[column] not in known:
                where = BY_NAME[of].title
                faults.append(Fault(Text(f"“{row[column]}”不在工作表“{where.zh}”中", f"'{row[column]}' is not in the sheet '{where.en}'"),
                                    Place(file, called[name], row[_ROWS]), row[column], "unknown"))
    skills = {row["id"] for row in found.get("skills", [])}
    for row in found.get("technicians", []):
        place = Place(file, called["technicians"], row[_ROWS])
        faults += [Fault(Text(f"技能“{s}”不在工作表“技能”中", f"the skill '{s}' is not in the sheet 'skills'"), place, s, "unknown")
                   for s in row["skills"] or () if s not in skills]
    kinds = {row["kind"] for row in found.get("signals", [])}
    for row in found.get("parts", []):
        place = Place(file, called["parts"], row[_ROWS])
        faults += [Fault(Text(f"没有种类为“{kind}”的信号", f"no signal is of the kind '{kind}'"), place, kind, "unknown",
                         _meant(difflib.get_close_matches(kind, sorted(filter(None, kinds)), n=1, cutoff=0.5)))
                   for kind in row["kinds"] if kind not in kinds]
    return faults


def _without_length(found: Mapping[str, list[Row]], called: Mapping[str, str], file: str) -> list[Fault]:
    """Shifts that end before they begin: one that passes midnight has 24 hours added to its end."""
    return [Fault(Text(f"班次“{row['name']}”的结束 {_clock(row['end_s'])} 不晚于开始 {_clock(row['start_s'])}",
                       f"the shift '{row['name']}' ends at {_clock(row['end_s'])}, not after it begins at {_clock(row['start_s'])}"),
                  Place(file, called["shifts"], row[_ROWS]), _clock(row["end_s"]), "order",
                  Text("结束在次日的，时数加 24，如 24:00、31:30。", "Where it ends on the next day, add 24 to the hours, like 24:00 or 31:30."))
            for row in found.get("shifts", []) if row["start_s"] is not None and row["end_s"] is not None and row["end_s"] <= row["start_s"]]


def _title(row: Row) -> Text:
    return Text(row["title_zh"], row["title_en"] or row["title_zh"])


def _at(row: Row) -> tuple[float, float]:
    return row["x"], row["y"]


def _plant(found: Mapping[str, list[Row]]) -> Plant:
    def rows(name: str) -> list[Row]:
        return found.get(name, [])

    own, = rows("plant")[:1]
    signals = tuple(Signal(number, r["address"], r["asset"], r["name"], r["kind"], _title(r), r["unit"], r["rate_hz"], r["least"], r["most"], r["lower"],
                           r["upper"], r["grouped"], r["skewed"], r["phases"], r["priority"]) for number, r in enumerate(rows("signals")))
    phases: dict[tuple[str, str, str], list[Phase]] = {}
    for r in rows("recipes"):
        phases.setdefault((r["id"], r["product"], r["step"]), []).append(Phase(r["phase"], r["seconds"], r["baselines"]))
    return Plant(
        own["id"], _title(own), tuple(Asset(r["id"], _title(r), r["level"], r["parent"], r["step"], _at(r), r["ideal_cycle_s"]) for r in rows("assets")),
        signals, tuple(Product(r["id"], _title(r), r["mass_kg"]) for r in rows("products")),
        tuple(Recipe(id, product, step, tuple(of)) for (id, product, step), of in phases.items()),
        tuple((r["id"], _title(r)) for r in rows("skills")),
        tuple(Shift(r["name"], _title(r), r["start_s"], r["end_s"], r["breaks"]) for r in rows("shifts")),
        tuple(Technician(r["id"], r["name"], frozenset(r["skills"]), r["shift"], _at(r)) for r in rows("technicians")),
        tuple(Vehicle(r["id"], r["battery_wh"], r["use_wh_m"], r["speed_m_s"], _at(r)) for r in rows("vehicles")),
        tuple(Part(r["id"], _title(r), r["stock"], _at(r), r["kinds"], r["rules"]) for r in rows("parts")), own["operators"], own["takt_s"], own["synthetic"],
        tuple(PieceSource(r["wire"], r["address"], r["fields"], r["step"], r["asset"]) for r in rows("pieces")), own["zone"])


# --- writing ---


def _told(plant: Plant) -> dict[str, list[Row]]:
    def titled(title: Text) -> Row:
        return {"title_zh": title.zh, "title_en": title.en}

    def at(place: tuple[float, float]) -> Row:
        return {"x": place[0], "y": place[1]}

    def yes(held: bool) -> str:
        return "是" if held else "否"

    return {
        "plant": [{"id": plant.id, **titled(plant.title), "operators": plant.operators, "takt_s": plant.takt_s, "synthetic": yes(plant.synthetic),
                   "zone": plant.zone}],
        "assets": [{"id": a.id, **titled(a.title), "level": a.level, "parent": a.parent, "step": a.step, **at(a.place), "ideal_cycle_s": a.ideal_cycle_s}
                   for a in plant.assets],
        "signals": [{"address": s.address, "asset": s.asset, "name": s.name, "kind": s.kind, **titled(s.title), "unit": s.unit, "rate_hz": s.rate_hz,
                     "least": s.least, "most": s.most, "lower": s.lower, "upper": s.upper, "grouped": s.grouped, "skewed": yes(s.skewed),
                     "phases": yes(s.phases), "priority": s.priority} for s in plant.signals],
        "products": [{"id": p.id, **titled(p.title), "mass_kg": p.mass_kg} for p in plant.products],
        "recipes": [{"id": r.id, "product": r.product, "step": r.step, "phase": p.name, "seconds": p.seconds,
                     "baselines": ";".join(f"{kind}={value!r}" for kind, value in p.baselines.items())} for r in plant.recipes for p in r.phases],
        "skills": [{"id": id, **titled(title)} for id, title in plant.skills],
        "shifts": [{"name": s.name, **titled(s.title), "start_s": _clock(s.start_s), "end_s": _clock(s.end_s),
                    "breaks": ";".join(f"{_clock(a)}-{_clock(b)}" for a, b in s.breaks)} for s in plant.shifts],
        "technicians": [{"id": t.id, "name": t.name, "skills": ";".join(sorted(t.skills)), "shift": t.shift, **at(t.home)} for t in plant.technicians],
        "vehicles": [{"id": v.id, "battery_wh": v.battery_wh, "use_wh_m": v.use_wh_m, "speed_m_s": v.speed_m_s, **at(v.home)} for v in plant.vehicles],
        "parts": [{"id": p.id, **titled(p.title), "stock": p.stock, **at(p.place), "kinds": ";".join(p.kinds), "rules": ";".join(p.rules)}
                  for p in plant.parts],
        "pieces": [{"wire": p.wire, "address": p.address, "fields": ";".join(f"{name}={called}" for name, called in p.fields.items()), "step": p.step,
                    "asset": p.asset} for p in plant.piece_sources],
    }


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
