"""A line is folded where a reader of either language expects it, and never loses a character."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from qiantang.cli.folding import folded


def test_english_is_folded_at_blanks() -> None:
    assert folded("what would lift an enterprise", 12) == ["what would", "lift an", "enterprise"]


def test_chinese_is_folded_between_characters_and_not_at_blanks_alone() -> None:
    assert folded("第 1003 行，统一社会信用代码重复", 16) == ["第 1003 行，统一", "社会信用代码重复"]


def test_no_line_begins_with_a_mark_that_closes() -> None:
    lines = folded("类别（由高到低）：优先发展，鼓励提升，监管调控，落后整治。", 10)
    assert not [line for line in lines if line[0] in "，。；：）"]


def test_no_line_ends_with_a_mark_that_opens() -> None:
    assert not [line for line in folded("列入“示范”名单（草案）与“重点”名单（草案）", 9) if line[-1] in "“（"]


def test_a_word_longer_than_the_line_is_cut() -> None:
    assert folded("91339900D0000994XP", 8) == ["91339900", "D0000994", "XP"]


@given(st.text(alphabet="ab 企业（）“”，。1", max_size=60), st.integers(min_value=6, max_value=30))
def test_folding_keeps_every_character_but_blanks_and_stays_within_the_width(text: str, width: int) -> None:
    lines = folded(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)
