"""The credit code's check character catches what people mistype; python-stdnum agrees on every code of its form."""

from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as oracle

from qiantang.kernel.facts.identity import ALPHABET, check_character, expected_code, is_credit_code

BODIES = st.tuples(st.from_regex(r"[0-9]{8}", fullmatch=True), st.text(ALPHABET, min_size=9, max_size=9)).map("".join)


@given(BODIES)
def test_the_check_character_is_stdnums(body: str) -> None:
    assert check_character(body) == oracle.calc_check_digit(body)
    assert is_credit_code(body + check_character(body))


@given(BODIES, st.sampled_from(ALPHABET))
def test_a_code_holds_exactly_where_stdnum_says_so(body: str, last: str) -> None:
    assert is_credit_code(body + last) == oracle.is_valid(body + last)


@given(BODIES, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_caught(body: str, at: int, wrong: str) -> None:
    code = body + check_character(body)
    if code[at] != wrong:
        assert not is_credit_code(code[:at] + wrong + code[at + 1:])


def test_villages_and_their_letters_are_enterprises_too() -> None:
    body = "N2330114MF1234567"
    assert is_credit_code(body + check_character(body)), "GB 32100 gives letters to some registering departments"


def test_what_the_code_should_have_been_is_said_only_where_the_rest_is_sound() -> None:
    body = "91330100MA27XL0T2"
    assert expected_code(body + "?") == body + check_character(body)
    assert expected_code("91330100MA27XL0I2Q") is None
    assert expected_code("12345") is None
