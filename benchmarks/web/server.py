"""The district served as it is for people, with a wall beside it: ``python -m benchmarks.web.server FOLDER PORT``."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.web.pages import CELLS, many_marks, wall_page
from benchmarks.web.signals import Synthetic

_TICK = 100
"""Clock ticks to a second in /proc, on every Linux there is."""


def main(folder: str, port: str) -> None:
    """Serve until killed."""
    import uvicorn

    from qiantang.district.pages import PAGES
    from qiantang.web.app import create_app
    from qiantang.web.auth.demonstration import demonstration_accounts
    from qiantang.web.auth.pages import AccountAuthority
    from qiantang.web.live.frames import Channel
    from qiantang.web.opening import prepare
    from qiantang.web.running import accounts_of, server_of

    brain, accounts = accounts_of(Path(folder))
    demonstration_accounts(brain, accounts)
    authority = AccountAuthority(accounts, brain.district)
    app = create_app(brain, authority, (*PAGES, *brain.workspace.house.pages, wall_page(), many_marks()), [Channel("synthetic", Synthetic(CELLS))])
    prepare(brain)
    config = uvicorn.Config(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False, server_header=False, ws_max_size=65536,
                            timeout_graceful_shutdown=5)
    server_of(app, config, lambda: None).run()


@dataclass(frozen=True, slots=True)
class Process:
    """A server in a process of its own, signed in to as the director."""

    pid: int
    port: int
    cookie: str

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> float:
        """Its resident memory in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no memory told")

    def cpu(self) -> float:
        """Seconds of processor it has used."""
        told = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / _TICK


@contextmanager
def served(folder: Path) -> Iterator[Process]:
    """Start it, wait until it answers, sign in, and stop it in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.web.server", str(folder), str(port)])
    try:
        yield Process(process.pid, port, _signed_in(port))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _signed_in(port: int) -> str:
    from qiantang.web.auth.demonstration import PASSWORD

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(1200):
        try:
            connection.request("POST", "/login", urlencode({"name": "director", "password": PASSWORD, "next": "/"}),
                               {"content-type": "application/x-www-form-urlencoded", "origin": f"http://127.0.0.1:{port}"})
            break
        except OSError:
            connection.close()
            time.sleep(0.1)
    cookie = connection.getresponse().getheader("set-cookie", "")
    connection.close()
    if not cookie:
        raise RuntimeError("the server let nobody sign in")
    return cookie.split(";")[0]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
