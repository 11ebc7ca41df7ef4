"""Measures every row of the web's acceptance table: ``python -m benchmarks.web [--quick] [PART …]``.

Districts are built once and kept in ``build/bench-web``. Where a time is judged, a file that is only read is timed in the
same run, so that a busy machine is seen.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.__main__ import Bar
from benchmarks.web import asking, browser, letters, walls, words
from benchmarks.web.server import served

KEPT = Path("build/bench-web")
LARGE, USUAL = 100_000, 10_000
STATES = ("/evaluation?q=nobody-is-called-so", "/nosuch", "/enterprise/91339900T99999999X", "/evaluation?rulebook=nosuch")
"""Pages in other states: nothing found, not there, no such subject, refused."""


def district(enterprises: int) -> Path:
    """The folder of a demonstration district of that size, built where it is missing."""
    folder = KEPT / f"district-{enterprises}"
    if not (folder / ".qiantang" / "runs").is_dir():
        subprocess.run([str(Path(sys.executable).with_name("qiantang")), "demo", "--dir", str(folder), "--enterprises", str(enterprises)], check=True,
                       stdout=subprocess.DEVNULL)
    return folder


def at_size(quick: bool) -> Iterator[Bar]:
    """One person at 100,000 enterprises."""
    with served(district(LARGE)) as process:
        times = asking.one_person(process, asking.paths(process), 5 if quick else 20)
    still = times.pop("static").times
    for name, asked in times.items():
        yield Bar(f"server, 100,000 enterprises, p95: {name}", asked.times.at(0.95), 100, "ms",
                  note=f"median {asked.times.median:.0f}, processor {asked.cpu:.0f}; a static file {still.median:.1f}, p95 {still.at(0.95):.1f}")


def people(quick: bool) -> Iterator[Bar]:
    """Fifty people with three seconds between their clicks."""
    with served(district(USUAL)) as process:
        asked = asking.paths(process)
        asking.one_person(process, asked, 1)
        taken = asking.many_people(process, asked, 50, 15 if quick else 60, 3.0)
        still = asking.one_person(process, {"cases": "/cases"}, 20)["static"].times
        yield Bar("50 people, 3 s think time, p95", taken.at(0.95), 300, "ms",
                  note=f"median {taken.median:.0f}, {len(taken.taken)} pages; a static file {still.median:.1f}; server {process.memory():.0f} MiB")


def in_browser(quick: bool) -> Iterator[Bar]:
    """First paint, everything drawn, filters, bytes, the wall's main thread."""
    times = 3 if quick else 9
    with served(district(USUAL)) as process, browser.chromium() as opened:
        asked = asking.paths(process)
        asking.one_person(process, asked, 1)
        still = browser.static_paint(opened, process, times)
        for name in ("cockpit", "evaluation", "enterprise", "wall"):
            painted, drawn, size = browser.cold(opened, process, asked[name], times)
            yield Bar(f"first paint, cold: {name}", painted.median, 500, "ms", note=f"worst {painted.at(1):.0f}; a static file loads in {still.median:.0f}")
            if name == "cockpit":
                yield Bar("cockpit fully drawn, cold", drawn.median, 1200, "ms", note=f"worst {drawn.at(1):.0f}")
            yield Bar(f"over the wire, cold: {name}", size, 450 if name == "cockpit" else 60, "kB")
        _, drawn, size = browser.cold(opened, process, "/synthetic-marks", times)
        yield Bar("over the wire, cold: 300 nodes drawn by ECharts", size, 450, "kB", note=f"drawn after {drawn.median:.0f} ms")
        taken = browser.filters(opened, process, 8 if quick else 40)
        yield Bar("filter or sort, click to rows, p95", taken.at(0.95), 400, "ms", note=f"median {taken.median:.0f}")
        yield Bar("wall: browser's main thread busy", browser.busy(opened, process, 5 if quick else 20) * 100, 5, "%")


def live(quick: bool) -> Iterator[Bar]:
    """Fifty walls, and a thousand that come and go."""
    with served(district(USUAL)) as process:
        seen = walls.watch(process, 50, 8 if quick else 30)
        yield Bar("50 walls: frames a second, the worst", seen.least_rate, 0.99, "1/s", more_is_better=True)
        yield Bar("50 walls: age of a frame, p95", seen.ages.at(0.95), 100, "ms", note=f"median {seen.ages.median:.0f}")
        yield Bar("50 walls: server", seen.cpu * 100, 10, "%")
        yield Bar("50 walls: memory a wall", seen.each, 0.5, "MiB")
        yield Bar("memory after 1,000 walls came and went", walls.open_and_close(process, 200 if quick else 1000), 5, "MiB")


def clean(quick: bool) -> Iterator[Bar]:
    """Nothing foreign, nothing forbidden, nothing that shuts somebody out, nothing in one language only."""
    from tests.web.npm import axe_source

    with served(district(USUAL)) as process, browser.chromium() as opened:
        asked = list(asking.paths(process).values())
        every = [*asked, "/reform?rulebook=lowland/qiantang-5wan&p0=50", "/views", "/view/land_classes", "/door", "/audit", "/tour", "/plan", "/objections",
                 "/self-check", "/verify?code=x", "/account", "/synthetic-marks", "/cockpit?wall=1920", *STATES]
        found = browser.faults(opened, process, every[:4] if quick else every, axe_source())
        for name, title in (("axe", "accessibility: rules broken"), ("foreign", "requests to other hosts"),
                            ("policy", "breaches of the policy, failing scripts")):
            yield Bar(f"{title}, {len(every)} pages × 2 languages", len(found[name]), 0, "", note="; ".join(found[name][:3]))
        twins = [path for path in asked if path != "/synthetic-wall"]
        left = words.untranslated(process, [*twins, "/rulebooks", "/views", "/plan", "/tour", "/self-check", "/door", "/audit", "/objections"])
        yield Bar("sentences in one language only", len(left), 0, "", note="; ".join(left[:3]))
    yield Bar("the web's packages over the kernel's, as installed", words.weight(), 60, "MB")


def in_batch(quick: bool) -> Iterator[Bar]:
    """Ten thousand letters by the command, killed in the middle and gone on with."""
    made = letters.batch(district(USUAL if quick else LARGE), KEPT / "letters", 40 if quick else 10_000, 10 if quick else 300)
    yield Bar(f"{made.letters:,} letters, killed at {made.killed_at:,} and gone on with: missing", abs(made.letters - made.files), 0, "",
              note=f"{made.wall / 60:.1f} minutes, {made.cpu / 60:.1f} of processor; {made.bytes_each / 1000:.0f} kB each; "
                   f"largest process {made.memory:.0f} MiB")
    yield Bar("the same: written twice", made.twice, 0, "")
    yield Bar("the same: torn, or left half written", made.torn, 0, "")
    yield Bar(f"the same: not one page with subject and code, of {made.looked_at} looked at", made.unlike, 0, "")
    yield Bar("the same: processor for a letter", made.cpu_each * 1000, 1000, "ms")


PARTS: dict[str, Callable[[bool], Iterator[Bar]]] = {"size": at_size, "people": people, "browser": in_browser, "live": live, "clean": clean,
                                                       "letters": in_batch}


def main() -> int:
    """Print each row as it is measured; 1 where a bar fell short."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.web")
    reader.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=", ".join(PARTS))
    reader.add_argument("--quick", action="store_true", help="fewer turns: a look, not a measurement")
    asked = reader.parse_args()
    short = 0
    for name in asked.parts or PARTS:
        for bar in PARTS[name](asked.quick):
            print(bar.said(), flush=True)
            short += not bar.held
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
