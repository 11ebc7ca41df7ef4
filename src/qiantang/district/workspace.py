"""The folder an assessment works in: the departments' workbooks, and beside them, in .qiantang, all that was made of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qiantang.district.assembly import House, house
from qiantang.district.settings import SETTINGS_FILE, District, default_folder
from qiantang.kernel.errors import FactsError, Fault, Place, QiantangError, SubjectError, raise_all
from qiantang.kernel.expressions.types import Kind, Type
from qiantang.kernel.rulebooks.document import id_of, read_document
from qiantang.kernel.units import Unit
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.kernel.actions.ports import StateStore

HIDDEN = ".qiantang"
DEMONSTRATION = ".demo"
"""Folder that a demonstration leaves beside its workbooks."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One run as it lies in the workspace: its key, what it judged by and when, where the rows are, their columns."""

    key: str
    rulebook: str
    version: str
    law_date: date
    known_at: date
    year: int
    path: Path
    dossier: Path
    types: Mapping[str, Type]
    counts: Mapping[str, int]

    def to_json(self) -> dict[str, object]:
        """The run as plain values; paths are told from the workspace's own folder."""
        return {
            "key": self.key, "rulebook": self.rulebook, "version": self.version, "law_date": str(self.law_date),
            "known_at": str(self.known_at), "year": self.year, "path": self.path.name, "dossier": self.dossier.name,
            "types": {name: type_to_json(t) for name, t in self.types.items()}, "counts": dict(self.counts),
        }


def type_to_json(kind: Type) -> list[object]:
    """A type as plain values."""
    return [str(kind.kind), kind.scale, [list(a) for a in kind.unit.atoms]]


def type_from_json(written: list[object]) -> Type:
    """The type back from plain values."""
    kind, scale, atoms = written
    assert isinstance(scale, int)
    assert isinstance(atoms, list)
    return Type(Kind(str(kind)), scale, Unit(tuple((str(n), int(p)) for n, p in atoms)))


class Workspace:
    """A district folder and its results. ``folder`` holds the workbooks and, optionally, ``district.yaml``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.hidden = self.folder / HIDDEN
        self.facts = self.hidden / "facts"
        self.runs = self.hidden / "runs"
        self.dossiers = self.hidden / "dossiers"

    @cached_property
    def district(self) -> District:
        """The folder's own settings, else those of the reference district."""
        own = (self.folder / SETTINGS_FILE).is_file()
        return District.load(self.folder if own else default_folder())

    @cached_property
    def house(self) -> House:
        """The domains, with the folder's own rulebooks."""
        return house(self.folder)

    def refuse_broken(self) -> None:
        """Read the folder's own settings and rulebooks; every fault of all of them is told together, with its line."""
        faults: list[Fault] = []
        own = self.folder / "rulebooks"
        for path in sorted(own.rglob("*.yaml")) if own.is_dir() else ():
            try:
                read_document(path)
            except QiantangError as wrong:
                faults += wrong.faults
        try:
            _ = self.district
        except QiantangError as wrong:
            faults += wrong.faults
        raise_all(FactsError, faults)
        for path in sorted(own.rglob("*.yaml")) if own.is_dir() else ():
            try:
                self.house.library.book(id_of(path)).on()
            except QiantangError as wrong:
                faults += [replace(f, place=replace(f.place, file=f.place.file or str(path))) for f in wrong.faults]
        raise_all(FactsError, faults)

    def state(self) -> StateStore:
        """The store of cases, audit log and index of runs."""
        from qiantang.stores import open_store

        self.hidden.mkdir(parents=True, exist_ok=True)
        return open_store(self.hidden / "state.sqlite")

    def run_file(self, key: str) -> Path:
        """Where the rows of a run lie."""
        return self.runs / f"{key}.parquet"

    def keep(self, run: StoredRun) -> None:
        """Write down what a run is, beside its rows."""
        write_whole(self.runs / f"{run.key}.json", json.dumps(run.to_json(), ensure_ascii=False, indent=1))

    def stored(self, key: str) -> StoredRun | None:
        """The run of that key, if it was kept whole."""
        file = self.runs / f"{key}.json"
        if not file.is_file() or not self.run_file(key).is_file():
            return None
        return _stored_run(file.read_text(encoding="utf-8"), self.runs, self.dossiers)

    def publish_latest(self, keys: Mapping[str, str]) -> None:
        """Say which run of each rulebook is the latest, in one step: until then the previous results stand whole."""
        write_whole(self.hidden / "latest.json", json.dumps(self.latest_keys() | dict(keys), indent=1))

    def latest_keys(self) -> dict[str, str]:
        """Rulebook id to the key of its latest run."""
        file = self.hidden / "latest.json"
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}

    @property
    def assessed(self) -> tuple[str, ...]:
        """The rulebooks that have a run, in the district's order, then the others by id."""
        keys = self.latest_keys()
        first = self.district.rulebooks or self.house.usual
        return (*(id for id in first if id in keys), *sorted(set(keys) - set(first)))

    @property
    def synthetic(self) -> bool:
        """Whether its subjects are made up: a demonstration was built there, or the folder's own settings say so."""
        return (self.folder / DEMONSTRATION).is_dir() or ((self.folder / SETTINGS_FILE).is_file() and self.district.synthetic)

    def latest(self, rulebook: str) -> StoredRun:
        """The latest run of a rulebook; SubjectError says how to get one."""
        key = self.latest_keys().get(rulebook)
        found = self.stored(key) if key is not None else None
        if found is None:
            raise SubjectError.of(
                f"尚无规则 {rulebook} 的评价结果", f"there is no run of rulebook {rulebook} yet", place=Place(str(self.folder)),
                remedy=Text(f"请先运行：qiantang assess {self.folder} --rulebook {rulebook}",
                            f"Run first: qiantang assess {self.folder} --rulebook {rulebook}"))
        return found


@lru_cache(maxsize=256)
def _stored_run(written: str, runs: Path, dossiers: Path) -> StoredRun:
    """A run as it was written down; a page opens every run of a subject, so each text is read once."""
    found = json.loads(written)
    return StoredRun(
        found["key"], found["rulebook"], found["version"], date.fromisoformat(found["law_date"]), date.fromisoformat(found["known_at"]),
        found["year"], runs / found["path"], dossiers / found["dossier"], {n: type_from_json(t) for n, t in found["types"].items()},
        found["counts"])


def write_whole(path: Path, body: str) -> None:
    """Write a file beside its place and move it there, so that a reader finds the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(body, encoding="utf-8")
    part.replace(path)


def existing(folder: Path) -> Path:
    """The folder, where it is one; SubjectError otherwise."""
    if folder.is_dir():
        return folder
    what = Text("这是文件，不是文件夹", "this is a file, not a folder") if folder.exists() else Text("没有这个文件夹", "there is no such folder")
    raise SubjectError.of(what.zh, what.en, place=Place(str(folder)), value=str(folder),
                          remedy=Text("请给出存放工作簿的文件夹。", "Name the folder with the workbooks."))


def found_workspace(named: Path | None) -> Workspace:
    """The folder named, else ``QIANTANG_DIR``, else the nearest folder upwards that was assessed, else the demonstration.

    SubjectError says how to make one.
    """
    if named is not None:
        return Workspace(existing(named))
    if os.environ.get("QIANTANG_DIR"):
        return Workspace(existing(Path(os.environ["QIANTANG_DIR"])))
    here = Path.cwd()
    found = found_nearby(here)
    if found is not None:
        return Workspace(found)
    raise SubjectError.of(
        "没有找到已评价的地区文件夹", "no assessed district folder was found", place=Place(str(here)),
        remedy=Text("请用 --dir 指明，或先运行 qiantang demo。", "Name it with --dir, or run first: qiantang demo"))


def found_nearby(here: Path) -> Path | None:
    """The nearest folder upwards that was assessed, else the demonstration beside; None where there is neither."""
    for folder in (here, *here.parents, here / "demo-district"):
        if (folder / HIDDEN).is_dir():
            return folder.resolve()
    return None
