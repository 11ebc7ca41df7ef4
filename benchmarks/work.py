"""One measured piece of work in a process of its own: ``python -m benchmarks.work NAME FACTS OUT``."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

LAW_DAY = date(2022, 12, 31)


def hand_written(facts: Path, out: Path) -> None:
    """The SQL script."""
    import duckdb

    text = (Path(__file__).parent / "hand_written.sql").read_text(encoding="utf-8")
    with duckdb.connect(config={"preserve_insertion_order": "false"}) as connection:
        connection.execute(text.replace("{facts}", str(facts)).replace("{out}", str(out)))


def _judge(facts: Path, out: Path, explained: bool, lift: bool = False) -> None:
    from benchmarks.book import rulebook
    from qiantang.engines.duckdb import DuckDBEngine
    from qiantang.kernel.findings.judging import judging

    reading = rulebook().on(LAW_DAY)
    extra = {}
    if not explained:
        met = reading.criterion("hitech").met
        assert met is not None
        extra["hitech"] = met
    if lift:
        from qiantang.kernel.findings.lifting import lift_columns

        extra |= {c.name: c.bound.value for c in lift_columns(reading, "A")}
    engine = DuckDBEngine()
    made = judging(reading, explained, extra)
    engine.write(made.select(engine.parquet([facts]), engine.dialect), out)
    engine.close()


def classes(facts: Path, out: Path) -> None:
    """Classes only."""
    _judge(facts, out, explained=False)


def explained(facts: Path, out: Path) -> None:
    """All explanation columns."""
    _judge(facts, out, explained=True)


def lifted(facts: Path, out: Path) -> None:
    """Classes, and for everybody below A the value of each fact that would lift it."""
    _judge(facts, out, explained=False, lift=True)


def openfisca(facts: Path, out: Path) -> None:
    """OpenFisca."""
    from benchmarks import openfisca_peer

    openfisca_peer.openfisca(facts, out)


def zen(facts: Path, out: Path) -> None:
    """ZEN."""
    from benchmarks import zen_peer

    zen_peer.zen(facts, out)


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
