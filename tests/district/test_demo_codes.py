"""Codes of synthetic enterprises are formally valid, and stand in a division that does not exist."""

import duckdb
import pytest
from stdnum.cn import uscc

from qiantang.district.demo import codes

BLOCKS = (codes.ENTERPRISE_BLOCK, codes.FORMER_BLOCK, codes.STRANGER_BLOCK, codes.ORGANISATION_BLOCK)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_synthetic_code_is_valid(block: str) -> None:
    assert [n for n in range(0, 10_000_000, 99_991) if not uscc.is_valid(codes.synthetic_code(n, block))] == []


def test_the_check_characters_x_and_0_of_the_organisation_part_occur() -> None:
    marks = {codes.synthetic_code(n)[16] for n in range(200)}
    assert marks == set("0123456789X")


@pytest.mark.parametrize("block", BLOCKS)
def test_the_database_makes_the_same_codes(block: str) -> None:
    with duckdb.connect() as base:
        for macro in codes.macros():
            base.execute(macro)
        made = base.execute(f"SELECT n, credit_code(n, '{block}') FROM (SELECT unnest(range(0, 9999999, 9973)) AS n)").fetchall()
    assert [n for n, code in made if code != codes.synthetic_code(n, block)] == []


def test_the_division_is_none_of_zhejiang() -> None:
    division = codes.synthetic_code(7)[2:8]
    assert division == "339900"
    assert int(division[:4]) > 3311, "the prefectures of the province are 3301 to 3311"
