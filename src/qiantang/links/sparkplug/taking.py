"""From decoded metrics to columns of readings: which signal an alias or a name means, its value, its time and its quality, compiled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qiantang.kernel.readings import NO_SEQUENCE, Quality, Readings
from qiantang.links.sparkplug.decoding import Payloads, past_varint

_EMPTY = np.int64(-1)
_BLOCK = np.uint64(6)
_BASIS, _PRIME, _MIX, _SHIFT = np.uint64(14695981039346656037), np.uint64(1099511628211), np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
_BAD, _STALE, _HISTORICAL, _NOT_A_NUMBER, _CLOCK = (int(q) for q in (Quality.BAD, Quality.STALE, Quality.HISTORICAL, Quality.NOT_A_NUMBER, Quality.CLOCK))
_NOT_A_NUMBER_VALUE = np.nan


class Met(IntEnum):
    """What a metric in a data message turned out to be; each has its own counter."""

    READINGS = 0
    UNKNOWN = 1
    """An alias or a name that the birth did not state."""
    TEXT = 2
    TEMPLATE = 3
    DATASET = 4
    OTHER = 5
    """Bytes, files, arrays, and datatypes unknown here."""
    CONTROL = 6
    """bdSeq and Node Control, which are no measurement, and texts that somebody else reads."""
    NOT_A_NUMBER = 7
    CLOCK = 8
    HISTORICAL = 9
    BAD = 10
    STALE = 11
    KIND = 12
    """The value is carried in a member that the datatype does not allow."""


MET_NAMES = tuple(met.name.lower() for met in Met)


@njit(cache=True, nogil=True)
def _slot(keys_of, keys, of, key):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The place of a key in an open-addressed table, or of the hole where it would go. A block of 64 keys goes to a block of places, turned by
    some: neighbours among keys, as aliases are, lie side by side, and keys a block apart do not meet."""
    mask = len(keys) - 1
    mixed = ((key >> _BLOCK) ^ np.uint64(of)) * _MIX
    mixed = (mixed ^ (mixed >> _SHIFT)) * _MIX
    place = (np.int64(mixed >> np.uint64(32)) & ~63 | np.int64(key + (mixed >> np.uint64(58))) & 63) & mask
    while keys_of[place] != _EMPTY and (keys_of[place] != of or keys[place] != key):
        place = (place + 65) & mask
    return place


@njit(cache=True, nogil=True)
def _put(keys_of, keys, refs, of, new_keys, new_refs):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Enter keys; how many of them are new."""
    new = 0
    for i in range(len(new_keys)):
        place = _slot(keys_of, keys, of, new_keys[i])
        new += keys_of[place] == _EMPTY
        keys_of[place], keys[place], refs[place] = of, new_keys[i], new_refs[i]
    return new


@njit(cache=True, nogil=True)
def _moved(keys_of, keys, refs, to_of, to_keys, to_refs, alive):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Enter into another table what still lives; how many that is."""
    many = 0
    for i in range(len(keys)):
        of = keys_of[i]
        if of != _EMPTY and alive[of]:
            place = _slot(to_of, to_keys, of, keys[i])
            to_of[place], to_keys[place], to_refs[place] = of, keys[i], refs[i]
            many += 1
    return many


@njit(cache=True, nogil=True)
def _hashed(buffer, at, length):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The name's 64-bit FNV-1a hash."""
    value = _BASIS
    for i in range(at, at + length):
        value = (value ^ np.uint64(buffer[i])) * _PRIME
    return value


class Meanings:
    """What aliases and names mean: a number of a signal and its datatype, or why it is none.

    Each birth opens a new life; whatever a past life meant can never be found again. An alias belongs to the life of the
    edge node, a name to the life of its device. Names are told apart by 64-bit hashes within one life.
    """

    def __init__(self) -> None:
        self._alive = np.zeros(64, np.bool_)
        self._lives = 0
        self._many = 0
        self.keys_of, self.keys, self.refs = self._table(1024)

    @staticmethod
    def _table(size: int) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
        return np.full(size, _EMPTY), np.zeros(size, np.uint64), np.zeros(size, np.int64)

    def life(self) -> int:
        """A new life."""
        if self._lives == len(self._alive):
            self._alive = np.concatenate([self._alive, np.zeros(len(self._alive), np.bool_)])
        self._alive[self._lives] = True
        self._lives += 1
        return self._lives - 1

    def end(self, life: int) -> None:
        """A life is over."""
        if life >= 0:
            self._alive[life] = False

    def put(self, life: int, keys: NDArray[np.uint64], refs: NDArray[np.int64]) -> None:
        """In this life these keys mean this."""
        if 2 * (self._many + len(keys)) > len(self.keys):
            size = len(self.keys)
            alive_now = int(np.count_nonzero(self._alive[self.keys_of[self.keys_of != _EMPTY]]))
            while 4 * (alive_now + len(keys)) > size:
                size *= 2
            wider = self._table(size)
            self._many = _moved(self.keys_of, self.keys, self.refs, *wider, self._alive)
            self.keys_of, self.keys, self.refs = wider
        self._many += _put(self.keys_of, self.keys, self.refs, life, keys, refs)


def hashed(name: str) -> int:
    """The hash by which a name is found."""
    return int(_hashed(np.frombuffer(name.encode(), np.uint8), 0, len(name.encode())))


def meaning(signal: int, datatype: int) -> int:
    """A numeric signal and its datatype as one number."""
    return signal << 8 | datatype


def nothing(why: Met) -> int:
    """That a metric is no reading, and why."""
    return -int(why)


@njit(cache=True, nogil=True)
def _said_quality(buffer, at, length):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The number of the property "Quality", -1 where there is none. The properties have been found sound before."""
    end = at + length
    wanted: Any = -1
    keys = values = 0
    start = at
    for look in range(2):
        at = start
        while at < end:
            tag, at = past_varint(buffer, at, end)
            if tag == 10 or tag == 18:
                size, at = past_varint(buffer, at, end)
                inner, stop = at, at + np.int64(size)
                at = stop
                if tag == 10 and look == 0:
                    if size == 7 and (buffer[inner] | 32) == 113 and buffer[inner + 1] == 117 and buffer[inner + 2] == 97 \
                            and buffer[inner + 3] == 108 and buffer[inner + 4] == 105 and buffer[inner + 5] == 116 and buffer[inner + 6] == 121:
                        wanted = keys
                    keys += 1
                elif tag == 18 and look == 1:
                    if values == wanted:
                        found: Any = -1
                        while inner < stop:
                            field, inner = past_varint(buffer, inner, stop)
                            if field & np.uint64(7) != 0:
                                return found
                            number, inner = past_varint(buffer, inner, stop)
                            if field == 24 or field == 32:
                                found = np.int64(number & np.uint64(0xFFFFFFFF))
                        return found
                    values += 1
            elif tag & np.uint64(7) == 0:
                _, at = past_varint(buffer, at, end)
            else:
                return -1
        if wanted < 0:
            return -1
    return -1


@njit(cache=True, nogil=True)
def _taken(buffer, first, timestamps, metrics, begin, stop, received, lives, device_lives,  # type: ignore[no-untyped-def]  # compiled: numba infers
           keys_of, keys, refs, standing, last, ahead, behind, skew, words, doubles, floats,
           out_signal, out_at, out_received, out_value, out_quality, out_sequence, met, odd):
    """The metrics of payloads ``begin:stop`` into readings; how many there are.

    ``met`` (by ``Met``) counts; ``odd`` of each payload is a mask of what its metrics were; ``skew`` of each payload the largest
    distance of its clock from ours that was not allowed, in microseconds. ``words``, ``doubles`` and ``floats`` are one place
    seen as each, by which bits become floating numbers.
    """
    k = 0
    guess, mask = 0, len(keys) - 1
    for i in range(begin, stop):
        life, device_life = lives[i], device_lives[i]
        now = received[i]
        odds = 0
        if life < 0:
            odd[i] = 0
            continue
        for j in range(first[i], first[i + 1]):
            row = metrics[j]
            said = row.has
            if said & 2:
                # Most often the neighbour of the one before.
                place = (guess + 1) & mask
                if keys[place] != row.alias or keys_of[place] != life:
                    place = _slot(keys_of, keys, life, row.alias)
                guess = place
            elif said & 1:
                place = _slot(keys_of, keys, device_life, _hashed(buffer, row.name_at, row.name_length))
            else:
                place = -1
            if place < 0 or keys_of[place] == _EMPTY:
                met[1] += 1
                odds |= 1 << 1
                continue
            ref = refs[place]
            if ref < 0:
                met[-ref] += 1
                odds |= 1 << -ref
                continue
            signal = ref >> 8
            datatype = ref & 255
            kind, bits = row.kind, row.bits
            quality = standing[signal]
            value: Any = _NOT_A_NUMBER_VALUE
            if kind == 10 or kind == 11:
                if datatype == 1:
                    value = np.float64((np.int64(bits & np.uint64(0xFF)) ^ 0x80) - 0x80)
                elif datatype == 2:
                    value = np.float64((np.int64(bits & np.uint64(0xFFFF)) ^ 0x8000) - 0x8000)
                elif datatype == 3:
                    value = np.float64((np.int64(bits & np.uint64(0xFFFFFFFF)) ^ 0x80000000) - 0x80000000)
                elif datatype == 4 and kind == 11:
                    value = np.float64(np.int64(bits))
                elif datatype == 11:
                    value = 1.0 if bits != np.uint64(0) else 0.0
                else:
                    value = np.float64(bits)
            elif kind == 12:
                words[0] = bits
                value = np.float64(floats[0])
            elif kind == 13:
                words[0] = bits
                value = doubles[0]
            elif kind == 14:
                value = np.float64(bits)
            elif kind != 0:
                met[12] += 1
                odds |= 1 << 12
            if said & 64:
                value = _NOT_A_NUMBER_VALUE
            if not np.isfinite(value):
                quality |= _NOT_A_NUMBER
                met[7] += 1
                odds |= 1 << 7
            if said & 4 and row.timestamp < np.uint64(1 << 52):
                at = np.int64(row.timestamp) * 1000
            elif timestamps[i] >= 0 and timestamps[i] < 1 << 52:
                at = timestamps[i] * 1000
            else:
                at = now
            off = at - now
            if said & 16:
                quality |= _HISTORICAL
                met[9] += 1
                odds |= 1 << 9
            if off > ahead or (off < -behind and not said & 16):
                if abs(off) > abs(skew[i]):
                    skew[i] = off
                at = now
                quality |= _CLOCK
                met[8] += 1
                odds |= 1 << 8
            if said & 128:
                number = _said_quality(buffer, row.properties_at, row.properties_length)
                if number == 500:
                    quality |= _STALE
                    met[11] += 1
                    odds |= 1 << 11
                elif number >= 0 and number < 192:
                    quality |= _BAD
                    met[10] += 1
                    odds |= 1 << 10
            out_signal[k], out_at[k], out_received[k], out_value[k], out_quality[k], out_sequence[k] = signal, at, now, value, quality, NO_SEQUENCE
            if not said & 16:
                last[signal] = value
            k += 1
        odd[i] = odds
    met[0] += k
    return k


@dataclass(frozen=True, slots=True)
class ClockRule:
    """How far a source's clock may be from ours, in microseconds: ahead of it, and behind it (what is told as historical may be
    as old as it likes). Beyond, the instant of receipt is taken and the reading marked CLOCK."""

    ahead: int = 5_000_000
    behind: int = 600_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Readings of a run of payloads; how often each thing was met (by ``Met``); of each payload a mask of what was met, and
    the largest distance of its clock that was not allowed, in microseconds."""

    readings: Readings
    met: NDArray[np.int64]
    odd: NDArray[np.int64]
    skew: NDArray[np.int64]


def take(payloads: Payloads, begin: int, stop: int, received: NDArray[np.int64], lives: NDArray[np.int64], device_lives: NDArray[np.int64],
         meanings: Meanings, standing: NDArray[np.uint8], last: NDArray[np.float64], clock: ClockRule) -> Taken:
    """The readings of the payloads ``begin:stop``; ``received``, ``lives`` and ``device_lives`` are by payload.

    ``standing`` is by signal what holds against it until it is described anew; ``last`` (by signal) is given its newest value.
    A Sparkplug message's own count says nothing about a reading (what an edge sends again gets a new one), so that
    readings have no sequence: the signal and the instant tell a repetition.
    """
    n, most = len(payloads), int(payloads.first[stop] - payloads.first[begin])
    room = Readings(np.empty(most, np.int32), np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.float64), np.empty(most, np.uint8),
                    np.empty(most, np.int64))
    met, odd, skew = np.zeros(len(Met), np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    words = np.zeros(1, np.uint64)
    many = _taken(payloads.buffer, payloads.first, payloads.timestamp, payloads.metrics, begin, stop, received, lives, device_lives,
                  meanings.keys_of, meanings.keys, meanings.refs, standing, last, clock.ahead, clock.behind, skew, words,
                  words.view(np.float64), words.view(np.float32), room.signal, room.at, room.received,
                  room.value, room.quality, room.sequence, met, odd)
    return Taken(room.taken(slice(0, many)), met, odd, skew)
