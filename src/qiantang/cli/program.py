"""The program: all commands side by side, and what is said of a command line that cannot be understood."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer import rich_utils

from qiantang.cli import (
    accounts,
    assess,
    audit,
    cases,
    check,
    compare,
    correct,
    demo,
    explain,
    factory,
    history,
    integrity,
    judge,
    letters,
    lift,
    notify,
    policies,
    robust,
    rulebooks,
    self_check,
    serve,
    template,
    view,
)
from qiantang.cli.answering import stopped
from qiantang.cli.answers import Code
from qiantang.cli.declaring import EXIT_CODES, LangOption, SpokenCommand, SpokenGroup, VersionOption, example
from qiantang.cli.language import said
from qiantang.kernel.words import preferred_lang

_ABOUT = said("产业大脑：事实 → 规则 → 结论 → 行动。", "An open industry brain: facts → rulebooks → findings → actions.")
_FIRST = ("qiantang demo", "qiantang assess my-district", "qiantang explain 913301… --lang zh")


def program() -> typer.Typer:
    """The whole command line, in the order in which a newcomer meets it."""
    app = typer.Typer(name="qiantang", cls=SpokenGroup, help=_ABOUT, epilog=f"{example(*_FIRST)}\n\n{EXIT_CODES}", no_args_is_help=True,
                      rich_markup_mode="rich", add_completion=False)

    @app.callback()
    def language(lang: LangOption = None, version: VersionOption = False) -> None:
        """The language is settled before any command is read; the option stands here so that it may come first."""

    for each in (demo, template, check, assess, explain, lift, compare, robust, view, cases, history, correct, rulebooks, self_check, policies,
                 integrity, audit, factory, serve, notify, letters, accounts):
        each.declare(app)
    _declare_judge(app)
    return app


def _declare_judge(app: typer.Typer) -> None:
    """List ``judge`` with the others; what follows it is read by its own quick parser."""
    def judging(context: typer.Context) -> None:
        raise typer.Exit(judge.judge_from(context.args))

    app.command("judge", cls=SpokenCommand, help=judge.ABOUT.said(preferred_lang()), add_help_option=False,
                context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(judging)


def run(arguments: list[str]) -> int:
    """Run a command line; wrong usage is told in one line, with where to find help."""
    if said("zh", "en") == "zh":
        _speak_chinese()
    command = typer.main.get_command(program())
    try:
        code = command.main(arguments, prog_name="qiantang", standalone_mode=False)
    except typer.Abort:
        return stopped(as_json=False)
    except typer.BadParameter.__base__ as wrong:  # type: ignore[misc] # the base of all usage errors, under either of its homes
        return _misused(wrong)
    return code if isinstance(code, int) else Code.DONE


def _misused(wrong: Any) -> int:
    """Wrong usage: what was found, and how to see what is right."""
    context = getattr(wrong, "ctx", None)
    if type(wrong).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(wrong.format_message() + "\n")
        return Code.REFUSED
    path = context.command_path if context is not None else "qiantang"
    sys.stderr.write(f"× {_chinese(wrong) if said('zh', 'en') == 'zh' else wrong.format_message()}\n"
                     f"{said('查看用法：', 'See: ')}{path} --help\n")
    return Code.REFUSED


def _chinese(wrong: Any) -> str:
    """The usage error in Chinese; what is not known by its kind keeps its own words."""
    kind, parameter = type(wrong).__name__, getattr(wrong, "param", None)
    named = str(getattr(parameter, "metavar", None) or getattr(parameter, "name", None) or "")
    if kind == "MissingParameter":
        return f"缺少参数 {named}"
    if kind == "NoSuchOption":
        near = "、".join(wrong.possibilities or ())
        return f"没有选项 {wrong.option_name}" + (f"，您是否要用：{near}" if near else "")
    if kind == "BadParameter" and named:
        return f"参数 {named} 的值有误：{wrong.message}"
    if kind == "BadOptionUsage":
        return f"选项 {wrong.option_name} 用法有误：{wrong.message}"
    return f"用法有误：{wrong.format_message()}"


def _speak_chinese() -> None:
    """The words that the help is framed with."""
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.DEFAULT_STRING = "[默认：{}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"
