"""A broken rulebook file is refused with every fault of it and the line of each, all at once."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.errors import RulebookError
from qiantang.kernel.periods import Span, gaps, overlaps
from qiantang.kernel.rulebooks.document import Document, id_of
from qiantang.kernel.sources import Status
from tests.kernel.rulebooks.workbench import library, read, read_parameters, written

BROKEN = """\
# A rulebook with something wrong on nearly every line.
id: mu/broken
form: test/per_mu
title: {zh: 坏办法}
level: village
valid: {since: 2023-01-01, until: 2022-01-01}
status: certain
source: {issuer: 某区}
colour: red
parameters:
  weight: {title: {zh: 权重, en: weight}, unit: 斤, value: 30}
  benchmark: {title: {zh: 基准, en: benchmark}, unit: 万元/亩, value: .nan}
  empty: {title: {zh: 空, en: empty}, value: }
  nothing: {title: {zh: 无, en: none}, unit: 分}
  guess: {title: {zh: 猜, en: guess}, value: 5, admissible: {from: 6, to: 9}}
  stray: {title: {zh: 散, en: stray}, value: 5, from: 1}
  twice: {title: {zh: 重, en: twice}, value: 5, value: 6}
  dated:
    title: {zh: 期, en: dated}
    values:
      - {since: 2020-01-01, until: 2020-06-30, value: 1}
      - {since: 2020-06-30, until: 2020-12-31, value: 2}
      - {since: 2021-02-01, value: 3}
  day: {title: {zh: 日, en: day}, value: 1, since: 1 January}
  bands:
    title: {zh: 分段, en: bands}
    bands:
      - {from: 0, to: 10, ends: "[]", gives: 1}
      - {from: 10, to: 20, gives: 2}
      - {from: 30, to: 25, gives: 3}
      - {from: 40, to: 40, gives: 4}
      - {from: 50, ends: "<>"}
"""

EXPECTED = [
    (4, "title", "the en text is missing"), (5, "level", "unknown level"), (6, "valid", "after the last"),
    (7, "status", "unknown status"), (8, "source", "needs 'issuer' and 'document'"), (9, "", "unknown key 'colour'"),
    (11, "weight", "unknown unit"), (12, "benchmark", "no finite number"), (13, "empty", "the value is empty"),
    (14, "nothing", "'value' or 'bands' is missing"), (15, "guess", "outside its own admissible range"),
    (16, "stray", "unknown key 'from'"), (17, "twice", "occurs twice"), (19, "dated", "values overlap in time"),
    (19, "dated", "no value for a time: 2021-01-01 to 2021-01-31"), (24, "day", "is no date"),
    (28, "bands", "bands overlap: [0, 10] and [10, 20)"), (30, "bands", "after its end"),
    (31, "bands", "is empty"), (32, "bands", "must be one of"), (32, "bands", "lacks 'gives'"),
]


def _refused(text: str) -> RulebookError:
    with pytest.raises(RulebookError) as refused:
        read(text)
    return refused.value


def test_every_fault_of_a_broken_file_is_told_with_its_line() -> None:
    told = [(f.place.row, f.place.path, f.message.en) for f in _refused(BROKEN).faults]
    missing = [e for e in EXPECTED if not any(row == e[0] and path == e[1] and e[2] in said for row, path, said in told)]
    unexpected = [t for t in told if not any(t[0] == row and t[1] == path and said in t[2] for row, path, said in EXPECTED)]
    assert (missing, unexpected) == ([], [])


def test_every_fault_is_told_in_both_languages_with_the_file() -> None:
    refused = _refused(BROKEN)
    assert all(f.message.zh and f.message.en and f.place.file == "test.yaml" for f in refused.faults)
    assert "test.yaml，第 11 行，weight：未知单位“斤”" in refused.said("zh")
    assert "known units: 元" not in refused.said("zh")
    assert "可用单位：元" in refused.said("zh")


def test_a_file_that_lacks_its_head_is_told_all_that_it_lacks() -> None:
    told = {(f.place.path, f.message.en) for f in _refused("# Nothing but a caption.\nparameters: {}\n").faults}
    assert told >= {(key, f"'{key}' is missing") for key in ("id", "title", "level", "valid", "status", "source")}
    assert ("form", "'form' or 'extends' is missing") in told


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n", "id: [1\n", "id: x\n---\nid: y\n", "id: \ta\n\tb: c\n"])
def test_what_is_no_rulebook_at_all_is_refused_and_never_crashes(text: str) -> None:
    assert _refused(text).faults


def test_broken_yaml_is_told_with_its_line() -> None:
    assert _refused("id: a\ntitle: {zh: x\nlevel: county\n").faults[0].place.row == 3


@pytest.mark.parametrize(("value", "read_as"), [
    ("30", Decimal(30)), ("0.30", Decimal("0.3")), ("1_000", Decimal(1000)), ("-2.5", Decimal("-2.5")), ("yes", True), ("false", False),
    ("half_up", "half_up"), ("[A, B]", ("A", "B")), ("[]", ()),
])
def test_a_value_is_read_as_it_is_written(value: str, read_as: object) -> None:
    document = read_parameters(f"x: {{title: {{zh: 值, en: x}}, value: {value}}}")
    found = document.parameters["x"].entries[0].value
    assert (found, type(found)) == (read_as, type(read_as))


def test_a_number_keeps_every_digit_that_was_written() -> None:
    document = read_parameters("x: {title: {zh: 值, en: x}, value: 0.1000000000000000055511151231257827}")
    assert str(document.parameters["x"].entries[0].value) == "0.1000000000000000055511151231257827"


def test_an_admissible_value_stands_within_its_range_or_list() -> None:
    good = read_parameters("x: {title: {zh: 值, en: x}, value: 5, admissible: {from: 5, to: 9}}\n"
                           "y: {title: {zh: 值, en: y}, value: a, admissible: {any_of: [a, b]}}")
    assert Decimal(9) in (good.parameters["x"].entries[0].admissible or ())
    for wrong in ("value: 4, admissible: {from: 5, to: 9}", "value: c, admissible: {any_of: [a, b]}",
                  "value: a, admissible: {from: 5, to: 9}"):
        with pytest.raises(RulebookError, match="outside its own admissible range"):
            read_parameters(f"x: {{title: {{zh: 值, en: x}}, {wrong}}}")


def test_what_belongs_to_one_value_is_refused_beside_a_list_of_values() -> None:
    with pytest.raises(RulebookError, match="beside 'values', 'admissible' belongs to each value"):
        read_parameters("x: {title: {zh: 值, en: x}, values: [{value: 5}], admissible: {from: 1, to: 9}}")


def test_a_single_closed_point_may_stand_before_an_open_band() -> None:
    for bands in ("{from: 5, to: 5, ends: '[]', gives: 1}, {from: 5, to: 9, ends: '()', gives: 2}",
                  "{from: 5, to: 9, ends: '()', gives: 2}, {from: 5, to: 5, ends: '[]', gives: 1}"):
        document = read_parameters(f"x: {{title: {{zh: 值, en: x}}, bands: [{bands}]}}")
        assert len(document.parameters["x"].entries[0].value) == 2  # type: ignore[arg-type] # bands


# --- days --------------------------------------------------------------------------------------------------------------


def _dated(values: str, valid: str = "{since: 2020-01-01, until: 2029-12-31}") -> Document:
    return read_parameters(f"x:\n  title: {{zh: 值, en: x}}\n  values: {values}", valid=valid)


def _spans(document: Document) -> list[str]:
    return [e.span.title.en for e in document.parameters["x"].entries]


def test_a_value_holds_until_the_next_one_begins() -> None:
    document = _dated("[{since: 2024-07-01, value: 3}, {value: 1}, {since: 2022-01-01, value: 2}]")
    assert _spans(document) == ["2020-01-01 to 2021-12-31", "2022-01-01 to 2024-06-30", "2024-07-01 to 2029-12-31"]
    assert [document.parameters["x"].on(date(y, 7, 1)).value for y in (2020, 2022, 2024)] == [1, 2, 3]


def test_a_first_value_of_a_document_without_a_first_day_ends_before_the_next() -> None:
    document = _dated("[{value: 1}, {since: 2022-01-01, value: 2}]", valid="{}")
    assert document.parameters["x"].on(date(1990, 1, 1)).value == 1
    assert document.parameters["x"].on(date(2022, 1, 1)).value == 2


@pytest.mark.parametrize(("values", "wrong"), [
    ("[{since: 2020-01-01, value: 1}, {since: 2020-01-01, value: 2}]", "overlap"),
    ("[{since: 2020-01-01, until: 2029-12-31, value: 1}, {since: 2022-01-01, value: 2}]", "overlap"),
    ("[{since: 2020-01-01, until: 9999-12-31, value: 1}, {since: 2022-01-01, value: 2}]", "overlap"),
    ("[{value: 1}, {value: 2}]", "overlap"),
    ("[{since: 2020-01-01, until: 2020-12-30, value: 1}, {since: 2021-01-01, value: 2}]", "2020-12-31 to 2020-12-31"),
    ("[]", "the list of values is empty"),
])
def test_values_that_overlap_or_leave_a_day_out_are_refused(values: str, wrong: str) -> None:
    with pytest.raises(RulebookError, match=wrong):
        _dated(values)


DAYS = st.dates(date(2020, 1, 1), date(2020, 2, 15))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.none() | DAYS, st.none() | DAYS), min_size=1, max_size=4))
def test_whatever_is_accepted_gives_at_most_one_value_on_any_day_and_leaves_none_out_between(spans) -> None:
    written_days = [", ".join([*([f"since: {a}"] if a else []), *([f"until: {b}"] if b else []), f"value: {i}"])
                    for i, (a, b) in enumerate(spans)]
    try:
        document = _dated("[" + ", ".join(f"{{{v}}}" for v in written_days) + "]", valid="{since: 2020-01-05, until: 2020-02-10}")
    except RulebookError:
        return
    held = [e.span for e in document.parameters["x"].entries]
    first = min(s.since for s in held if s.since)
    last = max(s.until for s in held if s.until)
    for day in (first + timedelta(days=i) for i in range((last - first).days + 1)):
        assert sum(day in span for span in held) == 1, (day, held)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.none() | DAYS, st.none() | DAYS).filter(lambda s: not s[0] or not s[1] or s[0] <= s[1]), max_size=4))
def test_spans_overlap_exactly_where_some_day_lies_in_two(ends) -> None:
    spans = [Span(a, b) for a, b in ends]
    every = [date(2020, 1, 1) + timedelta(days=i) for i in range(46)]
    shared = any(sum(day in span for span in spans) > 1 for day in [date.min, *every, date.max])
    assert bool(overlaps(spans)) == shared
    if not shared and spans:
        inner = [d for d in every if any((s.until or date.max) < d for s in spans) and any((s.since or date.min) > d for s in spans)]
        left_out = {day for day in inner if not any(day in span for span in spans)}
        assert {day for day in every if any(day in gap for gap in gaps(spans))} == left_out


# --- the first line --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "found"), [
    ("# Caption.\nid: mu/x\n", "mu/x"), ("# A.\n# B.\n\nid: mu/x  # the id\n", "mu/x"), ('# A.\nid: "mu/x"\n', "mu/x"),
    ("\ufeff# A.\nid: mu/x\n", "mu/x"),
])
def test_the_id_is_found_in_the_first_line_after_the_caption(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert id_of(tmp_path / "a.yaml") == found


@pytest.mark.parametrize(("text", "row"), [("# A.\nform: x\nid: mu/x\n", 2), ("# A.\nid:\n", 2), ("", 1), ("# A.\n\n- id: a\n", 3)])
def test_a_file_that_does_not_begin_with_its_id_is_refused_with_the_line(tmp_path: Path, text: str, row: int) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RulebookError, match="begins with the line 'id: …'") as refused:
        id_of(tmp_path / "a.yaml")
    assert refused.value.faults[0].place.row == row


def test_a_file_in_another_encoding_is_refused_and_told_so(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("# 说明\nid: mu/测试\n".encode("gbk"))
    with pytest.raises(RulebookError, match="not encoded in UTF-8"):
        library(tmp_path, [])


def test_faults_of_several_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("# A.\nform: y\n", encoding="utf-8")
    with pytest.raises(RulebookError) as refused:
        library(tmp_path, [written("mu/a"), written("mu/a"), written("mu/b")])
    assert sorted(f.message.en.split(",")[0] for f in refused.value.faults) == [
        "after its caption a rulebook file begins with the line 'id: …'", "rulebook id mu/a occurs twice"]


def test_a_parameter_may_be_less_firm_than_its_document() -> None:
    document = read_parameters("x: {title: {zh: 值, en: x}, value: 1, status: placeholder}")
    assert document.status is Status.SOURCED
    assert document.parameters["x"].entries[0].status is Status.PLACEHOLDER
