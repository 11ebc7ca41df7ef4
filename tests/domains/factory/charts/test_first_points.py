"""Points of phase I: shared by everyone who remembers them, changed by none."""

from __future__ import annotations

import numpy as np
import pytest

from qiantang.domains.factory.charts.first_points import FirstPoints


def _points(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 3))


@pytest.mark.parametrize("n", [0, 1, 127, 128, 129, 300])
def test_what_is_held_is_not_changed_by_those_who_go_on_from_it(n: int) -> None:
    """Two that go on from the same place each have their own further points, and the first holder its own few."""
    rows = _points(n)
    first = FirstPoints(3)
    for row in rows:
        first.add(row)
    held = first.held()
    ways = [(FirstPoints(3, held), _points(200, seed)) for seed in (2, 3)] + [(first, _points(200, 4))]
    for step in range(200):
        for one, more in ways:
            one.add(more[step])
    for one, more in ways:
        assert one.whole().tobytes() == np.concatenate([rows, more]).tobytes()
        assert len(one) == n + 200
    assert FirstPoints(3, held).whole().tobytes() == rows.tobytes()


def test_blocks_are_shared_and_not_copied() -> None:
    first = FirstPoints(3)
    for row in _points(300):
        first.add(row)
    earlier = first.held()
    first.add(np.zeros(3))
    assert all(a is b for a, b in zip(earlier.blocks, first.held().blocks, strict=True))
    assert [earlier.filled(k) for k in range(3)] == [128, 128, 44]


def test_a_point_is_copied_where_it_lies_in_a_batch() -> None:
    batch = _points(4)
    first = FirstPoints(3)
    first.add(batch[1])
    batch[:] = 0.0
    assert first.whole().tobytes() == _points(4)[1:2].tobytes()
