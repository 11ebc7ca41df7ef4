"""An assessment's results as files for others: findings with figures in their units, and the parameters they rest on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from qiantang.district.assess import Assessment, Run
from qiantang.district.reading import ReadService
from qiantang.district.workspace import write_whole
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.types import TEXT, Kind, Type
from qiantang.kernel.words import Lang, Text

Cell = Decimal | int | bool | str | date | None
ResultForm = Literal["parquet", "xlsx", "csv"]
_CARRIED = ("name", "platform")
_FITS_64_BITS = 2**62


def write_results(assessment: Assessment, reads: ReadService, folder: Path, form: ResultForm, lang: Lang) -> list[Path]:
    """Write each run's findings and its parameters, and ``runs.json`` that names them all; the files written.

    FactsError where the folder lies among the facts: its files would be read as facts the next time.
    """
    home = assessment.workspace.folder
    if folder.resolve().is_relative_to(home) and not folder.resolve().is_relative_to(assessment.workspace.hidden):
        raise FactsError.of("结果不能写入事实所在的文件夹", "results cannot go into the folder of the facts", place=Place(str(folder)),
                            remedy=Text("请另给一个文件夹，否则下次会把结果当作事实读入。",
                                        "Name another folder, or they would be read as facts the next time."))
    found: list[Path] = []
    told = []
    for run in assessment.runs:
        stem = run.stored.rulebook.replace("/", "-")
        findings, parameters = folder / f"{stem}.{form}", folder / f"{stem}-parameters.{form}"
        _findings(run, reads, findings, form, lang)
        if form == "parquet":
            _parameters_parquet(run, reads, parameters, lang)
        else:
            _table(parameters, form, _PARAMETERS, _parameter_rows(run, lang), lang)
        found += [findings, parameters]
        told.append({"rulebook": run.stored.rulebook, "version": run.stored.version, "law_date": str(run.stored.law_date),
                     "known_at": str(run.stored.known_at), "year": run.stored.year, "key": run.stored.key, "counts": dict(run.stored.counts),
                     "findings": findings.name, "parameters": parameters.name, "status": str(run.reading.status)})
    write_whole(folder / "runs.json", json.dumps(told, ensure_ascii=False, indent=1))
    return [*found, folder / "runs.json"]


_PARAMETERS = (Text("参数", "parameter"), Text("名称", "title"), Text("取值", "value"), Text("单位", "unit"), Text("起", "since"), Text("止", "until"),
               Text("可信程度", "status"), Text("发布机关", "issuer"), Text("文件", "document"), Text("文号", "number"), Text("条款", "clause"))


def _findings(run: Run, reads: ReadService, path: Path, form: ResultForm, lang: Lang) -> None:
    dossier, d = run.reading.book.dossier, reads.engine.dialect
    facts = {c.name: c for c in dossier.columns if c.name in (dossier.subject, *_CARRIED)}
    types = {name: column.type for name, column in facts.items()} | dict(run.stored.types)
    columns = [dossier.subject, *(n for n in _CARRIED if n in facts), "outcome", "decided_by"]
    columns += [name for name in types if name not in columns]
    rows = reads.rows(run.stored, run.reading)
    if form == "parquet":
        shown = ", ".join(f"{_exact(d.quoted(n), types[n])} AS {d.quoted(n)}" for n in columns)
        reads.engine.write(f"SELECT {shown} FROM {rows} AS _r ORDER BY {d.quoted(dossier.subject)}", path)
        return
    found = reads.engine.rows(f"SELECT {', '.join(d.quoted(n) for n in columns)} FROM {rows} AS _r ORDER BY {d.quoted(dossier.subject)}")
    _table(path, form, [_title(run, name, types[name]) for name in columns], _exact_rows(found, columns, types), lang)


def _exact(column: str, kind: Type) -> str:
    """A stored integer as the number that a person writes, without a binary fraction in between."""
    if not kind.is_number or kind.scale == 0:
        return column
    fits = max(abs(kind.low), abs(kind.high)) < _FITS_64_BITS
    digits = 19 if fits else 37 - kind.scale
    return f"(CAST({column} AS DECIMAL({digits}, 0)) * CAST('{_unit(kind.scale)}' AS DECIMAL({kind.scale + 1}, {kind.scale})))"


def _unit(scale: int) -> str:
    return f"0.{'0' * (scale - 1)}1"


def _exact_rows(rows: Sequence[Mapping[str, Stored]], columns: Sequence[str], types: Mapping[str, Type]) -> Iterator[list[Cell]]:
    for row in rows:
        cells: list[Cell] = []
        for name in columns:
            value, kind = row[name], types[name]
            is_figure = kind.kind is Kind.NUMBER and isinstance(value, int) and not isinstance(value, bool)
            cells.append(kind.decimal(value) if is_figure and isinstance(value, int) else value)
        yield cells


def _title(run: Run, name: str, kind: Type) -> Text:
    dossier = run.reading.book.dossier
    if any(c.name == name for c in dossier.columns):
        title = dossier.column(name).title
    elif name in _OWN:
        title = _OWN[name]
    else:
        stem, _, part = name.rpartition("__")
        criteria = {c.id: c.title for c in run.reading.outline.criteria}
        title = criteria[stem] + _PARTS[part] if stem in criteria and part in _PARTS else Text(name, name)
    unit = kind.unit.title if kind.is_number else Text("", "")
    return title + Text(f"（{unit.zh}）", f" ({unit.en})") if unit.zh else title


_OWN = {"outcome": Text("结论", "outcome"), "decided_by": Text("决定因素", "decided by"), "unknown_because": Text("缺少的事实", "facts missing")}
_PARTS = {"value": Text("：数值", ": value"), "points": Text("：得分", ": points"), "met": Text("：是否成立", ": holds")}


def _parameter_rows(run: Run, lang: Lang) -> Iterator[list[Cell]]:
    for path, entry in sorted(run.reading.used.items()):
        parameter, source = run.reading.book.parameters[path], entry.source
        yield [path, parameter.title.said(lang), _written(entry.value), parameter.unit.title.said(lang), entry.span.since, entry.span.until,
               entry.status.label.said(lang), source.issuer, source.document, source.number, source.clause]


def _parameters_parquet(run: Run, reads: ReadService, path: Path, lang: Lang) -> None:
    d = reads.engine.dialect
    names = [d.quoted(t.en) for t in _PARAMETERS]
    rows = [", ".join(d.null(TEXT) if cell is None or cell == "" else d.string(str(cell)) for cell in row) for row in _parameter_rows(run, lang)]
    nothing = f"SELECT {', '.join(f'{d.null(TEXT)} AS {n}' for n in names)} WHERE FALSE"
    values = f"SELECT * FROM (VALUES {', '.join(f'({row})' for row in rows)}) AS _p({', '.join(names)})"
    reads.engine.write(values if rows else nothing, path)


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(_written(v) for v in value)
    if hasattr(value, "gives"):
        low, high = getattr(value, "low", None), getattr(value, "high", None)
        left, right = "[" if getattr(value, "low_closed", True) else "(", "]" if getattr(value, "high_closed", False) else ")"
        return f"{left}{'' if low is None else low}, {'' if high is None else high}{right} → {value.gives}"
    return str(value)


def _table(path: Path, form: Literal["xlsx", "csv"], titles: Sequence[Text], rows: Iterator[list[Cell]], lang: Lang) -> None:
    from qiantang.links.exports import write_csv, write_workbook

    headers = [t.said(lang) for t in titles]
    if form == "csv":
        write_csv(path, headers, rows)
    else:
        write_workbook(path, [(Text("结果", "results").said(lang), headers, rows)])


def known_form(form: str) -> ResultForm:
    """The form named; FactsError lists those there are."""
    for known in ("parquet", "xlsx", "csv"):
        if form == known:
            return known
    raise FactsError.of(f"不认识格式“{form}”", f"'{form}' is no form", value=form, remedy=Text("可用：parquet、xlsx、csv", "known: parquet, xlsx, csv"))

