"""The durable log of readings: what was acknowledged is on the disk, and its place there names everything downstream."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qiantang.kernel.errors import Fault, Place, QiantangError
from qiantang.kernel.readings import Readings, together
from qiantang.kernel.words import Text
from qiantang.stores.reading_frames import (
    HEAD_BYTES,
    MOST_READINGS,
    Frame,
    frame_at,
    packed,
    sound,
    sound_frames,
    told_by,
    unpacked,
)

SEGMENT_BYTES = 128 << 20
_ENDING = ".readings"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LogFullError(QiantangError):
    """The disk takes no more. What was not yet acknowledged is kept in memory; committing again later writes it."""


class LogWriteError(QiantangError):
    """The disk failed while writing; the same holds as for a full one."""


class LogHeldError(QiantangError):
    """Another process writes this log."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes inside the log that prove nothing: the readings from ``first`` up to (not with) ``after`` are lost."""

    file: str
    position: int
    first: int
    after: int

    @property
    def told(self) -> Text:
        """What a person is told."""
        return Text("日志 {file} 第 {position} 字节处损坏：第 {first} 至 {last} 号读数丢失。请检查磁盘；如有副本，请由副本恢复该文件。",
                    "the log {file} is damaged at byte {position}: readings {first} to {last} are lost. Check the disk; restore "
                    "the file from a copy where there is one.").filled(file=self.file, position=self.position, first=self.first,
                                                                        last=self.after - 1)


@dataclass(frozen=True, slots=True)
class _Segment:
    first: int
    path: Path


class ReadingLog:
    """A log in a folder of segments, each named by the offset of its first reading; a reading's offset is its number since
    the log began.

    ``append`` and ``commit`` are called by one thread, ``retire`` by one; any thread may read what is committed. A tail that a crash tore is cut
    off at opening (``torn`` bytes: nothing in it was acknowledged); damage further in stays where it is, is stepped over and
    reported in ``damage``. LogHeldError where another process holds the log.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.damage: list[Damage] = []
        self.torn = 0
        self._segment_bytes = segment_bytes
        self._waiting: list[Readings] = []
        self._listing = threading.Lock()
        self._lock = _held(folder / "lock")
        self._segments = sorted((_Segment(int(p.name.removesuffix(_ENDING)), p) for p in folder.glob(f"*{_ENDING}")), key=lambda s: s.first)
        self._end = 0
        self._size = 0
        self._file = -1
        self._hint: tuple[int, Path, int] = (-1, folder, 0)
        if self._segments:
            self._opened()
        self._next = self._end

    @property
    def start(self) -> int:
        """The offset of the oldest reading still kept."""
        return self._segments[0].first if self._segments else self._end

    @property
    def end(self) -> int:
        """The offset after the last reading that is on the disk."""
        return self._end

    @property
    def waiting(self) -> int:
        """How many readings were appended and are not on the disk yet."""
        return self._next - self._end

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(s.path.stat().st_size for s in self._segments)

    def append(self, readings: Readings) -> int:
        """Take a batch; its first reading's offset. It is safe only after the next ``commit``."""
        offset = self._next
        if len(readings):
            self._waiting.append(readings)
            self._next += len(readings)
        return offset

    def commit(self) -> int:
        """Put what waits on the disk, as one group; the offset after its last reading.

        LogFullError or LogWriteError leaves the log as it was, and what waits waiting.
        """
        if not self._waiting:
            return self._end
        batch = together(self._waiting)
        frames = [packed(batch.taken(slice(at, at + MOST_READINGS)), self._end + at) for at in range(0, len(batch), MOST_READINGS)]
        try:
            if self._file < 0 or self._size >= self._segment_bytes:
                self._new_segment()
            _write(self._file, frames[0] if len(frames) == 1 else b"".join(frames))
            os.fdatasync(self._file)
        except OSError as wrong:
            self._undo()
            raise _error(wrong, self.folder, self.waiting) from wrong
        self._size += sum(map(len, frames))
        self._end += len(batch)
        self._waiting = []
        return self._end

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Readings]]:
        """The committed readings from an offset on, batch by batch, each with its first reading's offset.

        What is older than the log keeps is left out; so is what is damaged, after it was put into ``damage``.
        """
        stop = self._end if stop is None else min(stop, self._end)
        wanted = max(start, self.start)
        while wanted < stop:
            at = max(bisect_right([s.first for s in self._segments], wanted) - 1, 0)
            segment = self._segments[at]
            upto = min(stop, self._segments[at + 1].first) if at + 1 < len(self._segments) else stop
            for offset, batch in self._read_segment(segment, wanted, upto):
                yield offset, batch.taken(slice(0, upto - offset)) if offset + len(batch) > upto else batch
            wanted = upto

    def retire(self, before: int, *, most_bytes: int | None = None, written_before: float | None = None) -> int:
        """Remove the oldest segments, as long as the log is larger than ``most_bytes`` or they were written before an instant
        (seconds since 1970), and only where every reader is past them: ``before`` is the least place that any reader, or any snapshot, needs.

        How many bytes were removed.
        """
        removed = 0
        total = self.size
        while len(self._segments) > 1 and self._segments[1].first <= before:
            oldest = self._segments[0]
            stat = oldest.path.stat()
            if not ((most_bytes is not None and total - removed > most_bytes)
                    or (written_before is not None and stat.st_mtime < written_before)):
                break
            with self._listing:
                self._segments = self._segments[1:]
            oldest.path.unlink()
            removed += stat.st_size
        return removed

    def close(self) -> None:
        """Let the log go; what was not committed is not acknowledged and not kept."""
        if self._file >= 0:
            os.close(self._file)
        os.close(self._lock)
        self._file = self._lock = -1

    def _opened(self) -> None:
        """Find the end of the last segment, cut off what a crash tore, and make known what is damaged."""
        last = self._segments[-1]
        data = last.path.read_bytes()
        end, upto = last.first, 0
        for frame in sound_frames(data, expected=last.first):
            if frame.position != upto:
                self.damage.append(Damage(last.path.name, upto, end, frame.offset))
            end, upto = frame.end, frame.position + frame.length
        self._file = os.open(last.path, os.O_WRONLY | os.O_APPEND)
        self.torn = len(data) - upto
        if self.torn:
            os.ftruncate(self._file, upto)
            os.fsync(self._file)
        self._end, self._size = end, upto

    def _new_segment(self) -> None:
        path = self.folder / f"{self._end:020d}{_ENDING}"
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        _sync_folder(self.folder)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size = opened, 0
        if not self._segments or self._segments[-1].path != path:
            with self._listing:
                self._segments = [*self._segments, _Segment(self._end, path)]

    def _undo(self) -> None:
        """Cut off what a failed write left, so that the next attempt begins where the last good frame ends; where even that
        fails the next attempt begins a segment."""
        if self._file < 0:
            return
        try:
            os.ftruncate(self._file, self._size)
        except OSError:
            self._size = self._segment_bytes

    def _read_segment(self, segment: _Segment, wanted: int, stop: int) -> Iterator[tuple[int, Readings]]:
        position, expected = 0, segment.first
        if self._hint[1] == segment.path and segment.first <= self._hint[0] <= wanted:
            expected, _, position = self._hint
        opened = os.open(segment.path, os.O_RDONLY)
        try:
            while expected < stop:
                frame, data = _next_frame(opened, position, expected, with_body=wanted)
                if frame is None:
                    frame, data = self._past_damage(opened, segment, position, expected, stop)
                    if frame is None:
                        return
                if data is not None and frame.end > wanted:
                    batch = unpacked(data, Frame(0, frame.length, frame.offset, frame.count))
                    skip = max(wanted - frame.offset, 0)
                    yield frame.offset + skip, batch.taken(slice(skip, None)) if skip else batch
                position, expected = frame.position + frame.length, frame.end
                self._hint = (expected, segment.path, position)
        finally:
            os.close(opened)

    def _past_damage(self, opened: int, segment: _Segment, position: int, expected: int, stop: int) -> tuple[Frame | None, bytes | None]:
        """The first sound frame after a damaged place, which is put on record."""
        rest = os.pread(opened, os.fstat(opened).st_size - position, position)
        found = next(sound_frames(rest, expected=expected), None)
        damage = Damage(segment.path.name, position, expected, stop if found is None else found.offset)
        if damage not in self.damage:
            self.damage.append(damage)
        if found is None:
            return None, None
        body = rest[found.position:found.position + found.length]
        return Frame(position + found.position, found.length, found.offset, found.count), body


def _next_frame(opened: int, position: int, expected: int, *, with_body: int) -> tuple[Frame | None, bytes | None]:
    """The frame at a position, with its bytes where it reaches beyond the offset ``with_body``; None where it is not sound."""
    told = told_by(os.pread(opened, HEAD_BYTES, position))
    if told is None or told.offset != expected:
        return None, None
    frame = Frame(position, told.length, told.offset, told.count)
    if frame.end <= with_body:
        return frame, None
    data = os.pread(opened, frame.length, position)
    whole = frame_at(data, 0)
    return (frame, data) if whole is not None and sound(data, whole) else (None, None)


def _write(opened: int, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(opened, view):]


def _held(path: Path) -> int:
    opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as wrong:
        os.close(opened)
        raise LogHeldError(Fault(Text("该读数日志正由另一进程写入。", "another process writes this log of readings."), Place(str(path.parent)),
                                 rule="one-writer", remedy=Text("请先停止另一进程，或另选目录。",
                                                                "Stop the other one first, or choose another folder."))) from wrong
    return opened


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _error(wrong: OSError, folder: Path, waiting: int) -> QiantangError:
    if wrong.errno in _FULL:
        return LogFullError(Fault(
            Text("磁盘已满，{n} 条读数尚未写入；在写入之前不向发送方确认，也不再接收。",
                 "the disk is full, {n} readings are not written; until they are, nothing is acknowledged and nothing more is taken.").filled(n=waiting),
            Place(str(folder)), waiting, "disk-full",
            Text("请腾出空间；之后自动继续，不丢失已确认的读数。", "Free some space; work goes on by itself, and nothing acknowledged is lost.")))
    return LogWriteError(Fault(
        Text("写入失败（{why}），{n} 条读数尚未写入。", "writing failed ({why}), {n} readings are not written.").filled(why=wrong.strerror, n=waiting),
        Place(str(folder)), waiting, "disk-failed", Text("请检查磁盘；系统会继续尝试。", "Check the disk; the log keeps trying.")))
