"""Builds the demonstration district: the world is made, laid out in departments' sheets, spoilt here and there, written."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from qiantang.district.demo.calibration import Calibration, read_calibration
from qiantang.district.demo.departments import department_sheets
from qiantang.district.demo.dirt import Dirt, LaidSheet, soil
from qiantang.district.demo.published import read_published
from qiantang.district.demo.report import SYNTHETIC, DemoReport, Reached, WrittenSheet
from qiantang.district.demo.world import make_world
from qiantang.district.demo.writing import FORMS, MOST_ROWS, Form, write_columnar, write_workbook
from qiantang.district.settings import District, default_folder
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Text
from qiantang.registers.platforms import PLATFORMS

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[Text, float], None]
"""Told what is being done, and which part of the whole is behind it."""

FEWEST, MOST = 1_000, 1_000_000
WORKBOOKS_UP_TO = 100_000
"""Enterprises up to which workbooks are the usual form; beyond, Parquet is."""
LOG = ".demo"
"""Folder, hidden from the door, with what was put in: ``dirt.json`` and ``report.json``."""


def build_demo(directory: Path, enterprises: int = 4_000, seed: int = 20220401, years: Sequence[int] = (2020, 2021, 2022),
               progress: Progress | None = None, form: Form | None = None, district: District | None = None) -> DemoReport:
    """Write a synthetic district of so many enterprises into a folder, which is made where it is not there.

    The same arguments give the same cell values. ``form`` None takes workbooks, and Parquet for a large district. A
    folder that holds anything but an earlier demonstration is refused, so that nobody's workbooks are overwritten.
    """
    began = time.monotonic()
    form = _asked(directory, enterprises, years, form)
    district = district or District.load(default_folder())
    if district.demonstration is None:
        raise FactsError.of("该地区没有示范数据的校准文件", "the district has no file to calibrate a demonstration to",
                            place=Place(str(district.folder)), remedy=Text("在 district.yaml 中写明 demonstration。",
                                                                           "Name it as 'demonstration' in district.yaml."))
    calibration = read_calibration(district.demonstration, enterprises)
    said = progress or (lambda _, __: None)
    import duckdb

    scratch = Path(tempfile.mkdtemp(prefix="qiantang-demo-"))
    try:
        with duckdb.connect(str(scratch / "world.duckdb"), config={"memory_limit": "2500MiB", "temp_directory": str(scratch)}) as world:
            world.execute("SET preserve_insertion_order = false")
            steps = iter((0.02, 0.12, 0.30))
            make_world(world, district, calibration, seed, years, lambda words: said(words, next(steps)))
            _real(world, district)
            said(Text("各部门制表", "departments write their sheets"), 0.45)
            laid = _laid(world, form, max(years))
            dirt = soil(world, {s.name: s for s in laid}, calibration, max(years), texts=form != "parquet")
            made = scratch / "made"
            sheets = _written(world, made, laid, form, said)
            report = DemoReport(directory, enterprises, seed, tuple(sorted(years)), form, sheets,
                                _reached(world, calibration, max(years)), tuple(dirt), 0.0)
        _logged(made, report, dirt)
        _moved(made, directory)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    said(Text("示范地区已建成", "the demonstration district stands"), 1.0)
    return replace(report, seconds=time.monotonic() - began)


def _asked(directory: Path, enterprises: int, years: Sequence[int], form: Form | None) -> Form:
    """The form to write in; FactsError where what was asked for cannot be made."""
    if not FEWEST <= enterprises <= MOST:
        raise FactsError.of(f"企业数 {enterprises:,} 超出 {FEWEST:,} 至 {MOST:,}", f"{enterprises:,} enterprises is outside {FEWEST:,} to {MOST:,}",
                            value=enterprises)
    if not years or sorted(years) != list(range(min(years), max(years) + 1)):
        raise FactsError.of("年度应连续且不重复", "the years must follow one another, each once", value=list(years))
    if form is not None and form not in FORMS:
        raise FactsError.of(f"不认识形式“{form}”", f"'{form}' is no form", value=form,
                            remedy=Text("可用：" + "、".join(FORMS), "known: " + ", ".join(FORMS)))
    if directory.exists() and not (directory / LOG).is_dir() and any(directory.iterdir()):
        raise FactsError.of("文件夹不空，且不是示范地区", "the folder is not empty and holds no demonstration", place=Place(str(directory)),
                            remedy=Text("请另给一个文件夹。", "Name another folder."))
    chosen: Form = form or ("xlsx" if enterprises <= WORKBOOKS_UP_TO else "parquet")
    if chosen == "xlsx" and enterprises * max(len(years), 2) + 100 > MOST_ROWS:
        raise FactsError.of(f"{enterprises:,} 家企业的工作表超过 Excel 的 {MOST_ROWS:,} 行",
                            f"{enterprises:,} enterprises need more than Excel's {MOST_ROWS:,} rows", value=enterprises,
                            remedy=Text("改用 csv 或 parquet。", "Take csv or parquet."))
    return chosen


def _real(world: duckdb.DuckDBPyConnection, district: District) -> None:
    """The only rows that are real: the district's platforms, and figures that were published."""
    titles = {code: title.zh for code, title in PLATFORMS.column("leading_industry").choices}
    world.execute("CREATE TABLE platform_register (place INTEGER, platform VARCHAR, name VARCHAR, name_en VARCHAR, subdistricts VARCHAR, "
                  "leading_industry VARCHAR, ten_thousand_mu VARCHAR, main VARCHAR)")
    world.executemany("INSERT INTO platform_register VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [
        [place, p.code, p.title.zh, p.title.en, "、".join(s.title.zh for s in p.subdistricts), titles[p.leading_industry],
         "是" if p.ten_thousand_mu else "否", "是" if p.main else "否"] for place, p in enumerate(district.platforms)])
    world.execute("CREATE TABLE published_figure (nth INTEGER, place VARCHAR, year INTEGER, indicator VARCHAR, part VARCHAR, "
                  "figure DECIMAL(18, 4), unit VARCHAR, source VARCHAR, published_on DATE, link VARCHAR)")
    figures = read_published(district.published_figures) if district.published_figures else ()
    if figures:
        world.executemany("INSERT INTO published_figure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
            [nth, f.place, f.year, f.indicator, f.part, f.figure, f.unit, f.source, f.published_on, f.link]
            for nth, f in enumerate(figures)])


def _laid(world: duckdb.DuckDBPyConnection, form: Form, last_year: int) -> list[LaidSheet]:
    laid = []
    for number, sheet in enumerate(department_sheets(last_year)):
        workbook = form == "xlsx"
        columns = ", ".join(f'{h.value} AS "{h.written(workbook)}"' for h in sheet.headings)
        table = f"sheet_{number}"
        world.execute(f"CREATE TABLE {table} AS SELECT row_number() OVER (ORDER BY {sheet.order}) AS _at, {columns} FROM {sheet.rows}")
        file = f"{sheet.department}.xlsx" if workbook else f"{sheet.department}-{sheet.name}.{form}"
        # The row that a person sees: after the lines above and the header; a Parquet file counts its rows from 1.
        first = len(sheet.above) + 2 if workbook else 2 if form == "csv" else 1
        laid.append(LaidSheet(sheet, table, file, sheet.name, first, with_note=workbook))
    return laid


def _written(world: duckdb.DuckDBPyConnection, made: Path, laid: Sequence[LaidSheet], form: Form, said: Progress) -> tuple[WrittenSheet, ...]:
    made.mkdir()
    files = list(dict.fromkeys(s.file for s in laid))
    for number, file in enumerate(files):
        said(Text(f"写出 {file}", f"writing {file}"), 0.55 + 0.43 * number / len(files))
        own = [s for s in laid if s.file == file]
        if form == "xlsx":
            write_workbook(world, made / file, own)
        else:
            for sheet in own:
                write_columnar(world, made / file, sheet, form)
    return tuple(WrittenSheet(s.file, s.shown, s.sheet.table.name,
                              _counted(world, f"SELECT count(*) FROM {s.table}")) for s in laid)


def _counted(world: duckdb.DuckDBPyConnection, query: str) -> int:
    row = world.execute(query).fetchone()
    return int(row[0]) if row else 0


_ABOVE = "enterprise_year y JOIN registry e USING (id) JOIN tenure t USING (id) WHERE e.stratum = 'above' AND y.year = {last}"
_EMITTED = "y.cod_t + y.ammonia_nitrogen_t + y.sulphur_dioxide_t + y.nitrogen_oxides_t"
_MEASURES: tuple[tuple[str, str], ...] = (
    ("above_scale_industry", "SELECT count(*) FROM registry WHERE stratum = 'above'"),
    ("below_scale_industry", "SELECT count(*) FROM registry WHERE stratum = 'below'"),
    ("hitech_certificates", "SELECT count(DISTINCT id) FROM honour WHERE kind = 'hitech' AND DATE '{before}-12-31' BETWEEN since AND until"),
    ("output", f"SELECT sum(y.output_wan) / 10000 FROM {_ABOVE}"),
    ("output_year_before", f"SELECT sum(y.output_wan) / 10000 FROM {_ABOVE.replace('{last}', '{before}')}"),
    ("main_platform_share", f"SELECT 100 * sum(y.output_wan) FILTER (e.main_platform) / sum(y.output_wan) FROM {_ABOVE}"),
    ("leading_share", f"SELECT 100 * sum(y.output_wan) FILTER (e.leading_industry <> 'other') / sum(y.output_wan) FROM {_ABOVE}"),
    ("value_added", f"SELECT sum(y.value_added_wan) / 10000 FROM {_ABOVE}"),
    ("tax_per_mu", f"SELECT sum(y.tax_paid_wan) / sum(t.used_mu) FROM {_ABOVE}"),
    ("land", f"SELECT sum(t.used_mu) FROM {_ABOVE}"),
    ("labour_productivity", f"SELECT sum(y.value_added_wan) / sum(y.staff_mean) FROM {_ABOVE}"),
    ("value_added_per_energy", f"SELECT sum(y.value_added_wan) / sum(y.energy_tce) FROM {_ABOVE}"),
    ("value_added_per_emission", f"SELECT sum(y.value_added_wan) / sum({_EMITTED}) FROM {_ABOVE}"),
    ("rd_share", "SELECT 100 * sum(rd_statistical_wan) / ({gdp} * 10000) FROM enterprise_year WHERE year = {last}"),
    ("future_factories", "SELECT count(*) FROM standing WHERE future_factory"),
    ("smart_factories", "SELECT count(*) FROM standing WHERE smart_factory"),
    ("top_talents", "SELECT count(*) FROM person WHERE talent_level IN ('A', 'B', 'C', 'D')"),
    ("academician_teams", "SELECT count(*) FROM organisation WHERE kind = 'other'"),
    ("universities", "SELECT count(*) FROM organisation WHERE kind = 'university'"),
    ("institutes", "SELECT count(*) FROM organisation WHERE kind = 'institute'"),
    ("alumni_projects", "SELECT count(*) FROM project WHERE kind = 'alumni'"),
    ("university_projects", "SELECT count(*) FROM project WHERE kind = 'university'"),
)


def _reached(world: duckdb.DuckDBPyConnection, calibration: Calibration, last_year: int) -> tuple[Reached, ...]:
    """Each figure as the synthetic district has it, before the dirt."""
    found = []
    for name, query in _MEASURES:
        row = world.execute(query.format(last=last_year, before=last_year - 1, gdp=calibration.amount("gdp"))).fetchone()
        value = Decimal(str(row[0])) if row is not None and row[0] is not None else Decimal(0)
        found.append(Reached(calibration.figures[name], calibration.target(name), value))
    return tuple(found)


def _logged(made: Path, report: DemoReport, dirt: Sequence[Dirt]) -> None:
    log = made / LOG
    log.mkdir()
    (log / "dirt.json").write_text(json.dumps([asdict(d) for d in dirt], ensure_ascii=False, indent=1), encoding="utf-8")
    (log / "report.json").write_text(json.dumps(report.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    (made / "README.md").write_text(f"# 示范数据 / demonstration data\n\n{SYNTHETIC.zh}\n\n{SYNTHETIC.en}\n", encoding="utf-8")


def _moved(made: Path, directory: Path) -> None:
    """Put the new demonstration where the old one stood; what an assessment made of the old one is left to it."""
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.iterdir():
        if old.name == LOG:
            shutil.rmtree(old)
        elif old.is_file():
            old.unlink()
    for new in sorted(made.iterdir()):
        shutil.move(str(new), str(directory / new.name))
