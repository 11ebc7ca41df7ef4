"""A batch of letters as a person orders it, killed in the middle and gone on with: what is there, and what it took."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from qiantang.district.letter_batches import MANIFEST, LetterBatch

BOOK = "mu/huangyan-2022"
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Written:
    """A batch that was killed at ``killed_at`` letters and gone on with; seconds, letters of its second part, faults by kind."""

    letters: int
    killed_at: int
    wall: float
    cpu: float
    cpu_each: float
    bytes_each: float
    files: int
    twice: int
    torn: int
    looked_at: int
    unlike: int
    memory: float


def batch(district: Path, kept: Path, letters: int, samples: int) -> Written:
    """Write that many letters of a copy of a district, so that the district itself issues none."""
    shutil.rmtree(kept, ignore_errors=True)
    copy, out = kept / "district", kept / "letters"
    shutil.copytree(district, copy)
    words = [str(Path(sys.executable).with_name("qiantang")), "letters", str(copy), "--rulebook", BOOK, "--out", str(out), "--limit", str(letters),
             "--json"]
    started = time.perf_counter()
    first = subprocess.Popen(words, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = LetterBatch(out)
    while first.poll() is None and ((state := found.state) is None or state.done < letters // 2):
        time.sleep(0.2)
    cpu = sum(_cpu_of_group(first.pid))
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    killed_at = len(found.written())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    second = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    noted = [json.loads(line) for line in (out / MANIFEST).read_text(encoding="utf-8").splitlines()[1:]]
    files = list(out.glob("*.pdf"))
    torn = sum(1 for one in noted if hashlib.sha256((out / one["file"]).read_bytes()).hexdigest() != one["sha256"])
    looked_at = Random(20220401).sample(noted, min(samples, len(noted)))
    made = Written(letters, killed_at, wall, cpu + second, second / max(1, len(noted) - killed_at), sum(one["bytes"] for one in noted) / max(1, len(noted)),
                   len(files), len(noted) - len({one["subject"] for one in noted}), torn + len(list(out.glob(".*.part"))), len(looked_at),
                   sum(1 for one in looked_at if not _one_page(out / one["file"], one["subject"], one["code"])), now.ru_maxrss / 1024)
    shutil.rmtree(kept)
    return made


def _one_page(pdf: Path, subject: str, code: str) -> bool:
    """Whether a letter is one page on which its subject and its code can be read."""
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=False, capture_output=True, text=True).stdout
    return text.count("\f") == 1 and subject in text.replace(" ", "") and code in text


def _cpu_of_group(group: int) -> Iterator[float]:
    """The seconds of processor of every process of a group."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(told[2]) == group:
            yield (int(told[11]) + int(told[12])) / _TICK
