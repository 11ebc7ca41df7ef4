"""The measurements that need no process of their own: import, compiling, proofs of lift, one explanation, codes, the door."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from benchmarks.book import DOSSIER, rulebook
from benchmarks.facts import make
from benchmarks.work import LAW_DAY, explained
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.nodes import Fact
from qiantang.kernel.facts.schema import Value
from qiantang.kernel.findings.judging import judging
from qiantang.kernel.findings.lifting import lift_columns, with_changes

KERNEL = "import qiantang.kernel.findings.judging, qiantang.kernel.rulebooks.library, qiantang.kernel.expressions.sql"


def importing() -> float:
    """Median seconds to import the kernel's modules in a fresh interpreter, the interpreter's own start left out."""
    code = f"import time; t = time.perf_counter(); {KERNEL}; print(time.perf_counter() - t)"
    return statistics.median(float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
                             for _ in range(7))


def compiling() -> float:
    """Median seconds from rulebook to SQL text, all columns explained, parameters read anew."""
    spent = []
    for _ in range(9):
        book = rulebook()
        started = time.perf_counter()
        judging(book.on(LAW_DAY)).select("facts", DIALECTS["duckdb"])
        spent.append(time.perf_counter() - started)
    return statistics.median(spent)


def lift_proofs(folder: Path, sample: int, rows: int = 10_000) -> tuple[int, int]:
    """How many of a sample of the pass's answers hold when everybody is judged anew, and miss one stored unit short."""
    facts = folder / f"facts-{rows}.parquet"
    make(facts, rows)
    reading = rulebook().on(LAW_DAY)
    engine, columns = DuckDBEngine(), lift_columns(reading, "A")
    made = judging(reading, False, {c.name: c.bound.value for c in columns})
    found = engine.rows(made.select(engine.parquet([facts]), engine.dialect) + " ORDER BY uscc")
    answers = [(str(row["uscc"]), c, int(value), str(row["outcome"])) for row in found for c in columns
               if isinstance(value := row[c.name], int) and row["outcome"] in ("B", "C", "D")]
    proved = 0
    chosen = random.Random(7).sample(answers, min(sample, len(answers)))
    for subject, lift, value, _ in chosen:
        stored = value * 10 ** (lift.column.scale - lift.bound.value.type.scale)
        short = stored - 1 if lift.bound.sense == "at_least" else stored + 1
        outcomes = []
        for moved in (stored, short):
            changed = with_changes(engine.parquet([facts]), engine.dialect, [Fact.of(c) for c in DOSSIER.columns], "uscc", subject,
                                   {lift.column.name: moved})
            select = judging(reading, False).select(changed, engine.dialect)
            outcomes.append(engine.rows(f"SELECT outcome FROM (\n{select}\n) AS r WHERE uscc = '{subject}'")[0]["outcome"])
        proved += outcomes[0] == "A" and outcomes[1] != "A"
    engine.close()
    return proved, len(chosen)


def explanation(folder: Path, rows: int) -> float:
    """Median seconds to fetch one enterprise's row and facts from a run ordered by subject, and to tell it."""
    from qiantang.kernel.findings.explaining import explained as told
    from qiantang.kernel.findings.telling import rendered

    facts, run = folder / f"facts-{rows}.parquet", folder / f"explained-{rows}.parquet"
    make(facts, rows)
    if not run.is_file():
        explained(facts, run)
    engine, reading = DuckDBEngine(), rulebook().on(LAW_DAY)
    for path in (facts, run):
        engine.write(f"SELECT * FROM {engine.parquet([path])} AS r", path.with_suffix(".ordered.parquet"), "uscc")
    ordered = [engine.parquet([p.with_suffix(".ordered.parquet")]) for p in (run, facts)]
    spent = []
    for asked in engine.rows(f"SELECT uscc FROM {ordered[0]} AS r USING SAMPLE reservoir(15 ROWS) REPEATABLE (5)"):
        subject = str(asked["uscc"])
        started = time.perf_counter()
        row, own = (engine.rows(f"SELECT * FROM {o} AS r WHERE uscc = '{subject}'")[0] for o in ordered)
        rendered(told(reading, subject, row, own, {}), "zh")
        spent.append(time.perf_counter() - started)
    engine.close()
    return statistics.median(spent[1:])


def credit_codes(rows: int) -> float:
    """How many times longer python-stdnum takes, one by one, than the check in the engine."""
    from stdnum.cn import uscc

    from qiantang.engines.duckdb_door.cells import sql_string
    from qiantang.kernel.facts.identity import check_character, holds_in_sql

    codes = [body + check_character(body) for body in (f"91339900{'M'}{n:08d}" for n in range(rows))]
    engine = DuckDBEngine()
    engine.execute("CREATE TABLE codes AS SELECT unnest(?::VARCHAR[]) AS c", [codes])

    def full_match(column: str, form: str) -> str:
        return f"regexp_full_match({column}, {sql_string(form)})"

    started = time.perf_counter()
    ours = engine.rows(f"SELECT count(*) AS n FROM codes WHERE {holds_in_sql('c', full_match)}")[0]["n"]
    fast = time.perf_counter() - started
    started = time.perf_counter()
    theirs = sum(uscc.is_valid(c) for c in codes[:rows // 10]) * 10
    slow = (time.perf_counter() - started) * 10
    assert ours == theirs == rows, (ours, theirs)
    engine.close()
    return slow / fast


def door(folder: Path, rows: int) -> tuple[float, float]:
    """A workbook of enterprise years opened and loaded, and taken through the whole door with checks and writing, each over
    python-calamine reading it alone."""
    import python_calamine

    from qiantang.district.intake import read_folder
    from qiantang.engines.duckdb_door.quarantine import Quarantine
    from qiantang.engines.duckdb_door.sheet import SheetAtTheDoor
    from qiantang.kernel.facts.headers import HEADER_ROWS, Headers
    from qiantang.kernel.facts.identity import check_character
    from qiantang.links.files import sheets_of
    from qiantang.links.templates import write_template
    from qiantang.registers.enterprise_years import ENTERPRISE_YEARS

    books = folder / f"books-{rows}"
    books.mkdir(exist_ok=True)
    figures = [c.name for c in ENTERPRISE_YEARS.columns if c.name.endswith("_wan")][:18]
    filled: list[dict[str, Value]] = []
    for n in range(rows):
        body = f"91339900M{n:08d}"
        row: dict[str, Value] = {"uscc": body + check_character(body), "year": 2022}
        filled.append(row | dict.fromkeys(figures, (n + 1) * 10_000))
    book = books / "years.xlsx"
    write_template(book, (ENTERPRISE_YEARS,), "zh", {"enterprise_years": filled})
    started = time.perf_counter()
    workbook = python_calamine.load_workbook(str(book))
    for name in workbook.sheet_names:
        workbook.get_sheet_by_name(name).to_python()
    alone = time.perf_counter() - started
    engine = DuckDBEngine()
    started = time.perf_counter()
    for sheet in sheets_of(book, book.name):
        layout = Headers((ENTERPRISE_YEARS,)).recognised(sheet.file, sheet.name, sheet.rows[:HEADER_ROWS])
        assert layout is not None
        SheetAtTheDoor(engine, Quarantine(engine), 0, layout, date(2023, 1, 1)).load(sheet.rows)
    loaded = time.perf_counter() - started
    engine.close()
    started = time.perf_counter()
    report = read_folder(books, (ENTERPRISE_YEARS,), folder / f"store-{rows}", date(2023, 1, 1))
    ours = time.perf_counter() - started
    assert report.accepted == rows, report.accepted
    return loaded / alone, ours / alone
