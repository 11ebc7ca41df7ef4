"""How long pages take: one person at a district of any size, and fifty people who read before they click again."""

from __future__ import annotations

import asyncio
import http.client
import statistics
import time
from dataclasses import dataclass
from random import Random

from benchmarks.web.server import Process

STATIC = "/static/mark.svg"
BOOK = "mu/huangyan-2022"


def paths(process: Process) -> dict[str, str]:
    """What is asked for, by what it is; the subject and the case are the first of their lists."""
    listed = asked_once(process, f"/evaluation?rulebook={BOOK}&outcome=D")
    subject = listed.split('href="/enterprise/')[1].split("?")[0].split('"')[0]
    case = asked_once(process, "/cases").split('href="/case/')[1].split('"')[0]
    list_ = f"/evaluation?rulebook={BOOK}"
    return {"cockpit": "/cockpit", "evaluation": list_, "evaluation: class": f"{list_}&outcome=C", "evaluation: words": f"{list_}&q=0036",
            "evaluation: sorted": f"{list_}&order=tax_per_mu", "evaluation: further on": f"{list_}&offset=1500&order=-name",
            "enterprise": f"/enterprise/{subject}?rulebook={BOOK}", "cases": "/cases", "case": f"/case/{case}", "rulebooks": "/rulebooks",
            "notices": "/notices", "indicator": "/indicator/hitech_enterprises", "wall": "/synthetic-wall"}


def asked_once(process: Process, path: str) -> str:
    """A page's text."""
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=120)
    connection.request("GET", path, headers={"cookie": process.cookie})
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    connection.close()
    return text


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds, sorted."""

    taken: tuple[float, ...]

    def at(self, share: float) -> float:
        """The time that a share of them keeps to."""
        return self.taken[min(len(self.taken) - 1, int(share * len(self.taken)))]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.taken)


@dataclass(frozen=True, slots=True)
class Asked:
    """How long a page took by the clock, and milliseconds of the server's processor for one asking."""

    times: Times
    cpu: float


def one_person(process: Process, asked: dict[str, str], times: int) -> dict[str, Asked]:
    """Each page several times over by one connection, in turn with a file that is only read; the first asking is not counted."""
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=120)
    still: list[float] = []
    found: dict[str, Asked] = {}
    for name, path in asked.items():
        _timed(connection, process, path)
        used, taken = process.cpu(), []
        for _ in range(times):
            taken.append(_timed(connection, process, path))
            still.append(_timed(connection, process, STATIC))
        found[name] = Asked(Times(tuple(sorted(taken))), (process.cpu() - used) / times * 1000)
    connection.close()
    return found | {"static": Asked(Times(tuple(sorted(still or [0.0]))), 0.0)}


def _timed(connection: http.client.HTTPConnection, process: Process, path: str) -> float:
    started = time.perf_counter()
    connection.request("GET", path, headers={"cookie": process.cookie, "accept-encoding": "gzip", "hx-request": "true"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return (time.perf_counter() - started) * 1000


def many_people(process: Process, asked: dict[str, str], people: int, seconds: float, think: float) -> Times:
    """Everybody asks for one page after another with a pause of ``think`` seconds on average between them."""
    return Times(tuple(sorted(asyncio.run(_all(process, list(asked.values()), people, seconds, think)))))


async def _all(process: Process, asked: list[str], people: int, seconds: float, think: float) -> list[float]:
    ends = time.monotonic() + seconds
    each = await asyncio.gather(*(_person(process, asked, Random(n), ends, think) for n in range(people)))
    return [taken for times in each for taken in times]


async def _person(process: Process, asked: list[str], chance: Random, ends: float, think: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    found = []
    await asyncio.sleep(chance.uniform(0, think))
    while time.monotonic() < ends:
        path = chance.choice(asked)
        started = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{process.port}\r\ncookie: {process.cookie}\r\naccept-encoding: gzip\r\n\r\n".encode())
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if " 200 " not in head.splitlines()[0]:
            raise RuntimeError(f"{path}: {head.splitlines()[0]}")
        if "content-length:" in head:
            await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
        else:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await reader.readexactly(size + 2)
            await reader.readuntil(b"\r\n")
        found.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(chance.uniform(0.5, 1.5) * think)
    writer.close()
    return found
