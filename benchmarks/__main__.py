"""Measures the bars side by side in one run and prints each as a ratio: ``python -m benchmarks [--quick] [PART …]``."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.facts import make
from benchmarks.guesses import demonstration, tightness
from benchmarks.inside import compiling, credit_codes, door, explanation, importing, lift_proofs


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the report: what was measured, the figure, and the bar it is held against."""

    work: str
    figure: float
    bar: float
    unit: str = "×"
    more_is_better: bool = False
    note: str = ""

    @property
    def held(self) -> bool:
        """Whether the figure keeps the bar."""
        return self.figure >= self.bar if self.more_is_better else self.figure <= self.bar

    def said(self) -> str:
        """The line."""
        sign = "≥" if self.more_is_better else "≤"
        return (f"{'held ' if self.held else 'SHORT'}  {self.work:58s} {self.figure:10.2f} {self.unit:4s} bar {sign} {self.bar:g} {self.unit}"
                + (f"   {self.note}" if self.note else ""))


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took: wall and CPU seconds, and its largest memory in MiB."""

    wall: float
    cpu: float
    memory: float


def run(name: str, facts: Path, out: Path) -> Spent:
    """One piece of work in a process of its own."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.work", name, str(facts), str(out)])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"benchmark {name} failed")
    return Spent(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def rounds(names: list[str], rows: int, times: int, folder: Path) -> dict[str, list[Spent]]:
    """Every piece of work in turn, several times over, on the same facts."""
    facts = folder / f"facts-{rows}.parquet"
    make(facts, rows)
    found: dict[str, list[Spent]] = {name: [] for name in names}
    for _ in range(times):
        for name in names:
            found[name].append(run(name, facts, folder / f"{name}-{rows}.parquet"))
    return found


def ratio(found: dict[str, list[Spent]], ours: str, other: str) -> tuple[float, str]:
    """Median wall of one over median wall of the other, with the same of CPU time as a note."""
    wall, cpu = ((statistics.median(getattr(s, kind) for s in found[ours]) / statistics.median(getattr(s, kind) for s in found[other]))
                 for kind in ("wall", "cpu"))
    mine, theirs = (statistics.median(s.wall for s in found[name]) for name in (ours, other))
    return wall, f"CPU {cpu:.2f}×; {mine:.2f} s against {theirs:.2f} s"


def population(folder: Path, quick: bool) -> list[Bar]:
    """One million enterprises against hand-written SQL: classes, explanation, lift, memory."""
    rows = 200_000 if quick else 1_000_000
    found = rounds(["hand_written", "classes", "explained", "lifted"], rows, 2 if quick else 3, folder)
    same = agreement(folder / f"hand_written-{rows}.parquet", folder / f"classes-{rows}.parquet")
    plain, note = ratio(found, "classes", "hand_written")
    full, full_note = ratio(found, "explained", "classes")
    lift, lift_note = ratio(found, "lifted", "classes")
    return [
        Bar(f"{rows:,} enterprises, classes only / hand-written SQL", plain, 1.25, note=f"{note}; {same}"),
        Bar(f"{rows:,}, full explanation / classes only", full, 2.0, note=full_note),
        Bar(f"{rows:,}, lift for everyone below A, beyond the evaluation / it", lift - 1, 1.0, note=lift_note),
        Bar(f"peak memory at {rows:,}, classes", max(s.memory for s in found["classes"]), 400, "MiB"),
    ]


def agreement(first: Path, second: Path) -> str:
    """How many outcomes differ between two runs."""
    import duckdb

    with duckdb.connect() as connection:
        differ = connection.execute(f"SELECT count(*) FROM '{first}' AS a JOIN '{second}' AS b USING (uscc) "
                                    "WHERE a.outcome IS DISTINCT FROM b.outcome OR a.hitech IS DISTINCT FROM b.hitech").fetchall()[0][0]
    return f"{differ} outcomes differ"


def district(folder: Path, quick: bool) -> list[Bar]:
    """Ten thousand enterprises from process start to result."""
    found = rounds(["hand_written", "classes"], 10_000, 3 if quick else 7, folder)
    wall, note = ratio(found, "classes", "hand_written")
    return [Bar("10,000 enterprises from process start / SQL script", wall, 2.0, note=note)]


def peers(folder: Path, quick: bool) -> list[Bar]:
    """The same work in OpenFisca and ZEN."""
    found = rounds(["classes", "openfisca", "zen"], 20_000 if quick else 1_000_000, 1, folder)
    bars = []
    for name, least in (("openfisca", 5.0), ("zen", 40.0)):
        wall, note = ratio(found, name, "classes")
        bars.append(Bar(f"{name} / qiantang, {'20,000' if quick else '1,000,000'} enterprises", wall, least, more_is_better=True, note=note))
    return bars


def inside(folder: Path, quick: bool) -> list[Bar]:
    """What is measured inside one process: import, compiling, lift proofs, one explanation, credit codes, the door."""
    proved, asked = lift_proofs(folder, 20 if quick else 200)
    loading, whole = door(folder, 5_000 if quick else 50_000)
    return [
        Bar("import of the kernel", importing(), 0.2, "s"),
        Bar("compiling a rulebook of 60 columns", compiling() * 1000, 20, "ms"),
        Bar(f"lifts proved by judging everybody anew, of {asked}", proved, asked, "", more_is_better=True),
        Bar("one enterprise's explanation out of 1,000,000", explanation(folder, 100_000 if quick else 1_000_000) * 1000, 50, "ms"),
        Bar("credit codes: python-stdnum one by one / ours", credit_codes(200_000), 20, more_is_better=True),
        Bar("50,000 × 20 workbook opened and loaded / calamine alone", loading, 1.5, note=f"{whole:.2f}× with checks and writing"),
    ]


def guesses(folder: Path, quick: bool) -> list[Bar]:
    """How tight the possible classes of the demonstration district are, against random draws."""
    draws = 200 if quick else 10_000
    named, given, outside, subjects = tightness(demonstration(folder), draws)
    return [Bar(f"classes that {draws:,} draws gave and robust had not named", outside, 0, ""),
            Bar("classes named that no draw gave, of all named", 100 * (named - given) / named, 5, "%",
                note=f"{named - given} of {named:,}, {subjects:,} enterprises; the bar is our own")]


PARTS: dict[str, Callable[[Path, bool], list[Bar]]] = {"population": population, "district": district, "inside": inside, "guesses": guesses,
                                                            "peers": peers}


def main() -> None:
    """Run the parts asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="qiantang-bench-") as scratch:
        for name in asked.parts or PARTS:
            for bar in PARTS[name](Path(scratch), asked.quick):
                print(bar.said(), flush=True)


if __name__ == "__main__":
    main()
