"""A frame keeps every state and every deviation to an eighth of a standard deviation, in one byte a cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qiantang.district.frames import Frame
from qiantang.web.live.codec import HEADER, STEPS, decoded, encoded

NOW = 1_795_694_400_123_000


@given(arrays(np.float32, st.integers(0, 300), elements=st.floats(-7.75, 7.75, width=32)), st.randoms(use_true_random=False))
def test_what_goes_in_comes_out_to_half_a_step(deviation: np.ndarray, chance: object) -> None:
    state = np.array([chance.randrange(4) for _ in deviation], np.uint8)  # type: ignore[attr-defined]  # random.Random
    frame = encoded(Frame(deviation, state, NOW))
    assert len(frame) == HEADER + deviation.size
    found = decoded(frame)
    assert (found.at, found.silent) == (NOW, False)
    assert (found.state == state).all()
    assert (np.abs(found.deviation - deviation) <= 0.5 / STEPS + 1e-6).all()


def test_beyond_the_scale_the_outermost_step_stands_and_what_is_not_known_is_none() -> None:
    wild = np.array([1e9, -1e9, np.inf, -np.inf, np.nan], np.float32)
    found = decoded(encoded(Frame(wild, np.zeros(5, np.uint8), NOW)))
    assert found.deviation.tolist() == [7.75, -8.0, 7.75, -8.0, 0.0]


def test_the_bytes_are_as_the_browser_reads_them() -> None:
    frame = encoded(Frame(np.array([0.0, 2.5], np.float32), np.array([0, 2], np.uint8), 0x0102_0304_0506 * 1000, silent=True))
    assert frame.hex() == "0204" + "02000000" + "0605" + "04030201" + "01" + f"{32 << 2:02x}" + f"{(32 + 10) << 2 | 2:02x}"


@pytest.mark.parametrize("broken", [b"", b"\x02" * 12, encoded(Frame(np.zeros(3, np.float32), np.zeros(3, np.uint8), NOW))[:-1], b"\x01" + bytes(12)])
def test_what_is_no_frame_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="frame"):
        decoded(broken)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one deviation and one state"):
        encoded(Frame(np.zeros(3, np.float32), np.zeros(2, np.uint8), NOW))
    with pytest.raises(ValueError, match="0, 1, 2 or 3"):
        encoded(Frame(np.zeros(1, np.float32), np.array([4], np.uint8), NOW))
