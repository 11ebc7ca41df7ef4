"""qiantang judge: a table of facts in, a table of findings out, for pipelines; no folder, no cases, no summary."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from qiantang.cli.answering import answered
from qiantang.cli.answers import Answer, Code
from qiantang.cli.language import Tongue, said
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Text, preferred_lang

if TYPE_CHECKING:
    from qiantang.engines.duckdb import DuckDBEngine
    from qiantang.kernel.facts.dossier import Dossier
    from qiantang.kernel.facts.schema import Column

ABOUT = Text("对一个 Parquet 事实表适用一部规则，结果写成 Parquet。文件中没有的列视为未知。",
             "Apply a rulebook to a Parquet table of facts and write the findings as Parquet. Columns the file lacks are unknown.")


def judge_from(arguments: Sequence[str]) -> int:
    """Read the arguments, judge, and give the exit code."""
    asked = _parser().parse_args(list(arguments))
    return answered(lambda: judge(asked.facts, asked.rulebook, asked.out, asked.on, explain=asked.explain, natural=asked.units == "natural"),
                    asked.json)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Wrong usage in one line, with where to find help."""
        sys.stderr.write(said(f"× 用法有误：{message}\n查看用法：", f"× {message}\nSee: ") + "qiantang judge --help\n")
        raise SystemExit(Code.REFUSED)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="qiantang judge", add_help=False, formatter_class=argparse.RawDescriptionHelpFormatter, description=ABOUT.said(preferred_lang()),
        usage="qiantang judge FACTS.parquet --rulebook ID --out OUT.parquet " + said("[选项]", "[OPTIONS]"),
        epilog=said("例：", "Example:") + "\n  qiantang judge facts.parquet --rulebook mu/huangyan-2022 --out findings.parquet --explain")
    options = parser.add_argument_group(said("参数与选项", "arguments and options"))
    options.add_argument("facts", metavar="FACTS.parquet", type=Path, help=said("事实：每个对象一行", "facts, one row a subject"))
    options.add_argument("--rulebook", metavar="ID", required=True, help=said("规则编号", "id of the rulebook"))
    options.add_argument("--out", metavar="OUT.parquet", type=Path, required=True, help=said("写到哪里", "where to write the findings"))
    options.add_argument("--on", metavar=said("年-月-日", "YYYY-MM-DD"), type=date.fromisoformat, help=said("按哪一天的规则文本", "the day the law is read"))
    options.add_argument("--explain", action="store_true", help=said("包括各条款的列", "with the columns of every criterion"))
    options.add_argument("--units", choices=("stored", "natural"), default="stored", help=said(
        "数值列是存储的整数（默认），还是以各列单位计的数", "figures are stored integers (default), or numbers in each column's unit"))
    options.add_argument("--json", action="store_true", help=said("以 JSON 输出", "write JSON"))
    options.add_argument("--lang", choices=list(Tongue), help=said("输出语言", "language of the output"))
    options.add_argument("--help", "-h", action="help", help=said("显示本帮助", "show this help"))
    return parser


def judge(facts: Path, rulebook: str, out: Path, on: date | None, *, explain: bool = False, natural: bool = False) -> Answer:
    """Judge every row of the file."""
    from qiantang.district.assembly import book_named
    from qiantang.engines.duckdb import DuckDBEngine
    from qiantang.kernel.findings.judging import judging

    reading = book_named(rulebook).on(on)
    made = judging(reading, explain)
    engine = DuckDBEngine()
    try:
        relation, missing, assumed = _facts(engine, facts, reading.book.dossier, made.facts(), natural)
        rows = engine.write(made.select(relation, engine.dialect), out)
    finally:
        engine.close()

    lines = [said(f"{rows:,} 行 → {out}（{rulebook}，{reading.day} 的文本，{reading.status.label.zh}）",
                  f"{rows:,} rows → {out} ({rulebook} as it reads on {reading.day}, {reading.status.label.en})")]
    if missing:
        lines.append(said("文件中没有、视为未知：", "not in the file, taken as unknown: ") + ", ".join(missing))
    if assumed:
        lines.append(said("文件中没有、按“无记录”计：", "not in the file, taken as none on record: ") + ", ".join(assumed))
    return Answer({"rows": rows, "out": out, "rulebook": rulebook, "version": reading.book.version, "law_date": reading.day, "status": reading.status,
                   "unknown": missing, "none_on_record": assumed}, None, lines=tuple(lines))


def _facts(engine: DuckDBEngine, path: Path, dossier: Dossier, needed: frozenset[str], natural: bool) -> tuple[str, list[str], list[str]]:
    """The file as a relation with every fact that is needed; the facts it lacks, and those that stand for nothing on record."""
    if not path.is_file():
        raise FactsError.of("没有这个文件", "there is no such file", place=Place(str(path)), value=str(path))
    d = engine.dialect
    if not _is_parquet(path):
        raise FactsError.of("不是 Parquet 文件", "this is no Parquet file", place=Place(str(path)), value=str(path), remedy=Text(
            "工作簿请用 qiantang check 与 assess。", "For workbooks there are qiantang check and assess."))
    source = engine.parquet([path])
    given = {str(row[0]): str(row[1]) for row in engine.execute(f"DESCRIBE SELECT * FROM {source}")}
    if dossier.subject not in given:
        raise FactsError.of(f"文件缺少列 {dossier.subject}", f"the file lacks the column {dossier.subject}", place=Place(str(path)))
    registers = {g.column.name: g for g in dossier.gathered if g.how in ("count", "any")}
    parts, missing, assumed = [], [], []
    for name in sorted(needed | {dossier.subject}):
        column = dossier.column(name)
        if name in given:
            parts.append(f"{_value(d.quoted(name), column, given[name], natural, path)} AS {d.quoted(name)}")
        elif name in registers:
            assumed.append(name)
            parts.append(f"{'0' if column.type.is_number else 'FALSE'} AS {d.quoted(name)}")
        else:
            missing.append(name)
            parts.append(f"{d.null(column.type)} AS {d.quoted(name)}")
    return f"(SELECT {', '.join(parts)} FROM {source} AS _p)", missing, assumed


def _is_parquet(path: Path) -> bool:
    """Whether the file begins and ends as every Parquet file does."""
    with path.open("rb") as file:
        first = file.read(len(_MAGIC))
        file.seek(max(path.stat().st_size - len(_MAGIC), 0))
        return first == _MAGIC == file.read()


_MAGIC = b"PAR1"


def _value(quoted: str, column: Column, kept: str, natural: bool, path: Path) -> str:
    if not column.type.is_number:
        return quoted
    if natural:
        # A binary fraction is first read at more digits than any column keeps, then rounded half up once.
        return f"CAST(round(CAST({quoted} AS DECIMAL(38, 12)) * {10**column.scale}) AS BIGINT)"
    if kept in ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT"):
        return quoted
    raise FactsError.of(
        f"列 {column.name} 的类型是 {kept}，不是存储的整数", f"column {column.name} is {kept}, no stored integers", place=Place(str(path), column=column.name),
        value=kept, remedy=Text(f"加 --units natural，则按 {column.unit.title.zh} 计的数读入。",
                                f"Add --units natural to read numbers in {column.unit.title.en or 'their unit'}."))
