"""What the quick kernels remember of each signal: eight words, held as a row a signal or in blocks of neighbours.

Readings that arrive in any order touch one row of 64 bytes, one line of the cache; a tick in which every signal is read
once runs along blocks in which each word of 64 neighbours lies together, several signals an instruction. Both hold the same
words, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MEAN, INVERSE, LAST, AVERAGE, HIGH, LOW, PAST, NOW = range(8)
"""Baseline mean, 1/σ, last standardised value, EWMA, upper and lower CUSUM, the word of the past, what holds now.

PAST and NOW are unsigned 64-bit words: in NOW the low 32 bits are the rules that hold, above them the number of the policy."""
RULES_HELD: Final = np.uint64((1 << 32) - 1)
POLICY_AT: Final = np.uint64(32)
WIDTH = 8
LANES = 64
"""Signals in a block."""

Floats = NDArray[np.float64]


def aligned(shape: tuple[int, int], to: int = 64) -> Floats:
    """Zeros that start on a line of the cache."""
    size = shape[0] * shape[1] * 8
    block = np.zeros(size + to, np.uint8)
    start = -block.ctypes.data % to
    found: Floats = block[start:start + size].view(np.float64).reshape(shape)
    return found


def fresh(mean: Floats, deviation: Floats, policy: NDArray[np.int64] | None = None) -> Floats:
    """Rows of n signals in control that were not read yet: means and standard deviations in the signals' units."""
    rows = aligned((len(mean), WIDTH))
    rows[:, MEAN] = mean
    rows[:, INVERSE] = 1.0 / deviation
    rows[:, LAST] = np.nan
    if policy is not None:
        rows.view(np.uint64)[:, NOW] = policy.astype(np.uint64) << POLICY_AT
    return rows


@dataclass(frozen=True, slots=True)
class Blocks:
    """The same state in blocks of LANES signals: ``floats`` (blocks × 6·LANES), ``words`` (blocks × 2·LANES), and the
    segments of neighbours within a block that share a policy: block, first lane, beyond, policy."""

    floats: NDArray[np.float64]
    words: NDArray[np.uint64]
    segments: NDArray[np.int64]


def as_blocks(rows: Floats) -> Blocks:
    """The state for the dense kernel."""
    many = -(-len(rows) // LANES)
    whole = np.zeros((many * LANES, WIDTH))
    whole[:len(rows)] = rows
    laned = whole.reshape(many, LANES, WIDTH).transpose(0, 2, 1)
    policy = (rows.view(np.uint64)[:, NOW] >> POLICY_AT).astype(np.int64)
    place = np.arange(len(rows))
    begins = np.flatnonzero((place % LANES == 0) | np.r_[True, policy[1:] != policy[:-1]][:len(rows)])
    ends = np.r_[begins[1:], len(rows)].astype(np.int64)
    segments = np.stack([begins // LANES, begins % LANES, ends - begins // LANES * LANES, policy[begins]], axis=1).astype(np.int64)
    floats, words = aligned((many, PAST * LANES)), aligned((many, (WIDTH - PAST) * LANES))
    floats.reshape(many, PAST, LANES)[:] = laned[:, :PAST]
    words.reshape(many, WIDTH - PAST, LANES)[:] = laned[:, PAST:]
    return Blocks(floats, words.view(np.uint64), np.ascontiguousarray(segments))


def back_to_rows(blocks: Blocks, rows: Floats) -> None:
    """Writes the blocks' state into these rows."""
    n = len(rows)
    rows[:, :PAST] = blocks.floats.reshape(-1, PAST, LANES).transpose(0, 2, 1).reshape(-1, PAST)[:n]
    rows[:, PAST:] = blocks.words.view(np.float64).reshape(-1, WIDTH - PAST, LANES).transpose(0, 2, 1).reshape(-1, WIDTH - PAST)[:n]
