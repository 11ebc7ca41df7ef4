"""A plant's node: replay from the log, kill -9 at random moments, memory over a week and in a flood."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.factory import big_plant
from benchmarks.factory.rows import Row
from qiantang.district.plant.charting import Given
from qiantang.district.plant.models import Model
from qiantang.district.plant.node import Node
from qiantang.district.plant.pipeline import Pipeline
from qiantang.district.plant.replaying import replay
from qiantang.kernel.readings import Readings, readings, together
from qiantang.kernel.wires import Delivery
from qiantang.stores import open_store
from qiantang.stores.reading_log import ReadingLog
from qiantang.stores.snapshots import Snapshots

SIGNALS = big_plant.MACHINES * big_plant.EACH
S = 1_000_000
START = 1_795_651_200 * S


def seconds(first: int, many: int, noise: np.ndarray, every_us: int = S) -> Readings:
    """All signals once a second (or at another rate), in control."""
    at = np.repeat(START + (first + np.arange(many, dtype=np.int64)) * every_us, SIGNALS)
    place = first * 7919 % (len(noise) - many * SIGNALS)
    return readings(np.tile(np.arange(SIGNALS, dtype=np.int32), many), at, noise[place:place + many * SIGNALS], received=at + 1000)


def replaying(quick: bool) -> Iterator[Row]:
    """From the log through order, charts and register, as after a crash: 100 M readings are to take 20 s at most."""
    noise = np.random.default_rng(5).normal(size=3_000_000)
    made = 60 if quick else 1000
    with tempfile.TemporaryDirectory(prefix="qiantang-replay-") as room:
        log = ReadingLog(Path(room) / "log")
        for k in range(0, made, 5):
            log.append(seconds(k, 5, noise))
            log.commit()
        plant = big_plant.plant()
        pipeline = Pipeline([Model(plant, Given(big_plant.settings))], lambda _: None, addresses=[s.address for s in plant.signals])
        pipeline.take(0, seconds(0, 5, noise))
        cpu, began = time.process_time(), time.perf_counter()
        for offset, batch in log.read(pipeline.position):
            pipeline.take(offset, batch)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - began
        n = pipeline.position - 5 * SIGNALS
        yield Row("recovery: log read, ordered, charted, registered; a second of CPU", n / cpu / 1e6, "M readings/s", 5.0, "100 M in 20 s",
                  note=f"{n:,} in {wall:.1f} s")
        began = time.process_time()
        snapshot = pipeline.snapshot()
        yield Row("a snapshot of 10,000 signals: charts wait for", (time.process_time() - began) * 1e3, "ms", more_is_better=False)
        began = time.process_time()
        written = Snapshots(Path(room) / "snapshots").write(snapshot)
        yield Row("the same: packed and written beside them in", (time.process_time() - began) * 1e3, "ms", more_is_better=False,
                  note=f"{written.stat().st_size / 2**20:.0f} MiB, every 10 s")
        log.close()


def killed(times: int) -> Iterator[Row]:
    """A node in a process of its own, killed at random moments while a bad network delivers, until it was killed so often."""
    from tests.district.plant.sender import deliveries, quiet

    length, seed = max(40, times * 4), 17
    draws = np.random.default_rng(seed)
    first, kills, resumed, torn = 0, 0, [0.0], 0
    with tempfile.TemporaryDirectory(prefix="qiantang-kill-") as room:
        folder = Path(room)
        for _ in range(3 * times + 10):
            child = subprocess.Popen([sys.executable, "-m", "tests.district.plant.sender", str(folder), str(length), str(seed), str(first)],
                                     stdout=subprocess.PIPE, text=True)
            assert child.stdout is not None
            said: list[str] = []
            for line in child.stdout:
                said.append(line.strip())
                if line.startswith("resumed") and kills < times:
                    threading.Timer(float(draws.uniform(0.0, 1.0)), _kill, (child,)).start()
            child.wait()
            kills += child.returncode == -signal.SIGKILL
            first = max([first - 1, *(int(w.removeprefix("ack ")) for w in said if w.startswith("ack ") and w[4:].isdigit())]) + 1
            resumed += [float(w.split()[1]) for w in said if w.startswith("resumed ")]
            if "done" in said:
                break
        sent = together(deliveries(length, seed))
        log = ReadingLog(folder / "log")
        got, torn = together([b for _, b in log.read()]), len(log.damage)
        log.close()
        lost = _keys(sent) - _keys(got)
        store = open_store(folder / "state.sqlite")
        with store.reading() as reader:
            found = reader.findings()
        store.close()
        twice = sum(n - 1 for n in Counter(str(f.values["alarm"]) for f in found if not f.amends).values())
        alarms = Counter((a.id, a.offset, a.withdrawn) for a in replay(folder, Given(quiet)))
        recorded = Counter((str(f.values["alarm"]), int(str(f.values["offset"])), f.outcome == "withdrawn") for f in found)
        differing = ((alarms - recorded) + (recorded - alarms)).total()
        yield Row("kill -9 at random moments: times", kills, "", float(times))
        yield Row("acknowledged readings lost", len(lost), "", 0, more_is_better=False, note=f"of {len(_keys(sent)):,}; {torn} damaged places")
        yield Row("alarms raised twice", twice, "", 0, more_is_better=False, note=f"of {len(found):,} findings")
        yield Row("findings that a replay of the log does not give, or gives besides", differing, "", 0, more_is_better=False)
        yield Row("from opening to having judged all that was in the log, longest", max(resumed), "s", 2.0, more_is_better=False,
                  note=f"median {np.median(resumed[1:] or [0.0]):.2f} s")


def _kill(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        os.kill(child.pid, signal.SIGKILL)


def _keys(r: Readings) -> set[tuple[int, int, int]]:
    r = r.taken(r.signal >= 0)
    return set(zip(r.signal.tolist(), r.at.tolist(), r.sequence.tolist(), strict=True))


async def drown(folder: Path, for_s: float) -> None:
    """Deliver as fast as is taken; print readings, and MiB before and at most."""
    noise = np.random.default_rng(5).normal(size=3_000_000)
    last = START
    node = Node(folder, big_plant.plant(), charts=big_plant.charts(), clock=lambda: last)
    running = asyncio.create_task(node.run([]))
    k, began, before = 0, time.monotonic(), 0
    while time.monotonic() - began < for_s:
        batch = seconds(k, 1, noise)
        last = int(batch.received[-1])
        await node.deliver(Delivery(batch))
        k += 1
        if k == 100:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    status = node.status()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(k * SIGNALS, before, most, status.counts["waited"], status.counts.get("shed_history", 0), status.behind, flush=True)


async def week(folder: Path, days: int) -> None:
    """Days of readings once a minute, as fast as they are judged; print readings, MiB after the first day and at most, MiB then."""
    noise = np.random.default_rng(5).normal(size=200_000)
    last = START
    node = Node(folder, big_plant.plant(), store=open_store(folder / "state.sqlite"), charts=big_plant.charts(),
                clock=lambda: last)
    running = asyncio.create_task(node.run([]))
    first_day = 0
    for minute in range(days * 1440):
        batch = seconds(minute, 1, noise, 60 * S)
        last = int(batch.received[-1])
        await node.deliver(Delivery(batch))
        while node.status().behind > 50_000 or node.inbox.bytes or node.recorder.bytes > 4 << 20:
            await asyncio.sleep(0.002)
        if minute == 1440:
            first_day = _mib()
    at_end = _mib()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    print(days * 1440 * SIGNALS, first_day, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, at_end, flush=True)


def _mib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20


def a_week(days: int) -> Iterator[Row]:
    """In a process of its own."""
    with tempfile.TemporaryDirectory(prefix="qiantang-week-") as folder:
        command = [sys.executable, "-m", "benchmarks.factory.node", "week", folder, str(days)]
        began = time.perf_counter()
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    many, first, most, end = map(int, told.stdout.split())
    yield Row(f"memory over {days} days of 10,000 signals, each once a minute: most", most, "MiB", 500, more_is_better=False,
              note=f"{many:,} readings in {time.perf_counter() - began:.0f} s")
    yield Row("the same: from the first day to the last", end / max(first, 1), "×", 1.15, more_is_better=False, note=f"{first} and {end} MiB")


def drowned(for_s: float) -> Iterator[Row]:
    """In a process of its own."""
    with tempfile.TemporaryDirectory(prefix="qiantang-flood-") as folder:
        command = [sys.executable, "-m", "benchmarks.factory.node", "drown", folder, str(for_s)]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    many, before, most, waited, shed, behind = map(int, told.stdout.split())
    note = (f"{many / for_s / 1e6:.2f} M/s taken for {for_s:.0f} s, {before} MiB at first; sender held back {waited:,} times; "
            f"{shed:,} shed of history, {behind:,} behind")
    yield Row("memory when everything that is taken comes at once, 10,000 signals", most, "MiB", 1024, "≤ 1 GiB", more_is_better=False, note=note)


def rows(quick: bool = False, *, kills: int = 200, flood_s: float = 60.0) -> Iterator[Row]:
    """Recovery, kills, a week, flood."""
    yield from replaying(quick)
    yield from killed(5 if quick else kills)
    yield from a_week(2 if quick else 7)
    yield from drowned(20.0 if quick else flood_s)


if __name__ == "__main__":
    if sys.argv[1:2] == ["drown"]:
        asyncio.run(drown(Path(sys.argv[2]), float(sys.argv[3])))
    elif sys.argv[1:2] == ["week"]:
        asyncio.run(week(Path(sys.argv[2]), int(sys.argv[3])))
    else:
        for row in rows("--quick" in sys.argv):
            print(row.said(), flush=True)
