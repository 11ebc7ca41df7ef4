"""Sentences that were left in one language, and how much the web's packages weigh."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

from benchmarks.web.asking import asked_once
from benchmarks.web.server import Process

_TITLED = re.compile(r"《([^》]+)》")
_HAN = re.compile(r"[\u4e00-\u9fff]+")


def untranslated(process: Process, asked: list[str]) -> list[str]:
    """Texts of pages whose English holds Chinese, or that are there in one language only.

    Names are the same in both languages and stay as they are, and so do titles of Chinese documents: a run of Chinese within
    an English sentence counts unless it stands as a name, or within the marks of a title, somewhere on the page.
    """
    found = []
    for path in asked:
        told = json.loads(asked_once(process, "/api/v1" + path))
        texts = list(_texts(told))
        names = [zh for zh, en in texts if zh == en] + list(_plain(told)) + [title for zh, _ in texts for title in _TITLED.findall(zh)]
        for zh, en in texts:
            foreign = [run for run in _HAN.findall(en) if not any(run in name for name in names)]
            if (foreign and zh != en) or bool(zh) != bool(en):
                found.append(f"{path}: {zh!r} / {en!r}")
    return sorted(set(found))


def _texts(told: object) -> Iterator[tuple[str, str]]:
    if isinstance(told, dict):
        if set(told) == {"zh", "en"}:
            yield str(told["zh"]), str(told["en"])
        else:
            for inner in told.values():
                yield from _texts(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from _texts(inner)


def _plain(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, list):
        for inner in told:
            yield from _plain(inner)
    elif isinstance(told, dict) and set(told) != {"zh", "en"}:
        for inner in told.values():
            yield from _plain(inner)


def weight() -> float:
    """MB that the extra ``web`` brings beyond what the package needs anyway, as installed here."""
    own = distribution("qiantang").requires or []
    core = _closure([line for line in own if "extra ==" not in line])
    web = _closure([line for line in own if "extra == 'web'" in line or 'extra == "web"' in line])
    return sum(_size(name) for name in web - core) / 1e6


def _closure(lines: list[str]) -> set[str]:
    found: set[str] = set()
    waiting = [_name(line) for line in lines]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        found.add(name)
        waiting += [_name(line) for line in needs if "extra ==" not in line]
    return found


def _name(line: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower().replace("_", "-")


def _size(name: str) -> int:
    return sum(path.stat().st_size for file in distribution(name).files or () if (path := file.locate()).is_file())  # type: ignore[attr-defined]  # a path
