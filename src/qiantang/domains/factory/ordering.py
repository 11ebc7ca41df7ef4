"""Event-time order: what came in any order, late or twice is handed on in the order it happened, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.arrays import packed, unpacked
from qiantang.domains.factory.recent import NEVER, NOWHERE, Chunk, Recent
from qiantang.domains.factory.sorting import in_order, merged
from qiantang.kernel.readings import Quality, Readings, readings, together
from qiantang.kernel.wires import Counters

TICK = -1
"""The signal of a reading that only says that time passes here; the node logs one when nothing else comes."""

_WAITS, _LATE, _AT_ONCE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Allowances:
    """How wrong a source may be, in microseconds.

    ``ahead``: its clock before ours. ``behind``: the longest a reading may be on its way without being marked historical; a
    broker that was dead for an hour is believed, a clock that was set back by a day is not. ``silence``: a source that has said
    nothing for this long beyond its lateness is not waited for. ``slice_us``: readings are handed on by slices of this length.
    """

    ahead: int = 5_000_000
    behind: int = 2 * 3_600_000_000
    silence: int = 1_000_000
    slice_us: int = 50_000


@dataclass(frozen=True, slots=True)
class Released:
    """What one feeding hands on.

    ``readings`` are in order and once each. ``late`` came after their source's watermark, within what is remembered, and are
    no repetition: their window is to be computed anew. ``older`` are late too, but from before what is remembered: whether
    they repeat something only the history can tell.
    """

    readings: Readings
    late: Readings
    older: Readings


@dataclass(frozen=True, slots=True)
class OrderingState:
    """An ordering as it stands: where each source is, the readings that wait, and the chunks of those remembered, with the place in the log of
    each of their pieces (NOWHERE for one that does not lie there as it is). ``forgetful``: what was remembered is lost."""

    state: bytes
    pending: tuple[Readings, ...]
    recent: tuple[Chunk, ...]
    places: tuple[tuple[int, ...], ...]
    forgetful: bool = False


class Ordering:
    """Puts readings in the order of their source's time behind a watermark for each source.

    ``source`` gives for each signal (by number) the number of its source, ``lateness_us`` for each source how long to wait.
    A source's watermark is the newest time it told less its lateness, cut to a whole slice; readings before it are handed on
    by (time, signal, sequence), each once. A source with lateness 0 keeps its own order (one connection whose sequence shows
    gaps): it is handed on at once, as it comes. Everything here depends on the
    order of the readings alone, never on how they were split into batches or on a clock; for each source the same readings in
    any order, delayed within its lateness, or repeated, give the same sequence.

    A reading whose clock is off by more than the allowances is moved by one constant for its source, its distance to our
    clock when this was first seen, and marked ``Quality.CLOCK``: the source's own order and pace stay.

    Counters: ``received``, ``released``, ``repeated``, ``differing`` (repeated with another value), ``late``, ``older``,
    ``clock``.
    """

    def __init__(self, source: NDArray[np.int32], lateness_us: NDArray[np.int64], allowances: Allowances | None = None, *,
                 remember_us: int = 30_000_000, remember_most: int = 2_000_000) -> None:
        self.allowances = allowances or Allowances()
        self.counters = Counters()
        self.recent = Recent(remember_us, remember_most)
        self._source = np.zeros(0, np.int32)
        self._lateness = np.zeros(0, np.int64)
        self._newest, self._heard, self._moved, self._passed = (np.zeros(0, np.int64) for _ in range(4))
        self._last = np.zeros(0, np.int64)
        self._clock = np.full(1, NEVER, np.int64)
        self._looked = NEVER
        self._pending: list[tuple[int, Readings]] = []
        """What waits, in the order it came, each piece with its earliest time."""
        self.know(source, lateness_us)

    def know(self, source: NDArray[np.int32], lateness_us: NDArray[np.int64]) -> None:
        """The signals and sources there are now; those known before keep their numbers."""
        new = len(lateness_us) - len(self._lateness)
        self._source = np.ascontiguousarray(source, np.int32)
        self._lateness = np.ascontiguousarray(lateness_us, np.int64)
        self._newest, self._heard, self._moved, self._passed = (
            np.concatenate([known, np.full(new, fill, np.int64)]) for known, fill in
            ((self._newest, NEVER), (self._heard, NEVER), (self._moved, 0), (self._passed, NEVER)))
        self._last = np.concatenate([self._last, np.full(len(source) - len(self._last), NEVER, np.int64)])
        self.recent.know(self._source, len(lateness_us))

    def go_ahead(self, came_of: Sequence[Sequence[int]], lateness_us: NDArray[np.int64]) -> None:
        """To be called before the step ends at which ``regroup`` comes: sources that are to be one are as far as the farthest of them, and one that
        is to keep its own order is not waited for, so that what waits behind is handed on before what comes."""
        for of, lateness in zip(map(list, came_of), lateness_us.tolist(), strict=True):
            if of:
                upto = int(self._passed[of].max()) if lateness else max(int(self._passed[of].max()), int(self._newest[of].max()) + 1)
                self._passed[of] = np.maximum(self._passed[of], upto)

    def regroup(self, source: NDArray[np.int32], lateness_us: NDArray[np.int64], came_of: Sequence[Sequence[int]]) -> None:
        """Other sources: the source of each signal, how long to wait for each, and of which sources before it came. One that came of several
        is as far as the farthest of them, and one that keeps its own order from now on begins with a new instant; their clocks are moved on where
        all were moved alike."""
        def farthest(known: NDArray[np.int64], none: int) -> NDArray[np.int64]:
            return np.array([max((int(known[one]) for one in of), default=none) for of in came_of], np.int64)

        moved = [{int(self._moved[one]) for one in of} for of in came_of]
        waited = np.array([any(self._lateness[one] for one in of) for of in came_of], np.bool_)
        self._newest, self._heard, self._passed = (farthest(known, NEVER) for known in (self._newest, self._heard, self._passed))
        self._moved = np.array([min(of) if len(of) == 1 else 0 for of in moved], np.int64)
        self._source, self._lateness = np.ascontiguousarray(source, np.int32), np.ascontiguousarray(lateness_us, np.int64)
        self._last = np.concatenate([self._last, np.full(len(source) - len(self._last), NEVER, np.int64)])
        anew = (waited & (lateness_us == 0))[self._source]
        self._last[anew] = np.maximum(self._last[anew], self._passed[self._source][anew] - 1)
        self.recent.regroup(self._source, farthest(self.recent.forgotten, NEVER))

    @property
    def source(self) -> NDArray[np.int32]:
        """The source of each signal."""
        return self._source

    @property
    def frontier(self) -> NDArray[np.int64]:
        """For each source the instant before which everything was handed on."""
        return self._passed.copy()

    def judged_from(self, frontier: NDArray[np.int64], last: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """For each signal the instant from which on nothing was handed on when the sources had come as far as this frontier. A source that keeps
        its own order may tell an instant in parts: those of its signals that were not read at the last one then (by ``last``; None: as they
        were read up to now) are read at it later."""
        upto = frontier[self._source]
        own = self._lateness[self._source] == 0
        return np.where(own & ((self._last if last is None else last) < upto - 1), upto - 1, upto)

    @property
    def pending(self) -> int:
        """How many readings wait for their watermark."""
        return sum(len(piece) for _, piece in self._pending)

    def feed(self, batch: Readings, place: int = NOWHERE) -> Released:
        """Take a batch as it arrived (``place``: where it lies in the log); what may be handed on now. What waits is looked through once a slice of
        our clock.

        What was handed on is remembered until ``step`` is called, which says that it will not be asked for any more.
        """
        came = batch
        kind, batch, moved, (waiting, tardy, going_on, ticks) = self._judge(batch)
        self.counters.add("received", len(batch) - ticks)
        if moved:
            self.counters.add("clock", moved)
        at_once, late, older = _NONE, _NONE, _NONE
        if waiting:
            self._pending.append(_waiting(batch if waiting == len(kind) else batch.taken(kind == _WAITS)))
        if going_on:
            at_once = batch if going_on == len(kind) else batch.taken(kind == _AT_ONCE)
        # What is late may repeat what is ripe, and is only known to where that was handed on.
        ripe = self._ripe() if tardy or int(self._clock[0]) >= self._looked + self.allowances.slice_us else _NONE
        if len(at_once):
            self.counters.add("released", len(at_once))
            self.recent.add(at_once, place if at_once is came else NOWHERE)
        released = together([p for p in (at_once, self._handed_on(ripe)) if len(p)])
        if tardy:
            late, older = self._late(batch.taken(kind == _LATE))
        return Released(released, late, older)

    def step(self) -> Readings:
        """Hand on all that is ripe, and forget what is no longer to be remembered. The node calls this at places of the log that
        do not depend on how it was read; between two of them what is late and what is older is told by the same mark."""
        released = self._handed_on(self._ripe())
        self.recent.close()
        return released

    def flush(self) -> Released:
        """Hand on everything that waits, as if every source had fallen silent."""
        np.maximum(self._passed, self._newest + 1, out=self._passed)
        return Released(self._handed_on(self._ripe()), _NONE, _NONE)

    def anew(self, since: NDArray[np.int64]) -> Readings:
        """All that was handed on at or after an instant that is each signal's own, late ones at their place, in order."""
        found = self.recent.since(since)
        return merged(found, self._lateness[self._source[found.signal]] == 0)

    def snapshot(self) -> OrderingState:
        """The whole state, what is remembered too; to be taken after a ``step``. Readings are handed over as they are, not copied."""
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, f"_{name}") for name in _STATE}
        arrays |= {"forgotten": self.recent.forgotten, "looked": np.array([self._looked], np.int64),
                   "counts": np.array(list(self.counters.counts.values()), np.int64), "counted": np.array(list(self.counters.counts), "U16")}
        return OrderingState(packed(arrays), tuple(piece for _, piece in self._pending), self.recent.chunks, self.recent.places)

    def restore(self, snapshot: OrderingState) -> None:
        """Become what the snapshot was; signals and sources known since then stay known."""
        found = unpacked(snapshot.state)
        for name in _STATE:
            if name in found:
                now, then = getattr(self, f"_{name}"), found[name]
                now[:len(then)] = then
        self._pending = [_waiting(piece) for piece in snapshot.pending]
        self.recent.keep(snapshot.recent, snapshot.places, found["forgotten"])
        if snapshot.forgetful:
            np.maximum(self.recent.forgotten, self._passed - 1, out=self.recent.forgotten)
        self._looked = int(found["looked"][0])
        self.counters.counts = dict(zip(map(str, found["counted"]), map(int, found["counts"]), strict=True))

    def _judge(self, batch: Readings) -> tuple[NDArray[np.uint8], Readings, int, tuple[int, int, int, int]]:
        """What is to be done with each reading, the readings with their times moved, how many were moved, how many are of each kind."""
        a = self.allowances
        at, kind, moved, kinds = _judged(batch.signal, batch.at, batch.received, batch.quality, self._source, self._lateness,
                                         self._newest, self._heard, self._moved, self._passed, self._last, self._clock,
                                         a.ahead, a.behind, a.silence, a.slice_us)
        if moved:
            quality = np.where(at != batch.at, batch.quality | np.uint8(Quality.CLOCK), batch.quality)
            batch = Readings(batch.signal, at, batch.received, batch.value, quality, batch.sequence)
        return kind, batch, moved, kinds

    def _ripe(self) -> Readings:
        """What waits and lies before its source's frontier."""
        self._looked = int(self._clock[0])
        silent = (self._newest >= self._passed) & (self._looked - self._heard > self._lateness + self.allowances.silence)
        self._passed[silent] = self._newest[silent] + 1
        top = int(self._passed.max(initial=NEVER))
        found: list[Readings] = []
        pending: list[tuple[int, Readings]] = []
        for first, piece in self._pending:
            # Most of what waits lies beyond every frontier: it is not looked at.
            if first >= top:
                pending.append((first, piece))
                continue
            ripe = piece.at < self._passed[self._source[piece.signal]]
            if ripe.all():
                found.append(piece)
                continue
            found.append(piece.taken(ripe))
            pending.append(_waiting(piece.taken(~ripe)))
        self._pending = pending
        return together(found)

    def _handed_on(self, batch: Readings) -> Readings:
        if not len(batch):
            return batch
        found, repeated, differing = in_order(batch)
        self._count(repeated, differing)
        self.counters.add("released", len(found))
        self.recent.add(found)
        return found

    def _late(self, batch: Readings) -> tuple[Readings, Readings]:
        """Those of the late readings that repeat nothing, and those of which memory cannot tell."""
        batch, repeated, _ = in_order(batch, first_stays=True)
        old = batch.at <= self.recent.forgotten[self._source[batch.signal]]
        known = self.recent.holds(batch) & ~old
        self._count(repeated + int(known.sum()), 0)
        late, older = batch.taken(~known & ~old), batch.taken(old)
        for what, which in (("late", late), ("older", older)):
            if len(which):
                self.counters.add(what, len(which))
        self.recent.add(late)
        return late, older

    def _count(self, repeated: int, differing: int) -> None:
        if repeated:
            self.counters.add("repeated", repeated)
        if differing:
            self.counters.add("differing", differing)


def _waiting(piece: Readings) -> tuple[int, Readings]:
    return int(piece.at.min()), piece


_NONE = readings([], [], [])
_STATE = ("newest", "heard", "moved", "passed", "last", "clock")
_I4, _I8, _U1 = (numba.types.Array(kind, 1, "C", readonly=True) for kind in (numba.int32, numba.int64, numba.uint8))
_W8 = numba.types.Array(numba.int64, 1, "C")
_HISTORICAL = int(Quality.HISTORICAL)


@numba.njit((_I4, _I8, _I8, _U1, _I4, _I8, _W8, _W8, _W8, _W8, _W8, _W8, numba.int64, numba.int64, numba.int64, numba.int64),
            cache=True, nogil=True)
def _judged(signal, at, received, quality, source, lateness, newest, heard, moved, passed, last, clock,  # type: ignore[no-untyped-def]  # numba
            ahead, behind, silence, slice_us):
    """The time of each reading by its source's own clock or the moved one, and whether it came after the watermark; one by
    one, so that how they were split into batches does not matter."""
    n = len(signal)
    told = np.empty(n, np.int64)
    kind = np.zeros(n, np.uint8)
    ticks = count = late = at_once = 0
    for i in range(n):
        clock[0] = max(clock[0], received[i])
        s = signal[i]
        told[i] = at[i]
        if s < 0:
            kind[i] = 3
            ticks += 1
            continue
        g = source[s]
        delay = received[i] - at[i]
        if delay < -ahead or (delay > behind and not quality[i] & _HISTORICAL):
            again = delay - moved[g]
            if moved[g] == 0 or again < -ahead or again > behind:
                moved[g] = delay
            told[i] = at[i] + moved[g]
            count += 1
        if clock[0] - heard[g] > lateness[g] + silence:
            passed[g] = max(passed[g], newest[g] + 1)
        heard[g] = clock[0]
        t = told[i]
        if lateness[g] == 0:
            if t < newest[g] or last[s] >= t:
                kind[i] = 1
                late += 1
                continue
            kind[i] = 2
            at_once += 1
            newest[g] = t
            last[s] = t
            passed[g] = t + 1
            continue
        if t < passed[g]:
            kind[i] = 1
            late += 1
            continue
        if t > newest[g]:
            newest[g] = t
            mark = t - lateness[g]
            passed[g] = max(passed[g], mark - mark % slice_us)
    return told, kind, count, (n - late - at_once - ticks, late, at_once, ticks)
