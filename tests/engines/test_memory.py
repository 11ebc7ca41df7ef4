"""The engine keeps to little memory, takes more only where it must, and leaves nothing on disk."""

import tempfile
from pathlib import Path

import pytest

from qiantang.engines.duckdb import DuckDBEngine


@pytest.fixture
def aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def _limit(engine: DuckDBEngine) -> str:
    return str(engine.execute("SELECT current_setting('memory_limit')")[0][0])


def test_rows_that_do_not_fit_are_set_aside_on_disk_and_cleared_away(aside: Path) -> None:
    engine = DuckDBEngine(memory_mib=30, threads=1)
    engine.execute("CREATE TABLE wide AS SELECT hash(i) AS a, hash(i, 1) AS b FROM range(4000000) AS r(i)")
    assert [p.name.startswith("qiantang-") for p in aside.iterdir()] == [True]
    assert engine.execute("SELECT count(*) FROM wide") == [(4_000_000,)]
    assert _limit(engine) == "30.0 MiB"
    engine.close()
    assert list(aside.iterdir()) == []


def test_a_statement_that_cannot_do_with_so_little_gets_what_the_machine_has(aside: Path) -> None:
    engine = DuckDBEngine(memory_mib=20, threads=1)
    found = engine.execute("SELECT len(list(i)) FROM range(4000000) AS r(i)")
    assert found == [(4_000_000,)]
    assert _limit(engine) != "20.0 MiB"
    engine.close()
