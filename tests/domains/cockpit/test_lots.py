"""Parcels are drawn inside their sub-district, always at the same point, though nobody surveyed them."""

from decimal import Decimal

import pytest

from qiantang.domains.cockpit.lots import inside, place_in
from qiantang.kernel.pages.blocks import Area
from qiantang.kernel.pages.values import Amount, Ring
from qiantang.kernel.words import same

HOLED: tuple[Ring, ...] = (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0), (0.0, 0.0)), ((0.1, 0.1), (0.4, 0.1), (0.4, 0.9), (0.1, 0.9), (0.1, 0.1)))


def area(shape: tuple[Ring, ...] = ()) -> Area:
    return Area("west", same("west"), Amount(Decimal(1)), 1, 2, shape=shape)


@pytest.mark.parametrize("code", [f"9133{n}" for n in range(40)])
def test_a_parcel_lies_in_its_tile(code: str) -> None:
    x, y = place_in(area(), code, 3, 2, 1)
    assert 1 / 3 < x < 2 / 3
    assert 1 / 2 < y < 1


@pytest.mark.parametrize("code", [f"9133{n}" for n in range(40)])
def test_a_parcel_lies_in_its_shape_and_never_in_a_hole_of_it(code: str) -> None:
    x, y = place_in(area(HOLED), code, 3, 2, 1)
    assert inside(HOLED, x, y)
    assert not (0.1 < x < 0.4 and 0.1 < y < 0.9)


def test_the_same_code_is_always_drawn_at_the_same_point_and_another_at_another() -> None:
    assert place_in(area(HOLED), "A", 3, 2, 1) == place_in(area(HOLED), "A", 3, 2, 1)
    assert place_in(area(HOLED), "A", 3, 2, 1) != place_in(area(HOLED), "B", 3, 2, 1)
