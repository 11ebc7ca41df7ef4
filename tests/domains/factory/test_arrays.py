"""Arrays as bytes and back."""

import numpy as np

from qiantang.domains.factory.arrays import packed, unpacked


def test_every_array_comes_back_as_it_was_and_can_be_written_to() -> None:
    given = {"numbers": np.arange(6.0).reshape(2, 3), "none": np.zeros(0, np.int32), "turned": np.arange(12).reshape(3, 4).T,
             "words": np.array(["x", "早"], "U16"), "truths": np.array([True, False]), "narrow": np.zeros((4, 0, 2), np.int8)}
    found = unpacked(packed(given))
    assert list(found) == list(given)
    for name, array in given.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert (found[name] == array).all()
        assert found[name].flags.writeable
