"""A throwaway MQTT broker for a test, on a free port of its own, which can be stopped and started again."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import mosquitto_program


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Mosquitto:
    """The broker as a process; ``anonymous`` False lets nobody in, ``telling`` logs every packet; ``further`` lines of
    its configuration."""

    def __init__(self, home: Path, anonymous: bool = True, telling: bool = False, *further: str) -> None:
        self.port = free_port()
        self._log = home / f"mosquitto-{self.port}.log"
        self._file = home / f"mosquitto-{self.port}.conf"
        self._file.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous {str(anonymous).lower()}\npersistence false\nmax_queued_messages 100000\n"
                              f"max_inflight_messages 1000\nlog_type {'all' if telling else 'error'}\nlog_dest file {self._log}\nset_tcp_nodelay true\n"
                              + ("user root\n" if os.geteuid() == 0 else "") + "".join(f"{line}\n" for line in further))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start and wait until it listens."""
        program = mosquitto_program()
        assert program is not None
        self._process = subprocess.Popen([program, "-c", str(self._file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as trial:
                if not trial.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.01)
        self.stop()
        raise RuntimeError("mosquitto does not listen")

    @property
    def log(self) -> list[str]:
        """What it says of every packet."""
        return self._log.read_text(encoding="utf-8", errors="replace").splitlines()

    def stop(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker for one test."""
    broker = Mosquitto(tmp_path)
    try:
        yield broker
    finally:
        broker.stop()
