"""Measures the factory's bars in one run: ``python -m benchmarks.factory [--quick] [--only PART …] [--data DIRECTORY]``."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
from collections.abc import Iterator
from pathlib import Path

from benchmarks.factory.rows import Row

PARTS = ("charts", "wires", "protocols", "reading_log", "ordering", "history", "node", "end_to_end", "assigning", "dispatch", "simulation", "pace", "tennessee",
         "skab", "nab")
"""Modules beside this one, each with ``rows()``; one that is not there is left out."""


def rows_of(part: str, quick: bool, data: Path | None) -> Iterator[Row]:
    """What a part measures, told what it asks for."""
    rows = importlib.import_module(f"benchmarks.factory.{part}").rows
    asked = inspect.signature(rows).parameters
    yield from rows(**{name: value for name, value in (("quick", quick), ("data", data)) if name in asked})


def main() -> None:
    """Run the parts asked for, all by default."""
    there = [part for part in PARTS if importlib.util.find_spec(f"benchmarks.factory.{part}") is not None]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.factory")
    parser.add_argument("--only", nargs="+", choices=there, default=there, metavar="PART", help=", ".join(there))
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds")
    parser.add_argument("--data", type=Path, help="directory of published files, for skab or nab, one of them at a time")
    asked = parser.parse_args()
    for part in asked.only:
        for row in rows_of(part, asked.quick, asked.data):
            print(row.said(), flush=True)


if __name__ == "__main__":
    main()
