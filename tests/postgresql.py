"""A throwaway PostgreSQL server for one run of the tests, on a socket of its own, gone when the tests end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import postgresql_programs


def _server_owner() -> str | None:
    """PostgreSQL refuses to run as root, so root hands it to the account that Debian's package made."""
    return "postgres" if os.geteuid() == 0 else None


def _run(program: Path, *arguments: str) -> None:
    # The server inherits what it is given as output; a pipe would keep the caller waiting for it to end.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [program, *arguments], stdout=said, stderr=said, user=_server_owner(), cwd="/", check=False
        )
        if done.returncode:
            said.seek(0)
            raise RuntimeError(f"{program.name} failed:\n{said.read().decode()}")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The connection string of an empty UTF-8 database that sorts by code point, as the other engines do."""
    programs = postgresql_programs()
    assert programs is not None
    # Not under pytest's own directory: that is closed to the account the server runs as.
    home = Path(tempfile.mkdtemp(prefix="qiantang-pg-"))
    try:
        owner = _server_owner()
        if owner:
            os.chown(home, pwd.getpwnam(owner).pw_uid, -1)
        data = str(home / "data")
        _run(programs / "initdb", "-D", data, "-U", "qiantang", "--auth=trust", "--encoding=UTF8", "--locale=C",
             "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off"
        _run(programs / "pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield f"host={home} user=qiantang dbname=postgres"
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
