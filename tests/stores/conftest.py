"""Every story about the store is told twice: on a SQLite file and on a PostgreSQL server."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from qiantang.kernel.actions.desk import CaseDesk
from qiantang.kernel.actions.ports import StateStore
from qiantang.stores import open_store
from tests.kernel.actions.clearing import CLEARING

_NUMBERS = count()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "state.sqlite")
    import psycopg

    server = request.getfixturevalue("postgresql")
    name = f"state_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    host = psycopg.conninfo.conninfo_to_dict(server)["host"]
    return f"postgresql+psycopg://qiantang@/{name}?host={host}"


@pytest.fixture
def store(address: str) -> Iterator[StateStore]:
    """An empty store."""
    opened = open_store(address)
    yield opened
    opened.close()


@pytest.fixture
def desk(store: StateStore) -> CaseDesk:
    """A desk for the made-up clearing process over an empty store."""
    return CaseDesk(store, [CLEARING])


@pytest.fixture
def raw(store: StateStore, address: str) -> Iterator[Callable[..., None]]:
    """Statements sent past the store's own door, with every guard in place."""
    engine = create_engine(address if "://" in address else f"sqlite:///{address}")

    def send(*statements: str) -> None:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    yield send
    engine.dispose()


@pytest.fixture
def tampered(raw: Callable[..., None], address: str) -> Callable[..., None]:
    """Statements of somebody who has taken the guards away."""
    if address.startswith("postgresql"):
        return lambda *statements: raw("SET session_replication_role = replica", *statements)
    guards = [f"{table}_no_{change}" for table in ("audit_log", "case_events") for change in ("update", "delete")]
    return lambda *statements: raw(*(f"DROP TRIGGER {guard}" for guard in guards), *statements)
