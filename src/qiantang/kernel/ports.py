"""What the kernel asks of the world: an engine that computes tables, by SQL that the kernel printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.evaluate import Stored


class Engine(Protocol):
    """Computes SELECTs over relations it knows by name."""

    @property
    def dialect(self) -> Dialect:
        """The dialect to print for."""
        ...

    def parquet(self, paths: Sequence[Path]) -> str:
        """A relation over Parquet files, usable in FROM."""
        ...

    def columns(self, relation: str) -> list[str]:
        """The names of a relation's columns."""
        ...

    def write(self, select: str, to: Path, found_by: Sequence[str] = ()) -> int:
        """Run the SELECT into a Parquet file, whole or not at all; the number of rows. With ``found_by`` the rows lie
        ordered by those columns, for looking one up."""
        ...

    def rows(self, select: str) -> list[Mapping[str, Stored]]:
        """Run the SELECT and give its rows."""
        ...

    def close(self) -> None:
        """Release what the engine holds."""
        ...
