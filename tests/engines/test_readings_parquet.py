"""Readings packed by our own writer come back bit for bit from an independent reader of Parquet."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from qiantang.engines.by_signal import by_signal, by_time_within
from qiantang.engines.readings_parquet import GROUP_ROWS, READ, ReadingsFile
from qiantang.kernel.readings import Readings, readings

MIDNIGHT = 1_795_651_200_000_000
DRAWS = np.random.default_rng(5)


def there_and_back(path: Path, given: Readings) -> Readings:
    """Written in the order of its signals, read by DuckDB; what should come is returned with what came being the same."""
    order = by_signal(given.signal, int(given.signal.max(initial=0)) + 1)
    with ReadingsFile(path) as file:
        file.write(given, order)
    found = duckdb.execute(f"SELECT {READ} FROM '{path}'").fetchnumpy()
    wanted = given.taken(order.astype(np.int64))
    assert np.asarray(found["signal"]).tolist() == wanted.signal.tolist()
    assert found["read_at"].astype("datetime64[us]").view(np.int64).tolist() == wanted.at.tolist()
    assert np.asarray(found["quality"]).tolist() == wanted.quality.tolist()
    assert np.asarray(found["sequence"]).tolist() == wanted.sequence.tolist()
    value = np.ma.filled(found["value"], 12345.0)
    assert np.isnan(value).tolist() == np.isnan(wanted.value).tolist()
    known = ~np.isnan(value)
    assert value[known].view(np.int64).tolist() == wanted.value[known].view(np.int64).tolist()
    return wanted


VALUES = {
    "decimals": np.round(DRAWS.normal(173, 3, 3000), 3),
    "whole": DRAWS.integers(-5, 5, 3000).astype(float),
    "of 32 bits": DRAWS.normal(size=3000).astype(np.float32).astype(float),
    "of 64 bits": DRAWS.normal(size=3000),
    "large and small": DRAWS.choice([1e300, 5e-324, -1e17, 2.0 ** 53 + 2, 0.1], 3000),
    "not finite": np.where(DRAWS.random(3000) < 0.3, DRAWS.choice([np.nan, np.inf, -np.inf], 3000), 20.5),
    "minus zero": DRAWS.choice([0.0, -0.0, 1.5], 3000),
    "mixed": np.where(np.arange(3000) % 3 == 0, DRAWS.normal(size=3000), np.round(DRAWS.normal(size=3000), 2)),
}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("signals", [1, 3, 700])
def test_every_value_comes_back_bit_for_bit(tmp_path: Path, kind: str, signals: int) -> None:
    there_and_back(tmp_path / "f.parquet", readings(np.arange(3000) % signals, MIDNIGHT + np.arange(3000) * 1000, VALUES[kind]))


@pytest.mark.parametrize("many", [1, 7, 128, 129, 130, 161, GROUP_ROWS, GROUP_ROWS + 1, 3 * GROUP_ROWS - 5])
def test_so_many_readings_as_fill_blocks_and_groups_or_just_do_not(tmp_path: Path, many: int) -> None:
    there_and_back(tmp_path / "f.parquet", readings(DRAWS.integers(0, 50, many), MIDNIGHT + np.arange(many), np.round(DRAWS.normal(size=many), 1)))


def test_times_and_sequences_of_every_kind(tmp_path: Path) -> None:
    n = 20_000
    for at in (MIDNIGHT + DRAWS.integers(0, 10 ** 11, n), np.full(n, MIDNIGHT), MIDNIGHT + np.arange(n) % 300 * 1_000_000,
               MIDNIGHT + np.arange(n) % 3000 * 1_000_000, DRAWS.integers(0, 1 << 60, n)):
        sequence = DRAWS.choice([-1, 0, 255, 1 << 62, -(1 << 62)], n)
        there_and_back(tmp_path / "f.parquet", readings(DRAWS.integers(0, 3000, n), at, 1.5, quality=DRAWS.integers(0, 256, n), sequence=sequence))


def test_no_readings_are_a_file_too(tmp_path: Path) -> None:
    with ReadingsFile(tmp_path / "f.parquet"):
        pass
    assert duckdb.execute(f"SELECT count(*) FROM '{tmp_path / 'f.parquet'}'").fetchall() == [(0,)]


def test_groups_tell_their_signals_and_times_so_that_they_are_passed_over(tmp_path: Path) -> None:
    given = there_and_back(tmp_path / "f.parquet", readings(np.arange(2 * GROUP_ROWS) // 100, MIDNIGHT + np.arange(2 * GROUP_ROWS) % 100, 1.0))
    told = duckdb.execute(f"SELECT path_in_schema, row_group_id, stats_min_value, stats_max_value FROM parquet_metadata('{tmp_path / 'f.parquet'}') "
                      "WHERE path_in_schema = 'signal' ORDER BY 2").fetchall()
    assert [(int(least), int(most)) for _, _, least, most in told] == [
        (int(part.min()), int(part.max())) for part in (given.signal[:GROUP_ROWS], given.signal[GROUP_ROWS:])]


def test_decimals_at_one_rate_take_three_bytes_each(tmp_path: Path) -> None:
    n = 1_000_000
    there = tmp_path / "f.parquet"
    there_and_back(there, readings(np.tile(np.arange(10_000), 100), MIDNIGHT + np.repeat(np.arange(100), 10_000) * 1_000_000,
                                   np.round(DRAWS.normal(100, 1, n), 3)))
    assert there.stat().st_size < 3 * n


def test_an_order_by_signal_is_put_right_where_little_is_late_and_given_up_where_much_is() -> None:
    n = 1000
    at = MIDNIGHT + np.arange(n)
    at[n - 1] = MIDNIGHT + n // 2
    given = readings(np.arange(n) % 3, at, 0.0, sequence=np.arange(n)[::-1])
    order = by_signal(given.signal, 3)
    assert by_time_within(order, given.signal, given.at, given.sequence)
    assert order.tolist() == np.lexsort((given.sequence, given.at, given.signal)).tolist()
    backward = readings(np.zeros(n, int), at[::-1].copy(), 0.0)
    assert not by_time_within(by_signal(backward.signal, 1), backward.signal, backward.at, backward.sequence)
