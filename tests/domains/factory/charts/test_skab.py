"""Files laid out as SKAB publishes them: read, judged after what was learnt, and counted; made here, for the files are not ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.factory import skab
from benchmarks.factory.skab import LEARNT, Counted, experiments, judged, read

SENSORS = ("Accelerometer1RMS", "Accelerometer2RMS", "Current", "Pressure", "Temperature", "Thermocouple", "Voltage", "Volume Flow RateRMS")


def written(path: Path, values: np.ndarray, anomalous: np.ndarray) -> Path:
    """A file as published: semicolons, labels as 0.0 and 1.0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [";".join(("datetime", *SENSORS, "anomaly", "changepoint"))]
    for k, (row, label) in enumerate(zip(values, anomalous, strict=True)):
        lines.append(";".join((f"2020-03-09 10:{k // 60 % 60:02d}:{k % 60:02d}", *(f"{v:.6g}" for v in row), f"{float(label)}", "0.0")))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rig(seed: int, rows: int = 1_000, at: int = 600, until: int = 800, shift: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Eight sensors in control, one of which moves for a while."""
    random = np.random.default_rng(seed)
    values = np.arange(1.0, 9.0) + 0.1 * (random.standard_normal((rows, 1)) + random.standard_normal((rows, 8)))
    anomalous = np.zeros(rows, np.bool_)
    anomalous[at:until] = True
    values[anomalous, 7] += 0.1 * shift * 3
    return values, anomalous


def test_every_labelled_file_below_the_directory_is_read(tmp_path: Path):
    values, anomalous = rig(1, 50, 20, 30)
    written(tmp_path / "valve1" / "0.csv", values, anomalous)
    written(tmp_path / "other" / "1.csv", values, anomalous)
    (tmp_path / "anomaly-free").mkdir()
    (tmp_path / "anomaly-free" / "anomaly-free.csv").write_text("datetime;Current\n2020-02-08 13:30:47;1.3\n", encoding="utf-8")
    found = experiments(tmp_path)
    assert [one.name for one in found] == ["1.csv", "0.csv"]
    assert found[0].rows.shape == (50, 8)
    assert found[0].rows == pytest.approx(values, rel=1e-5)
    assert list(np.flatnonzero(found[0].anomalous)) == list(range(20, 30))


def test_a_file_without_labels_or_with_a_word_for_a_number_is_named(tmp_path: Path):
    unlabelled = tmp_path / "a.csv"
    unlabelled.write_text("datetime;Current\n2020-02-08 13:30:47;1.3\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.csv: no column 'datetime' or 'anomaly'"):
        read(unlabelled)
    wrong = tmp_path / "b.csv"
    wrong.write_text("datetime;Current;anomaly;changepoint\n2020-02-08 13:30:47;1.3;0.0;0.0\n2020-02-08 13:30:48;none;0.0;0.0\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"b\.csv, line 3: .*none"):
        read(wrong)


def test_f1_and_false_alarm_rate_by_hand():
    counted = Counted(hits=60, misses=20, false=10, quiet=90)
    assert counted.f1 == pytest.approx(120 / 150)
    assert counted.false_rate == pytest.approx(0.1)
    assert counted.missed_rate == pytest.approx(0.25)
    assert Counted(0, 0, 0, 0).f1 == 0.0


def test_what_moves_is_marked_and_what_does_not_is_not(tmp_path: Path):
    for seed in range(3):
        written(tmp_path / "valve1" / f"{seed}.csv", *rig(seed))
    written(tmp_path / "short.csv", *rig(9, LEARNT, 200, 300))
    counted = judged(experiments(tmp_path))
    assert counted.hits + counted.misses == 600
    assert counted.false + counted.quiet == 3 * (1_000 - LEARNT - 200)
    assert counted.missed_rate < 0.05
    assert counted.false_rate < 0.1


def test_without_a_directory_the_report_says_what_to_do():
    (row,) = skab.rows()
    assert "--data DIRECTORY" in row.said()


def test_the_rows_state_the_bars(tmp_path: Path):
    written(tmp_path / "0.csv", *rig(4))
    f1, false = skab.rows(tmp_path)
    assert (f1.bar, false.bar) == (0.79, 20.0)
    assert f1.held
    assert "1 files" in f1.said()
