"""The durable log: a commit of 10,000 readings, beside what the disk alone takes for as many bytes, and reading it all back."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.factory.rows import Row
from qiantang.kernel.readings import readings
from qiantang.stores.reading_frames import packed
from qiantang.stores.reading_log import ReadingLog

N = 10_000
START = 1_795_651_200_000_000


def rows(quick: bool = False) -> Iterator[Row]:
    """Commits in turn with bare writes of the same bytes, so that the disk's mood falls on both."""
    times = 100 if quick else 500
    draws = np.random.default_rng(1)
    batch = readings(draws.permutation(N), START + draws.integers(0, 1000, N) * 1000, np.round(draws.normal(size=N), 3), received=START)
    size = len(packed(batch, 0))
    yield Row("log: bytes a reading", size / N, "B", 16, "16", more_is_better=False)
    began = time.process_time()
    for offset in range(times):
        packed(batch, offset)
    yield Row("log: packing, a second of CPU", times * N / (time.process_time() - began) / 1e6, "M readings/s", 18, "18 (with the disk)")
    with tempfile.TemporaryDirectory(prefix="qiantang-log-") as folder:
        log, bare = ReadingLog(Path(folder) / "log"), os.open(Path(folder) / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        spent: list[float] = []
        disk: list[float] = []
        whole = bytes(size)
        for _ in range(times):
            began = time.perf_counter()
            log.append(batch)
            log.commit()
            spent.append(time.perf_counter() - began)
            began = time.perf_counter()
            os.write(bare, whole)
            os.fdatasync(bare)
            disk.append(time.perf_counter() - began)
        os.close(bare)
        for share in (50, 99):
            yield Row(f"log: a commit of 10,000, p{share}", float(np.percentile(spent, share)) * 1e3, "ms", anchor="0.54 and 0.87 ms on a quiet disk",
                      more_is_better=False, note=f"the disk alone {np.percentile(disk, share) * 1e3:.2f} ms")
        yield Row("log: appended durably", times * N / sum(spent) / 1e6, "M readings/s", anchor="18 M/s",
                  note=f"the disk alone {times * N / sum(disk) / 1e6:.1f} M/s of as many bytes")
        began = time.process_time()
        read = sum(len(b) for _, b in log.read())
        yield Row("log: read back and checked, a second of CPU", read / (time.process_time() - began) / 1e6, "M readings/s", 64, "64 M/s")
        log.close()
