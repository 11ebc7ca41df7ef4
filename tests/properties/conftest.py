"""Properties over random trees are held on the engines too."""

from tests.engines.conftest import duckdb_runs

__all__ = ["duckdb_runs"]
