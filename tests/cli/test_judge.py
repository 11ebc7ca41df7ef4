"""A table in, a table out: judge starts fast, takes what the file lacks as unknown, and refuses units it cannot tell."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.cli.conftest import Run

LOW = "lowland/qiantang-5wan"
NATURAL = ("SELECT * FROM (VALUES ('a', 'industry', true, 49.99, 0.0, 10.0), ('b', 'industry', true, 50.0, 0.0, 10.0), "
           "('c', 'industry', true, NULL, 0.0, 10.0), ('d', 'retail', true, 1.0, 0.0, 10.0)) "
           "AS t(uscc, sector, above_scale, tax_paid_wan, tax_added_back_wan, land_mu)")
STORED = NATURAL.replace("SELECT *", "SELECT * REPLACE (CAST(tax_paid_wan * 1000000 AS BIGINT) AS tax_paid_wan, "
                                     "CAST(tax_added_back_wan * 1000000 AS BIGINT) AS tax_added_back_wan, CAST(land_mu * 10000 AS BIGINT) AS land_mu)")


def written(path: Path, select: str) -> Path:
    duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def outcomes(path: Path) -> dict[str, str | None]:
    return dict(duckdb.connect().execute(f"SELECT uscc, outcome FROM '{path}' ORDER BY uscc").fetchall())


@pytest.mark.parametrize(("select", "units"), [(STORED, "stored"), (NATURAL, "natural")])
def test_stored_and_natural_figures_give_the_same_findings(select: str, units: str, tmp_path: Path, run: Run) -> None:
    facts, out = written(tmp_path / "facts.parquet", select), tmp_path / "out.parquet"
    said = run("judge", facts, "--rulebook", LOW, "--out", out, "--units", units, "--json")
    assert said.code == 0, said.err
    assert said.told["rows"] == 3
    assert outcomes(out) == {"a": "low", "b": "not_low", "c": None}


def test_a_column_the_file_lacks_is_unknown_and_named(tmp_path: Path, run: Run) -> None:
    facts, out = written(tmp_path / "facts.parquet", STORED.replace(", land_mu)", ", mu)").replace("land_mu", "mu")), tmp_path / "out.parquet"
    said = run("judge", facts, "--rulebook", LOW, "--out", out, "--json")
    assert "land_mu" in said.told["unknown"]
    assert set(outcomes(out).values()) == {None}


def test_broken_figures_are_refused_where_stored_ones_are_expected(tmp_path: Path, run: Run) -> None:
    said = run("judge", written(tmp_path / "facts.parquet", NATURAL), "--rulebook", LOW, "--out", tmp_path / "out.parquet")
    assert said.code == 2
    assert "--units natural" in said.err
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("content", [b"", b"PAR", b"# notes\n", b"PAR1 begun and cut off"])
def test_what_is_no_parquet_file_is_told_in_a_sentence(tmp_path: Path, run: Run, content: bytes) -> None:
    (tmp_path / "facts.parquet").write_bytes(content)
    said = run("judge", tmp_path / "facts.parquet", "--rulebook", LOW, "--out", tmp_path / "out.parquet", "--lang", "en")
    assert said.code == 2
    assert "no Parquet file" in said.err
    assert "SELECT" not in said.err


def test_explained_findings_have_a_column_for_each_criterion(tmp_path: Path, run: Run) -> None:
    facts, out = written(tmp_path / "facts.parquet", STORED), tmp_path / "out.parquet"
    run("judge", facts, "--rulebook", LOW, "--out", out, "--explain")
    columns = [row[0] for row in duckdb.connect().execute(f"DESCRIBE SELECT * FROM '{out}'").fetchall()]
    assert "tax_per_mu__value" in columns


@pytest.mark.parametrize("wrong", [["judge"], ["judge", "nowhere.parquet", "--rulebook", LOW, "--out", "out.parquet"],
                                   ["judge", "nowhere.parquet", "--rulebook", "no/such", "--out", "out.parquet"]])
def test_wrong_usage_ends_with_two_and_says_what_to_do(wrong: list[str], run: Run) -> None:
    said = run(*wrong)
    assert said.code == 2
    assert said.err


def test_judging_loads_nothing_that_draws_or_keeps_state(tmp_path: Path) -> None:
    facts = written(tmp_path / "facts.parquet", STORED)
    program = ("import json, sys; from qiantang.cli import main; main(sys.argv[1:]); "
               "print(json.dumps(sorted({'rich', 'typer', 'sqlalchemy', 'python_calamine'} & set(sys.modules))))")
    done = subprocess.run([sys.executable, "-c", program, "judge", str(facts), "--rulebook", LOW, "--out", str(tmp_path / "out.parquet")],
                          capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
