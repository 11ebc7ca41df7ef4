"""Where state rests: cases, audit log, accounts, runs, corrections, streamed findings; in SQLite or PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from qiantang.kernel.actions.ports import StateStore


def open_store(where: Path | str) -> StateStore:
    """The store in a SQLite file (made where there is none), or behind an address such as ``postgresql+psycopg://…``.

    The driver loads here, not when this package is imported. A store of an older version is brought up to date.
    """
    from qiantang.stores.relational import RelationalStore

    return RelationalStore(where)
