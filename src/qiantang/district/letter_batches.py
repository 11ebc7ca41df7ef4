"""Batches of letters as they lie in folders: which run they tell of, which letters are written, and how far a batch is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from qiantang.district.workspace import write_whole
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Lang, Text

MANIFEST = "manifest.jsonl"
STATE = "state.json"
_STOP = "stop"


@dataclass(frozen=True, slots=True)
class BatchHead:
    """What every letter of a batch shares. ``outcomes`` empty means everybody; ``address`` is where codes are verified."""

    rulebook: str
    run: str
    lang: Lang
    on: date
    address: str
    outcomes: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """The head as plain values."""
        return {"rulebook": self.rulebook, "run": self.run, "lang": self.lang, "on": str(self.on), "address": self.address,
                "outcomes": list(self.outcomes)}


@dataclass(frozen=True, slots=True)
class LetterWritten:
    """One letter that lies there whole: whose, its code, its file, the hash and size of its bytes."""

    subject: str
    name: str
    code: str
    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch is; ``ended`` is None while it runs or after it was killed."""

    total: int
    done: int
    failed: int
    began: datetime
    now: datetime
    ended: datetime | None
    process: int

    @property
    def alive(self) -> bool:
        """Whether the process that writes it is still there; a state that has not moved for long is none's."""
        if self.ended is not None or (datetime.now(UTC) - self.now).total_seconds() > _SILENT_S:
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


_SILENT_S = 120


class LetterBatch:
    """One folder of letters: a manifest that grows line by line, and a state that is written anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def head(self) -> BatchHead | None:
        """What the folder's letters share; None where there is no batch yet."""
        lines = self._lines()
        if not lines:
            return None
        told = lines[0]["batch"]
        return BatchHead(told["rulebook"], told["run"], cast("Lang", told["lang"]), date.fromisoformat(told["on"]), told["address"],
                         tuple(told["outcomes"]))

    def begin(self, head: BatchHead) -> BatchHead:
        """Begin the batch, or go on with the one that lies there; its day stays the day it was begun.

        FactsError where the folder holds the letters of another run, language or choice.
        """
        before = self.head
        if before is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._append({"batch": head.to_json()})
            return head
        if (before.rulebook, before.run, before.lang, before.outcomes) != (head.rulebook, head.run, head.lang, head.outcomes):
            raise FactsError.of(f"文件夹中已有另一批告知书：{before.rulebook} 批次 {before.run}",
                                f"the folder holds the letters of another batch: {before.rulebook}, run {before.run}", place=Place(str(self.folder)),
                                value=before.run, remedy=Text("请换一个文件夹。", "Choose another folder."))
        return before

    def written(self) -> dict[str, LetterWritten]:
        """The letters that are there whole, by subject: noted in the manifest, with a file of the noted size."""
        found = {}
        for line in self._lines()[1:]:
            letter = LetterWritten(**line)
            file = self.folder / letter.file
            if file.is_file() and file.stat().st_size == letter.bytes:
                found[letter.subject] = letter
        return found

    def note(self, letter: LetterWritten) -> None:
        """Note a letter whose file is on the disk."""
        self._append({"subject": letter.subject, "name": letter.name, "code": letter.code, "file": letter.file, "sha256": letter.sha256,
                      "bytes": letter.bytes})

    @property
    def state(self) -> BatchState | None:
        """How far it is, as last written."""
        try:
            told = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        ended = told["ended"]
        return BatchState(told["total"], told["done"], told["failed"], datetime.fromisoformat(told["began"]), datetime.fromisoformat(told["now"]),
                          None if ended is None else datetime.fromisoformat(ended), told["process"])

    def tell(self, state: BatchState) -> None:
        """Write down how far it is."""
        write_whole(self.folder / STATE, json.dumps({
            "total": state.total, "done": state.done, "failed": state.failed, "began": state.began.isoformat(), "now": state.now.isoformat(),
            "ended": None if state.ended is None else state.ended.isoformat(), "process": state.process}))

    def ask_to_stop(self) -> None:
        """Ask whoever writes the batch to stop after the letters at hand."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _STOP).touch()

    def stopping(self) -> bool:
        """Whether somebody asked so."""
        return (self.folder / _STOP).exists()

    def go_on(self) -> None:
        """Forget that somebody asked so."""
        (self.folder / _STOP).unlink(missing_ok=True)

    def _append(self, line: Mapping[str, object]) -> None:
        with (self.folder / MANIFEST).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _lines(self) -> list[Any]:
        """The manifest's lines; one that was cut off by a crash is none, and the next is put on a line of its own."""
        path = self.folder / MANIFEST
        if not path.is_file():
            return []
        text = path.read_text(encoding="utf-8", errors="replace")
        if text and not text.endswith("\n"):
            with path.open("a", encoding="utf-8") as file:
                file.write("\n")
        found = []
        for line in text.splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found
