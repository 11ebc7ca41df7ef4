"""Both languages everywhere: in help, answers, errors and wrong usage, by --lang, by QIANTANG_LANG, by the locale."""

import os
import subprocess
import sys

import pytest

COMMANDS = ("demo", "template", "check", "assess", "explain", "lift", "compare", "robust", "view", "history", "correct", "rulebooks",
            "self-check", "integrity", "judge", "cases", "cases list", "cases show", "cases do", "cases assign", "cases chase", "cases zero",
            "audit", "audit verify")


def said(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, where help is made anew."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "QIANTANG"))}
    program = "import sys; from qiantang.cli import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False,
                          env={**clean, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100", **environment})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_in_both_languages(command: str) -> None:
    for lang, title in (("zh", "例："), ("en", "Example")):
        helped = said(*command.split(), "--help", "--lang", lang) if command == "judge" else said("--lang", lang, *command.split(), "--help")
        assert helped.returncode == 0, helped.stderr
        assert title in helped.stdout
        assert f"qiantang {command.split(maxsplit=1)[0]}" in helped.stdout.split(title)[1]
        assert "…" not in helped.stdout.split(title)[0].replace("913301…", ""), "an option's help is cut off"


def test_the_program_says_its_exit_codes() -> None:
    helped = said("--help", QIANTANG_LANG="en").stdout
    assert "Exit codes: 0 done; 1" in helped
    assert "130" in helped


def test_the_locale_decides_where_nothing_else_does() -> None:
    assert "用法" in said("explain", "--help", LANG="zh_CN.UTF-8").stdout
    assert "Usage" in said("explain", "--help", LANG="de_DE.UTF-8").stdout


def test_the_option_goes_before_the_variable_and_the_variable_before_the_locale() -> None:
    assert "用法" in said("explain", "--help", LANG="en_US.UTF-8", QIANTANG_LANG="zh").stdout
    assert "Usage" in said("--lang", "en", "explain", "--help", QIANTANG_LANG="zh").stdout


def test_wrong_usage_is_told_in_the_language_of_the_run() -> None:
    for lang, words in (("zh", "没有选项 --fast"), ("en", "No such option")):
        wrong = said("explain", "x", "--fast", QIANTANG_LANG=lang)
        assert wrong.returncode == 2
        assert words in wrong.stderr
        assert "qiantang explain --help" in wrong.stderr
        assert "Traceback" not in wrong.stderr


def test_a_missing_argument_is_named() -> None:
    assert "缺少参数" in said("explain", QIANTANG_LANG="zh").stderr
    assert said("explain", QIANTANG_LANG="en").returncode == 2


def test_an_unknown_command_is_answered_with_a_near_one() -> None:
    wrong = said("explian", QIANTANG_LANG="en")
    assert wrong.returncode == 2
    assert "explain" in wrong.stderr


def test_an_unknown_language_is_refused() -> None:
    assert said("view", "--lang", "fr", QIANTANG_LANG="en").returncode == 2


def test_no_argument_at_all_shows_the_help() -> None:
    assert "assess" in said(QIANTANG_LANG="en").stdout


def test_the_command_runs_as_a_module_too() -> None:
    said_so = subprocess.run([sys.executable, "-m", "qiantang", "--version"], capture_output=True, text=True, check=True)
    assert said_so.stdout == said("--version").stdout != ""


def test_an_option_that_takes_no_value_shows_none() -> None:
    assert "<bool>" not in said("assess", "--help", "--lang", "en").stdout + said("--lang", "zh", "--help").stdout
