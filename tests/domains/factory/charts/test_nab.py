"""Files laid out as NAB publishes them: read, judged row by row, and scored by its standard profile; made here, for the files are not ours."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from math import exp
from pathlib import Path

import numpy as np
import pytest

from benchmarks.factory import nab
from benchmarks.factory.nab import RUNGS, scores
from benchmarks.factory.nab_files import TOLD, published
from benchmarks.factory.nab_profile import A_FP, Scored, normalised, probation, raw, result, worth

START = datetime.fromisoformat("2014-04-01")
WINDOW = (40, 60)
Labels = dict[str, list[tuple[int, int]]]


def minute(row: int) -> str:
    """When a row was read, as the labels write it."""
    return (START + timedelta(minutes=5 * row)).strftime("%Y-%m-%d %H:%M:%S.%f")


def laid_out(directory: Path, series: dict[str, np.ndarray], windows: Labels) -> Path:
    """A directory as published: series below data, their windows below labels."""
    for name, values in series.items():
        path = directory / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{START + timedelta(minutes=5 * row)},{value!r}" for row, value in enumerate(values.tolist())]
        path.write_text("\n".join(("timestamp,value", *lines)) + "\n", encoding="utf-8")
    labels = directory / "labels" / "combined_windows.json"
    labels.parent.mkdir(exist_ok=True)
    labels.write_text(json.dumps({name: [[minute(a), minute(b)] for a, b in of] for name, of in windows.items()}), encoding="utf-8")
    return directory


def detected(*rows: int, of: int = 100, windows: tuple[tuple[int, int], ...] = (WINDOW,)) -> Scored:
    """A series whose detector is sure of these rows and of no other."""
    found = np.zeros(of)
    found[list(rows)] = 1.0
    return Scored(found, windows)


def noisy(seed: int, rows: int = 1_000, at: int = 600, until: int = 650, by: float = 12.0) -> np.ndarray:
    """A signal in control that departs once."""
    values = 50.0 + np.random.default_rng(seed).standard_normal(rows)
    values[at:until] += by
    return values


def sigma(y: float) -> float:
    """The published formula, once more."""
    return 2.0 / (1.0 + exp(5.0 * y)) - 1.0


def test_a_detector_that_marks_every_window_at_its_start_and_nothing_else_has_100():
    found = result([detected(40), detected(20, 70, windows=((20, 30), (70, 80))), detected(windows=())])
    assert found.normalised == pytest.approx(100.0)
    assert found.raw == pytest.approx(3.0)
    assert (found.windows, found.threshold) == (3, 1.0)


def test_a_detector_that_marks_nothing_has_0():
    assert raw(detected(), 1.0) == -1.0
    assert normalised(-1.0, 1) == 0.0
    before = result([detected(30)])
    assert before.normalised == 0.0
    assert before.threshold == np.inf


def test_a_detection_counts_less_the_later_it_comes_and_nothing_at_the_right_edge():
    assert raw(detected(40), 1.0) == pytest.approx(1.0)
    assert raw(detected(50), 1.0) == pytest.approx(sigma(-0.5) / sigma(-1.0))
    assert raw(detected(50), 1.0) == pytest.approx(0.8598, abs=1e-4)
    assert raw(detected(60), 1.0) == 0.0
    assert result([detected(60)]).normalised == pytest.approx(50.0)


def test_only_the_first_detection_in_a_window_counts():
    assert raw(detected(50, 51, 60), 1.0) == raw(detected(50), 1.0)


def test_a_false_alarm_far_from_the_window_before_it_or_without_one_costs_011():
    assert raw(detected(30), 1.0) == pytest.approx(-1.0 - 0.11)
    assert raw(detected(40, 30), 1.0) == pytest.approx(1.0 - 0.11)
    short = ((20, 22),)
    assert raw(detected(20, 95, windows=short), 1.0) == pytest.approx(1.0 - 0.11)


def test_a_false_alarm_soon_after_a_window_costs_less():
    assert raw(detected(40, 62), 1.0) == pytest.approx(1.0 + A_FP * sigma(2 / 20))
    assert raw(detected(40, 80), 1.0) == pytest.approx(1.0 - 0.10853, abs=1e-5)


def test_a_false_alarm_is_measured_from_the_window_before_it():
    counted = worth(200, ((40, 60), (100, 140)))
    assert counted[99] == pytest.approx(A_FP * sigma(39 / 20))
    assert counted[150] == pytest.approx(A_FP * sigma(10 / 40))
    assert counted[39] == -A_FP
    assert counted[100] == 1.0


def test_a_window_of_one_row_is_its_own_beginning():
    assert raw(detected(50, windows=((50, 50),)), 1.0) == 1.0


def test_the_probationary_period_does_not_count():
    assert [probation(rows) for rows in (0, 100, 5_000, 20_000)] == [0, 15, 750, 750]
    assert raw(detected(0, 14, 40), 1.0) == pytest.approx(1.0)
    assert raw(detected(15, 40), 1.0) == pytest.approx(1.0 - 0.11)
    within = detected(5, 40, windows=((4, 14), WINDOW))
    assert raw(within, 1.0) == pytest.approx(1.0)
    assert result([within]).windows == 1


def test_one_threshold_is_chosen_for_all_series_together():
    one, other = np.zeros(100), np.zeros(100)
    one[40] = 0.5
    other[[70, *range(16, 28)]] = 0.9, *[0.5] * 12
    found = result([Scored(one, (WINDOW,)), Scored(other, ((70, 80),))])
    assert found.threshold == 0.5
    assert found.raw == pytest.approx(2.0 - 12 * 0.11)
    other[28:38] = 0.5
    found = result([Scored(one, (WINDOW,)), Scored(other, ((70, 80),))])
    assert found.threshold == 0.9
    assert found.raw == pytest.approx(1.0 - 1.0)
    assert found.normalised == pytest.approx(50.0)


def test_without_a_window_there_is_nothing_to_score():
    with pytest.raises(ValueError, match=r"no series has a labelled window .* take the labels as published"):
        result([detected(windows=())])
    with pytest.raises(ValueError, match="no series"):
        result([])


def test_series_are_read_with_their_windows_as_rows(tmp_path: Path):
    laid_out(tmp_path, {"b/two.csv": np.array([1.0, 2.5, -3.0]), "a/one.csv": noisy(1, 50)}, {"a/one.csv": [(30, 40), (10, 20)], "b/two.csv": []})
    one, two = published(tmp_path)
    assert (one.name, one.windows, len(one.values)) == ("a/one.csv", ((10, 20), (30, 40)), 50)
    assert (two.name, two.windows, list(two.values)) == ("b/two.csv", (), [1.0, 2.5, -3.0])


def test_missing_labels_are_told_with_their_place(tmp_path: Path):
    with pytest.raises(ValueError, match=r"combined_windows\.json is not there\. Name the directory that holds data/ and labels/"):
        published(tmp_path)


@pytest.mark.parametrize("written", [
    "{", "[]", '{"a/one.csv": [["2014-04-01 00:00:00"]]}', '{"a/one.csv": [["first", "last"]]}',
    '{"a/one.csv": [["2014-04-01T00:00:00Z", "2014-04-02T00:00:00Z"]]}'])
def test_labels_of_another_form_are_told(tmp_path: Path, written: str):
    laid_out(tmp_path, {"a/one.csv": noisy(1, 50)}, {"a/one.csv": []})
    (tmp_path / "labels" / "combined_windows.json").write_text(written, encoding="utf-8")
    with pytest.raises(ValueError, match=r"combined_windows\.json: .*maps each file to its windows"):
        published(tmp_path)


def test_files_without_labels_and_labels_without_files_are_told_together(tmp_path: Path):
    laid_out(tmp_path, {"a/one.csv": noisy(1, 50), "a/new.csv": noisy(2, 50)}, {"a/one.csv": [], "a/gone.csv": [(1, 2)]})
    with pytest.raises(ValueError, match="not there") as told:
        published(tmp_path)
    gone, new = str(told.value).splitlines()
    assert "'a/gone.csv' is labelled" in gone
    assert "Add the file" in gone
    assert "has no entry 'a/new.csv'. Add one" in new


def test_a_bad_row_is_told_with_file_line_value_and_remedy(tmp_path: Path):
    laid_out(tmp_path, {"a/one.csv": noisy(1, 5)}, {"a/one.csv": []})
    path = tmp_path / "data" / "a" / "one.csv"
    path.write_text("timestamp,value\n2014-04-01 00:00:00,1\n2014-04-01 00:05:00,none\nnever,2\n2014-04-01 00:15:00,nan\n2014-04-01 00:20:00\n",
                    encoding="utf-8")
    with pytest.raises(ValueError, match="line") as told:
        published(tmp_path)
    word, day, nan, short = str(told.value).splitlines()
    assert "one.csv, line 3:" in word
    assert "'none'" in word
    assert "an ISO date and a number" in word
    assert "line 4: " in day
    assert "'never'" in day
    assert "line 5: 'nan' is no measured value" in nan
    assert "line 6: " in short


def test_many_bad_rows_are_counted(tmp_path: Path):
    laid_out(tmp_path, {"a/one.csv": noisy(1, 5)}, {"a/one.csv": []})
    (tmp_path / "data" / "a" / "one.csv").write_text("timestamp,value\n" + "2014-04-01,x\n" * 30, encoding="utf-8")
    with pytest.raises(ValueError, match="line") as told:
        published(tmp_path)
    lines = str(told.value).splitlines()
    assert len(lines) == TOLD + 1
    assert "25 more lines like these" in lines[-1]


def test_other_columns_and_a_window_beside_the_rows_are_told(tmp_path: Path):
    laid_out(tmp_path, {"a/one.csv": noisy(1, 50), "a/two.csv": noisy(2, 50)}, {"a/one.csv": [(60, 70)], "a/two.csv": []})
    (tmp_path / "data" / "a" / "two.csv").write_text("when,value\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no row") as told:
        published(tmp_path)
    window, columns = str(told.value).splitlines()
    assert "'a/one.csv': no row lies from 2014-04-01 05:00:00" in window
    assert "two.csv, line 1: columns when, value." in columns


def test_a_score_does_not_look_ahead():
    whole = noisy(3)
    otherwise = whole.copy()
    otherwise[620:] = -1_000.0 * np.arange(380)
    until = scores(whole), scores(otherwise)
    assert np.array_equal(until[0][:620], until[1][:620])
    assert not np.array_equal(until[0], until[1])


def test_scores_lie_between_0_and_1_and_are_0_while_phase_i_learns():
    found = scores(np.concatenate((noisy(4), np.full(50, 1e9))))
    assert found.min() == 0.0
    assert found.max() == 1.0
    assert not found[:probation(len(found))].any()
    assert len(np.unique(found)) <= RUNGS + 1


def test_a_greater_departure_has_a_greater_score():
    small, great = (scores(noisy(5, by=by))[600] for by in (12.0, 100.0))
    assert 0.0 < small < great


def test_a_departure_is_told_when_it_begins_and_a_new_level_is_learnt():
    values = noisy(6, 2_000, 600, 2_000, 12.0)
    values[1_500:] += 12.0
    found = np.flatnonzero(scores(values) >= 4 / RUNGS)
    assert found[0] == 600
    assert 1_500 in found
    assert not ((found > 700) & (found < 1_500)).any()


def test_series_too_short_or_without_movement_have_no_score():
    assert not scores(np.array([1.0, 2.0])).any()
    assert len(scores(np.zeros(0))) == 0
    assert not scores(np.full(200, 7.0)).any()


def test_without_a_directory_the_report_says_what_to_do():
    (row,) = nab.rows()
    assert "--only nab --data DIRECTORY" in row.said()


def test_the_rows_state_the_bars(tmp_path: Path):
    names = [f"made/{seed}.csv" for seed in range(3)]
    laid_out(tmp_path, {name: noisy(seed) for seed, name in enumerate(names)}, {name: [(590, 660)] for name in names})
    constant, fixed = nab.rows(tmp_path)
    assert (constant.bar, fixed.bar) == (55.0, 30.0)
    assert constant.held
    assert fixed.held
    assert constant.figure == fixed.figure
    assert "3 series, 3 windows" in constant.said()
