"""A node in a process of its own, killed with -9 while it works and begun again from what it acknowledged, until it is done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def through_kills(module: str, folder: Path, *, kills: int, after: int, within_s: float, seed: int) -> list[str]:
    """Run ``python -m tests.district.plant.<module> folder first``, killed so often at no particular moment after so many
    acknowledgements; what the last run said, which is from "done" on what it came to."""
    draws = np.random.default_rng(seed)
    first, killed = 0, 0
    while True:
        child = subprocess.Popen([sys.executable, "-m", f"tests.district.plant.{module}", str(folder), str(first)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        before, said = first, []
        for line in child.stdout:
            said.append(line.strip())
            if line.startswith("ack "):
                first = int(line.removeprefix("ack ")) + 1
            if killed < kills and first - before >= after:
                time.sleep(float(draws.uniform(0.0, within_s)))
                os.kill(child.pid, signal.SIGKILL)
                killed += 1
                break
        child.stdout.close()
        child.wait()
        if "done" in said:
            assert killed == kills
            return said[said.index("done"):]
