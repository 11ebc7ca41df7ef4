"""Files are laid out for looking one row up, and what an engine remembers of a file ends with the file."""

from pathlib import Path

from qiantang.engines.duckdb import DuckDBEngine


def test_a_file_that_was_replaced_is_read_anew_at_once(tmp_path: Path) -> None:
    file, engine, writer = tmp_path / "run.parquet", DuckDBEngine(), DuckDBEngine()
    for many in (3, 20_000, 1):
        writer.write(f"SELECT range AS n, '{many}' AS told FROM range({many})", file)
        said = engine.rows(f"SELECT count(*) AS many, max(told) AS told FROM {engine.parquet([file])} AS r WHERE n >= 0")
        assert [dict(row) for row in said] == [{"many": many, "told": str(many)}]
    engine.close()
    writer.close()


def test_rows_that_are_looked_up_lie_in_order_in_small_groups(tmp_path: Path) -> None:
    file, engine = tmp_path / "facts.parquet", DuckDBEngine()
    engine.write("SELECT CAST(hash(range) % 10000 AS VARCHAR) AS subject, range AS _row FROM range(20000)", file, ["subject", "_row"])
    found = engine.execute(f"SELECT subject, _row FROM read_parquet('{file}', file_row_number=true) ORDER BY file_row_number")
    assert found == sorted(found)
    assert engine.execute(f"SELECT num_row_groups FROM parquet_file_metadata('{file}')") == [(3,)]
    engine.close()
