"""A test without its part is skipped and named with the remedy; under CI it fails."""

from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def a_test_that_needs_a_telescope(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("CI", raising=False)
    pytester.makeini("[pytest]\nmarkers = needs(part): an outside part\n")
    pytester.makeconftest(
        "from tests.parts import PARTS, Part\n"
        "PARTS['telescope'] = Part(lambda: False, 'buy one')\n"
        "PARTS['ladder'] = Part(lambda: True, 'borrow one')\n"
    )
    pytester.makepyfile(
        "import pytest\n"
        "@pytest.mark.needs('telescope')\n"
        "def test_stars(): pass\n"
        "@pytest.mark.needs('ladder')\n"
        "def test_apples(): pass\n"
        "@pytest.fixture\n"
        "def telescope(): raise AssertionError('made although it is missing')\n"
        "def test_moon(telescope): pass\n"
    )
    return pytester


def test_a_missing_part_is_named_with_its_remedy_in_the_last_lines(
    a_test_that_needs_a_telescope: pytest.Pytester,
) -> None:
    run = a_test_that_needs_a_telescope.runpytest_subprocess("-p", "tests.parts")
    run.assert_outcomes(passed=1, skipped=2)
    last_words = [line for line in run.outlines if line][-2]
    assert last_words == "skipped for want of: telescope (2 tests) — remedy: buy one"


def test_a_missing_part_is_named_when_tests_run_on_several_workers(
    a_test_that_needs_a_telescope: pytest.Pytester,
) -> None:
    run = a_test_that_needs_a_telescope.runpytest_subprocess("-p", "tests.parts", "-n", "1")
    run.assert_outcomes(passed=1, skipped=2)
    run.stdout.fnmatch_lines(["*telescope (2 tests)*buy one*"])


def test_a_missing_part_fails_under_ci(
    a_test_that_needs_a_telescope: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    run = a_test_that_needs_a_telescope.runpytest_subprocess("-p", "tests.parts")
    run.assert_outcomes(passed=1, errors=2)
    run.stdout.fnmatch_lines(["*needs telescope; remedy: buy one*"])


def test_the_throwaway_server_answers(postgresql: str) -> None:
    with psycopg.connect(postgresql) as connection:
        assert connection.execute("select '钱塘' || 1").fetchone() == ("钱塘1",)
