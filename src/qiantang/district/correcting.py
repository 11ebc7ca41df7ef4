"""A fact is corrected with evidence: a new vintage, a new assessment, and what became of everybody because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from qiantang.district.assess import Assessment, assess
from qiantang.district.workspace import StoredRun, Workspace
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_vintages import Vintages
from qiantang.kernel.actions.cases import Actor
from qiantang.kernel.actions.corrections import Correction
from qiantang.kernel.actions.plain import Plain, plain
from qiantang.kernel.actions.records import record_corrections
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.facts.cells import read_cell
from qiantang.kernel.facts.schema import Column, Table, Value
from qiantang.kernel.findings.comparing import moves
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Difference:
    """One rulebook before and after a correction: the subjects whose outcome moved."""

    reading: Reading
    before: StoredRun
    after: StoredRun
    moved: Sequence[Mapping[str, Stored]]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction as recorded, and its differences to the earlier runs."""

    correction: Correction
    column: Column
    old: Value
    new: Value
    differences: tuple[Difference, ...]


def correct(workspace: Workspace, engine: DuckDBEngine, *, table: str, key: str, column: str, written: str, evidence: str, actor: Actor,
            on: date, at: datetime) -> Corrected:
    """Replace one known value and judge again by every rulebook that has a run.

    ``key`` holds the parts of the row's key with ``/`` between. Every fault is told before anything is kept.
    """
    named = _table(workspace, table)
    changed = named.column(column)
    row = _key(named, key)
    value = _value(changed, written, Place(path=f"{table} {key} {column}"))
    old = Vintages(engine, workspace.hidden).correct(named, row, column, value, evidence, actor.name, on)
    store = workspace.state()
    try:
        recorded = record_corrections(store, [Correction(
            table, key, column, _plain(changed, old), _plain(changed, value), evidence, actor.name, at, changed.personal)])[0]
    finally:
        store.close()
    before = [workspace.latest(id) for id in workspace.assessed]
    after: dict[str, StoredRun] = {}
    readings: dict[str, Reading] = {}
    for law_date, year in dict.fromkeys((run.law_date, run.year) for run in before):
        ids = [run.rulebook for run in before if (run.law_date, run.year) == (law_date, year)]
        again: Assessment = assess(workspace, engine, known_at=on, at=at, actor=actor, year=year, on=law_date, rulebooks=ids)
        after |= {run.stored.rulebook: run.stored for run in again.runs}
        readings |= {run.stored.rulebook: run.reading for run in again.runs}
    found = [_difference(engine, readings[run.rulebook], run, after[run.rulebook]) for run in before]
    return Corrected(recorded, changed, old, value, tuple(found))


def readable(workspace: Workspace, table: str, column: str, written: str) -> None:
    """Raises FactsError where ``correct`` could not read this value for the column."""
    named = _table(workspace, table).column(column)
    _value(named, written, Place(path=f"{table} {named.title.zh}"))


def _difference(engine: DuckDBEngine, reading: Reading, before: StoredRun, after: StoredRun) -> Difference:
    if before.key == after.key:
        return Difference(reading, before, after, ())
    found = moves(reading, engine.parquet([before.path]), engine.parquet([after.path]), engine.dialect)
    return Difference(reading, before, after, engine.rows(found.moved))


def _table(workspace: Workspace, name: str) -> Table:
    tables = {t.name: t for t in workspace.house.tables}
    if name not in tables:
        raise FactsError.of(f"没有表 {name}", f"there is no table {name}", value=name,
                            remedy=Text("可用：" + "、".join(tables), "There are: " + ", ".join(tables)))
    return tables[name]


def _key(table: Table, written: str) -> dict[str, Value]:
    parts = written.split("/")
    if len(parts) != len(table.key):
        needed = "/".join(table.column(k).title.zh for k in table.key), "/".join(table.column(k).title.en for k in table.key)
        raise FactsError.of(f"行应写成 {needed[0]}", f"the row must be written as {needed[1]}", value=written, place=Place(path=table.name),
                            remedy=Text(f"例如：{'/'.join(table.key)}", f"For example: {'/'.join(table.key)}"))
    return {name: _value(table.column(name), part, Place(path=f"{table.name}.{name}")) for name, part in zip(table.key, parts, strict=True)}


def _value(column: Column, written: str, place: Place) -> Value:
    read = read_cell(column, written)
    if read.why is not None or read.value is None:
        message = read.why.message.filled(value=written) if read.why is not None else Text("缺少数值", "a value is missing")
        raise FactsError.of(message.zh, message.en, place=place, value=written,
                            remedy=read.why.remedy if read.why is not None else Text("请写出新值。", "Write the new value."))
    return read.value


def _plain(column: Column, value: Value) -> Plain:
    is_figure = column.type.is_number and isinstance(value, int) and not isinstance(value, bool)
    return plain(column.type.decimal(value) if is_figure and isinstance(value, int) else value)
