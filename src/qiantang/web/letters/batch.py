"""Letters by the thousand: two processes write them, each letter is noted once its file is whole, what is there is kept."""

from __future__ import annotations

import gc
import hashlib
import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from qiantang.district.asking import asking
from qiantang.district.brain import Brain
from qiantang.district.identity import KEYBOARD, Identity
from qiantang.district.letter_batches import BatchHead, BatchState, LetterBatch, LetterWritten
from qiantang.kernel.errors import QiantangError, SubjectError
from qiantang.kernel.pages.declaring import Act, Page
from qiantang.kernel.words import Lang, Text
from qiantang.web.letters.press import WEIGHTS, Press, cut_font
from qiantang.web.letters.rendering import letter_pdf

WORKERS = 2
_AHEAD = 3
"""Letters handed to each worker ahead of those it writes."""
_TELLS_EVERY_S = 0.5
_WORTH_CUTTING = 500
"""Letters from which on it pays to cut the fonts down first: that takes some twenty seconds, and spares each letter a twentieth."""
FONTS = ".fonts"
"""Where a batch keeps its cut fonts; they stay with it, so that a letter written again is the same bytes."""
_UNFIT = re.compile(r"[^0-9A-Za-z_-]")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: letters there already, letters written now, letters that could not be, of how many."""

    total: int
    kept: int
    written: int
    failed: int
    seconds: float

    @property
    def done(self) -> int:
        """Letters that are there."""
        return self.kept + self.written


@dataclass(frozen=True, slots=True)
class Order:
    """What a batch is to hold; ``who`` issues it and stands in the audit log."""

    folder: Path
    rulebook: str
    out: Path
    lang: Lang = "zh"
    address: str = ""
    outcomes: tuple[str, ...] = ()
    most: int | None = None
    workers: int = WORKERS
    who: str = KEYBOARD.name


def write_letters(order: Order, told: Callable[[Progress], None] = lambda _: None) -> Progress:
    """Write the letters of the latest run of a rulebook, or go on where an earlier call stopped or was killed.

    SubjectError where nothing was assessed or no page gives letters; FactsError where the folder holds other letters.
    """
    brain = Brain(order.folder)
    try:
        letter_act(brain)
        run = brain.workspace.latest(order.rulebook)
        batch = LetterBatch(order.out)
        head = batch.begin(BatchHead(order.rulebook, run.key, order.lang, brain.today, order.address.rstrip("/"), tuple(sorted(order.outcomes))))
        subjects = _subjects(brain, order)
    finally:
        brain.close()
    batch.go_on()
    kept = batch.written()
    waiting = [s for s in subjects if s not in kept]
    return _written(order, head, batch, waiting, len(subjects) - len(waiting), told)


def _written(order: Order, head: BatchHead, batch: LetterBatch, waiting: list[str], kept: int, told: Callable[[Progress], None]) -> Progress:
    began, started = datetime.now(UTC), monotonic()
    last = 0.0
    done = Progress(kept + len(waiting), kept, 0, 0, 0.0)

    def tell(ended: bool) -> None:
        now = datetime.now(UTC)
        batch.tell(BatchState(done.total, done.done, done.failed, began, now, now if ended else None, os.getpid()))
        told(done)

    tell(ended=not waiting)
    if not waiting:
        return done
    pool = ProcessPoolExecutor(min(order.workers, len(waiting)), get_context("spawn"), _begin, (order, head))
    if len(waiting) >= _WORTH_CUTTING:
        wait([pool.submit(cut_font, order.out / FONTS, weight) for weight in WEIGHTS])
    running: set[Future[LetterWritten | str]] = set()
    left: Iterator[str] = iter(waiting)
    more = True
    try:
        while more or running:
            while more and len(running) < order.workers * _AHEAD:
                subject = next(left, None)
                more = subject is not None and not batch.stopping()
                if subject is not None and more:
                    running.add(pool.submit(_one, subject))
            ready, running = wait(running, return_when=FIRST_COMPLETED) if running else (set(), running)
            for future in ready:
                result = future.result()
                if isinstance(result, LetterWritten):
                    batch.note(result)
                    done = replace(done, written=done.written + 1)
                else:
                    done = replace(done, failed=done.failed + 1)
            done = replace(done, seconds=monotonic() - started)
            if done.seconds - last >= _TELLS_EVERY_S:
                last = done.seconds
                tell(ended=False)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        tell(ended=True)
    return done


def letter_act(brain: Brain) -> tuple[Page, Act]:
    """The page and the act that give a subject's letter, whichever domain declares them; SubjectError where none does."""
    for page in brain.workspace.house.pages:
        for act in page.acts:
            if act.gives_letter:
                return page, act
    raise SubjectError.of("没有提供告知书的页面", "no page gives letters")


def _subjects(brain: Brain, order: Order) -> list[str]:
    with asking(brain, KEYBOARD, {}) as ask:
        inquiry = ask.inquiry(order.rulebook)
        d, subject = ask.reads.engine.dialect, ask.reads.engine.dialect.quoted(inquiry.dossier.subject)
        known = {code for code, _ in inquiry.reading.outline.codes}
        if not set(order.outcomes) <= known:
            wrong, codes = sorted(set(order.outcomes) - known), [code for code, _ in inquiry.reading.outline.codes]
            raise SubjectError.of(f"规则 {order.rulebook} 没有结论“{'、'.join(wrong)}”", f"rulebook {order.rulebook} has no outcome '{', '.join(wrong)}'",
                                  value=wrong, remedy=Text("可选：" + "、".join(codes), "possible: " + ", ".join(codes)))
        test = f" WHERE outcome IN ({', '.join(d.string(o) for o in order.outcomes)})" if order.outcomes else ""
        rows = ask.reads.engine.rows(f"SELECT {subject} AS s FROM {ask.reads.findings(inquiry.run, inquiry.reading)} AS r{test} ORDER BY 1")
    return [str(row["s"]) for row in rows][:order.most]


# --- in a worker ---


class _Worker:
    """A district opened in a process of its own, for letter after letter."""

    def __init__(self, order: Order, head: BatchHead) -> None:
        self._stack = ExitStack()
        self._brain = Brain(order.folder)
        self._stack.callback(self._brain.close)
        self._page, self._act = letter_act(self._brain)
        self._order = order
        self._head = head
        self._press: Press | None = None
        self._who: Identity = replace(KEYBOARD, name=order.who)

    def write(self, subject: str) -> LetterWritten | str:
        """Write one letter whole: beside its place, then moved there."""
        try:
            with asking(self._brain, self._who, {"subject": subject, "rulebook": self._head.rulebook}) as ask:
                done = self._act.perform(ask, {"language": self._head.lang})
        except QiantangError as error:
            return error.said("en")
        assert done.letter is not None
        letter = replace(done.letter, on=self._head.on)
        if self._press is None:  # only now, for the fonts may have been cut since this process began
            self._press = Press(self._order.out / FONTS)
        pdf = letter_pdf(letter, self._head.lang, f"{self._head.address}/verify?code={letter.code}", self._press)
        file = f"{_UNFIT.sub('_', subject)}.pdf"
        part = self._order.out / f".{file}.{os.getpid()}.part"
        with part.open("wb") as out:
            out.write(pdf)
            out.flush()
            os.fsync(out.fileno())
        part.replace(self._order.out / file)
        return LetterWritten(subject, letter.to, letter.code, file, hashlib.sha256(pdf).hexdigest(), len(pdf))


_WORKER: list[_Worker] = []


def _begin(order: Order, head: BatchHead) -> None:
    # Ctrl-C is heard by the process that hands out the letters; those at hand are finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _WORKER[:] = [_Worker(order, head)]
    gc.collect()
    gc.freeze()  # the rulebooks are not walked over again for every few letters


def _one(subject: str) -> LetterWritten | str:
    return _WORKER[0].write(subject)
