"""The embedded engine: DuckDB in this process, Parquet in and out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qiantang.kernel.errors import Fault, Place, QiantangError
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.sql import Dialect, DuckDB
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    import duckdb


class DuckDBEngine:
    """One in-memory DuckDB; tables live in Parquet files, so that a run killed in the middle leaves nothing half made.

    ``memory_mib`` bounds DuckDB's own memory; ``threads`` None takes all cores.
    """

    def __init__(self, memory_mib: int | None = None, threads: int | None = None) -> None:
        import duckdb

        config: dict[str, str | bool | int | float | list[str]] = {"preserve_insertion_order": "false"}
        if memory_mib is not None:
            config["memory_limit"] = f"{memory_mib}MiB"
        if threads is not None:
            config["threads"] = threads
        self._connection: duckdb.DuckDBPyConnection = duckdb.connect(":memory:", config=config)
        self._dialect = DuckDB()

    @property
    def dialect(self) -> Dialect:
        """DuckDB's SQL."""
        return self._dialect

    def parquet(self, paths: Sequence[Path]) -> str:
        """A relation over files of one layout; columns are matched by name."""
        names = ", ".join(self._dialect.string(str(p)) for p in paths)
        return f"read_parquet([{names}], union_by_name=true)" if len(paths) > 1 else f"read_parquet({names})"

    def columns(self, relation: str) -> list[str]:
        """The names of a relation's columns, from its schema alone."""
        return [str(row[0]) for row in self._run(f"DESCRIBE SELECT * FROM {relation}").fetchall()]

    def write(self, select: str, to: Path) -> int:
        """Write beside the target and rename, so that the target is always whole."""
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(f".{to.name}.{os.getpid()}.part")
        try:
            found = self._run(f"COPY ({select}) TO {self._dialect.string(str(part))} (FORMAT parquet)")
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
        return int(found.fetchall()[0][0])

    def rows(self, select: str) -> list[Mapping[str, Stored]]:
        """All rows as dictionaries. Whole numbers wider than 64 bits lie in files as decimals; they come back whole."""
        found = self._run(select)
        names = [d[0] for d in found.description or []]
        wide = [i for i, d in enumerate(found.description or []) if str(d[1]).startswith("DECIMAL")]
        if not wide:
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return [{name: int(v) if i in wide and v is not None else v for i, (name, v) in enumerate(zip(names, row, strict=True))}
                for row in found.fetchall()]

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """A statement of this engine's own (the door's), with its rows."""
        return self._run(statement, values).fetchall()

    def _run(self, statement: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        import duckdb

        try:
            return self._connection.execute(statement, list(values))
        except duckdb.Error as wrong:
            words = str(wrong)
            raise QiantangError(Fault(Text(f"计算引擎报错：{words}", f"the engine failed: {words}"), Place(path="duckdb"))) from wrong

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
