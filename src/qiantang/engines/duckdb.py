"""The embedded engine: DuckDB in this process, Parquet in and out."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qiantang.kernel.errors import Fault, Place, QiantangError
from qiantang.kernel.expressions.dialects import Dialect, DuckDB
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    import duckdb


USUAL_MEMORY_MIB = 300
"""What DuckDB may hold before it sets rows aside on disk: a district's figures pass through a small machine too."""

_opened = itertools.count()


_LOOKED_UP = 8192
"""Rows in a group of a file in which single subjects are looked up."""


class DuckDBEngine:
    """One in-memory DuckDB; tables live in Parquet files, so that a run killed in the middle leaves nothing half made.

    ``memory_mib`` bounds DuckDB's own memory; a statement that cannot do with so little is run again with what the
    machine has. ``threads`` None takes all cores.
    """

    def __init__(self, memory_mib: int = USUAL_MEMORY_MIB, threads: int | None = None) -> None:
        import tempfile

        import duckdb

        aside = Path(tempfile.gettempdir()) / f"qiantang-{os.getpid()}-{next(_opened)}"
        config: dict[str, str | bool | int | float | list[str]] = {
            "preserve_insertion_order": "false", "memory_limit": f"{memory_mib}MiB", "temp_directory": str(aside)}
        if threads is not None:
            config["threads"] = threads
        self._connection: duckdb.DuckDBPyConnection = duckdb.connect(":memory:", config=config)
        # What a file holds is read from its end each time it is asked; a file is written once, and one that was replaced is read anew.
        self._connection.execute("SET parquet_metadata_cache = true")
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
        return [str(row[0]) for row in self.execute(f"DESCRIBE SELECT * FROM {relation}")]

    def write(self, select: str, to: Path, found_by: Sequence[str] = ()) -> int:
        """Write beside the target and rename, so that the target is always whole.

        With ``found_by`` the rows are ordered by those columns, in groups small enough to look one of them up quickly.
        """
        form = "FORMAT parquet"
        if found_by:
            select = f"SELECT * FROM (\n{select}\n) AS _w ORDER BY {', '.join(map(self._dialect.quoted, found_by))}"
            form += f", ROW_GROUP_SIZE {_LOOKED_UP}"
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(f".{to.name}.{os.getpid()}.part")
        try:
            done = self.execute(f"COPY ({select}) TO {self._dialect.string(str(part))} ({form})")
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
        return int(str(done[0][0]))

    def rows(self, select: str) -> list[Mapping[str, Stored]]:
        """All rows as dictionaries; a whole number too wide for 64 bits comes as an integer like any other."""
        described, found = self._found(select)
        names = [d[0] for d in described]
        wide = [d[0] for d in described if str(d[1]).endswith(",0)")]
        rows: list[dict[str, Stored]] = [dict(zip(names, row, strict=True)) for row in found]
        for name in wide:
            for row in rows:
                value = row[name]
                row[name] = None if value is None else int(str(value))
        return list(rows)

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """A statement of this engine's own (the door's), with its rows."""
        return self._found(statement, values)[1]

    def _found(self, statement: str, values: Sequence[object] = ()) -> tuple[list[Any], list[Any]]:
        """The columns and the rows that a statement gives."""
        import duckdb

        def run() -> tuple[list[Any], list[Any]]:
            done = self._connection.execute(statement, list(values))
            return done.description or [], done.fetchall()

        with _told_plainly():
            try:
                return run()
            except duckdb.OutOfMemoryException:
                self._connection.execute("RESET memory_limit")
                return run()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def _told_plainly() -> Iterator[None]:
    """What goes wrong in DuckDB as an error of the house; a query that Ctrl-C broke off as the interruption it is."""
    import duckdb

    try:
        yield
    except duckdb.Error as wrong:
        words = str(wrong)
        raise QiantangError(Fault(Text(f"计算引擎报错：{words}", f"the engine failed: {words}"), Place(path="duckdb"))) from wrong
    except RuntimeError as wrong:
        if "interrupt" in str(wrong).lower():
            raise KeyboardInterrupt from wrong
        raise
