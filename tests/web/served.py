"""A district served as a person would: ``qiantang serve`` in a process of its own, signed in over the wire."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from qiantang.kernel.actions.users import User
from qiantang.web.running import accounts_of

NAME, PASSWORD = "li", "a long enough one"  # a test's own
_RUN = "import sys; from qiantang.cli import main; sys.exit(main(sys.argv[1:]))"


@dataclass
class Served:
    """A running server; it can be killed and begun anew at the same port."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    cookie: str = ""

    @property
    def origin(self) -> dict[str, str]:
        return {"origin": f"http://127.0.0.1:{self.port}", "cookie": self.cookie}

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {**self.origin, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def sign_in(self) -> None:
        body = urlencode({"name": NAME, "password": PASSWORD, "next": "/cases"}).encode()
        status, headers, _ = self.ask("POST", "/login", body, {"content-type": "application/x-www-form-urlencoded"})
        assert status == 303
        self.cookie = headers["set-cookie"].partition(";")[0]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def begin_anew(self) -> None:
        self.process = _begun(self.folder, self.port)

    def peak_mib(self) -> float:
        """The most memory that the server ever held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The folder's district, with an account that may do everything."""
    brain, accounts = accounts_of(folder)
    accounts.add(User(NAME, "李", "", ("see", "decide", "dispatch", "sign", "configure"), "district", (), ("*",)), PASSWORD, "tester")
    accounts.people.close()
    brain.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = Served(folder, port, _begun(folder, port))
    try:
        found.sign_in()
        yield found
    finally:
        found.process.terminate()
        try:
            found.process.wait(20)
        except subprocess.TimeoutExpired:
            found.process.kill()
            found.process.wait(20)


def _begun(folder: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", _RUN, "serve", str(folder), "--port", str(port)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    for _ in range(600):
        assert process.poll() is None, "the server ended"
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the server did not begin")
