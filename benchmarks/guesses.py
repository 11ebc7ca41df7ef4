"""How tight the answer to "does it hang on a guess" is: the classes named against those that random draws really gave."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from qiantang.district.demo.building import build_demo
from qiantang.district.inquiries import Inquiry
from qiantang.district.reading import ReadService
from qiantang.district.workspace import Workspace
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.findings.judging import judging
from qiantang.kernel.findings.robust import Guess, guesses_of, open_facts_of, robust
from qiantang.kernel.rulebooks.parameters import ParameterValue

RULEBOOK = "mu/huangyan-2022"


def demonstration(folder: Path) -> Path:
    """The demonstration district, built and assessed by the rulebook."""
    from qiantang.cli import main

    where = folder / "demonstration"
    build_demo(where)
    if main(["assess", str(where), "--rulebook", RULEBOOK, "--no-cases", "--json"]):
        raise SystemExit("the demonstration could not be assessed")
    return where


def tightness(district: Path, draws: int, seed: int = 7) -> tuple[int, int, int, int]:
    """How many (subject, class) pairs were named, how many of them the draws gave, how many they gave that were not named,
    and the number of subjects.

    A draw takes each guess at one of its ends or anywhere between, and each missing fact likewise, subject by subject.
    """
    engine = DuckDBEngine(threads=1)
    inquiry = Inquiry(ReadService(Workspace(district), engine), RULEBOOK)
    reading, d = inquiry.reading, engine.dialect
    subject = d.quoted(inquiry.dossier.subject)
    everybody = f"(SELECT f.* FROM {inquiry.reads.everybody(inquiry.run)} AS f JOIN {engine.parquet([inquiry.run.path])} AS r USING ({subject}))"
    named = {(s.subject, outcome) for s in robust(reading, engine.rows(f"SELECT * FROM {everybody} AS e ORDER BY {subject}")).standings
             for outcome in s.outcomes}
    ranges = open_facts_of(reading)
    kept = district / "judged-facts.parquet"
    engine.write(f"SELECT {', '.join(d.quoted(c.name) for c in inquiry.dossier.columns)} FROM {everybody} AS e", kept)
    drawn = random.Random(seed)
    seen: set[tuple[str, str | None]] = set()
    for number in range(draws):
        book = inquiry.book
        for guess in guesses_of(reading):
            book = book.with_parameter(guess.path, _value(guess, drawn))
        columns = [_filled(c.name, ranges, number, subject) for c in inquiry.dossier.columns]
        world = f"(SELECT {', '.join(columns)} FROM {engine.parquet([kept])} AS k)"
        made = judging(book.on(reading.day), explained=False)
        for row in engine.rows(f"SELECT {subject} AS s, outcome AS o FROM (\n{made.select(world, d)}\n) AS j"):
            seen.add((str(row["s"]), None if row["o"] is None else str(row["o"])))
    engine.close()
    return len(named), len(named & seen), len(seen - named), len({s for s, _ in named})


def _value(guess: Guess, drawn: random.Random) -> ParameterValue:
    if guess.alternatives:
        return drawn.choice(guess.alternatives)
    assert guess.ends is not None
    low, high = guess.ends
    grid = Decimal(1).scaleb(min(int(end.as_tuple().exponent) for end in guess.ends) - 2)
    return drawn.choice([low, high, *[(low + (high - low) * Decimal(drawn.random())).quantize(grid)] * 2])


def _filled(name: str, ranges: Mapping[str, tuple[int, int]], number: int, subject: str) -> str:
    """A column of facts, its gaps filled by a draw that the subject, the column and the draw's number decide."""
    column = f'"{name}"'
    if name not in ranges:
        return column
    low, high = ranges[name]
    chance = f"hash({subject}, '{name}', {number})"
    anywhere = f"{low} + CAST(({chance} >> 8) % {high - low + 1} AS BIGINT)"
    return (f"CASE WHEN {column} IS NOT NULL THEN {column} WHEN {chance} % 4 = 0 THEN {low} WHEN {chance} % 4 = 1 THEN {high} "
            f"ELSE {anywhere} END AS {column}")
