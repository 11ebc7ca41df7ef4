"""Aliases and names find what they mean, whatever numbers an edge gives them and however many lives it has had."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.links.sparkplug.taking import Meanings, _slot


def meant(meanings: Meanings, life: int, key: int) -> int | None:
    place = _slot(meanings.keys_of, meanings.keys, life, np.uint64(key))
    return int(meanings.refs[place]) if meanings.keys_of[place] == life else None


@pytest.mark.parametrize("stride", [1, 64, 65, 4096, 2**32, 2**57 + 64])
def test_aliases_at_any_distance_are_found_and_none_that_was_not_stated(stride: int) -> None:
    meanings = Meanings()
    lives = [meanings.life() for _ in range(3)]
    keys = [k * stride % 2**64 for k in range(2_000)]
    for life in lives:
        meanings.put(life, np.array(keys, np.uint64), np.arange(len(keys)) * 10 + life)
    for life in lives:
        assert [meant(meanings, life, key) for key in keys] == [k * 10 + life for k in range(len(keys))]
        assert all(meant(meanings, life, key) is None for key in (7 * stride + 3 + 2**40, 2**64 - 1) if key % 2**64 not in keys)
    assert meant(meanings, lives[-1] + 1, keys[0]) is None


@given(st.lists(st.sets(st.integers(0, 2**64 - 1) | st.integers(0, 300), max_size=80), min_size=1, max_size=12), st.integers(0, 5))
def test_a_table_that_grows_forgets_the_dead_and_keeps_the_living(births: list[set[int]], dead: int) -> None:
    meanings = Meanings()
    alive: dict[int, dict[int, int]] = {}
    for number, keys in enumerate(births):
        life = meanings.life()
        alive[life] = {key: place + 1_000 * number for place, key in enumerate(sorted(keys))}
        meanings.put(life, np.array(sorted(keys), np.uint64), np.array(list(alive[life].values()), np.int64))
        if number == dead:
            meanings.end(life)
            del alive[life]
    for life, told in alive.items():
        assert {key: meant(meanings, life, key) for key in told} == told
