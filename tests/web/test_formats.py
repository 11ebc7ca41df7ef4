"""Every figure is written in one way: in the size that suits it, with its unit, and a dash with a reason where it is missing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qiantang.kernel.pages.values import Amount
from qiantang.kernel.words import Lang, Text
from qiantang.web.i18n.formats import amount, number

MU = Text("亩", "mu")


@pytest.mark.parametrize(("of", "lang", "said"), [
    (Amount(Decimal(28600000), money=True), "zh", "2,860亿元"),
    (Amount(Decimal("153.09"), money=True), "zh", "153.1万元"),
    (Amount(Decimal("0.5"), money=True), "zh", "5,000元"),
    (Amount(Decimal("153.09"), money=True), "en", "CNY 1.5 m"),
    (Amount(Decimal("0.0443"), percent=True), "zh", "4.43%"),
    (Amount(Decimal("0.0031"), points=True, signed=True), "zh", "+0.31个百分点"),
    (Amount(Decimal("-0.0031"), points=True, signed=True), "en", "−0.31 pp"),
    (Amount(Decimal("14.6912"), MU), "zh", "14.6912亩"), (Amount(Decimal("14.6912"), MU, 1), "en", "14.7 mu"),
    (Amount(0, MU), "zh", "0亩"), (Amount(None, MU), "zh", "—"), (Amount(Decimal("-0.001"), decimals=2), "zh", "0.00"),
    (Amount(Decimal(8), Text("万元/亩", "10k yuan/mu")), "en", "80,000 yuan/mu"), (Amount(1_234_567), "en", "1,234,567")], ids=str)
def test_an_amount_is_read_so(of: Amount, lang: Lang, said: str) -> None:
    assert str(amount(of, lang)) == said


def test_half_goes_up() -> None:
    assert (number(Decimal("0.125"), 2), number(Decimal("-0.125"), 2)) == ("0.13", "−0.13")
