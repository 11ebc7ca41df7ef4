"""How a command is declared: its title, its options and an example, with --json and --lang added to every one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from qiantang import __version__
from qiantang.cli.answering import answered
from qiantang.cli.answers import Answer
from qiantang.cli.language import Tongue, said

JsonOption = Annotated[bool, typer.Option("--json", help=said("以 JSON 输出，文本含中英两种", "write JSON, every text in both languages"))]
LangOption = Annotated[Tongue | None, typer.Option("--lang", help=said("输出语言", "language of the output"), show_default=False)]


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qiantang {__version__}")
        raise typer.Exit


VersionOption = Annotated[bool, typer.Option("--version", is_eager=True, callback=_tell_version, help=said("版本号", "which version this is"))]

EXIT_CODES = said(
    "退出码：0 完成；1 检查发现需处理的问题（check、integrity、audit verify、factory shifts）；2 用法或输入有误；130 中断，原结果完整。",
    "Exit codes: 0 done; 1 a check found something that needs attention (check, integrity, audit verify, factory shifts); "
    "2 wrong usage or input; 130 interrupted, previous results stand whole.")


class SpokenCommand(TyperCommand):
    """A command whose usage line and help option speak the language of the run."""

    def get_usage(self, ctx: Any) -> str:
        """The usage line."""
        return _spoken_usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help."""
        return _spoken_help(super().get_help_option(ctx))

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters; an option that takes no value shows none."""
        return _without_value(super().get_params(ctx))


class SpokenGroup(TyperGroup):
    """A group of commands, likewise."""

    def get_usage(self, ctx: Any) -> str:
        """The usage line."""
        return _spoken_usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help."""
        return _spoken_help(super().get_help_option(ctx))

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters; an option that takes no value shows none."""
        return _without_value(super().get_params(ctx))


def _without_value(parameters: list[Any]) -> list[Any]:
    for one in parameters:
        if getattr(one, "is_flag", False):
            one.metavar = ""
    return parameters


def command(app: typer.Typer, name: str, about: str, examples: Sequence[str]) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Declare a command: the function gives an Answer; --json, --lang, errors and exit codes are taken care of here."""
    def declare(function: Callable[..., Answer]) -> Callable[..., Answer]:
        def run(*, as_json: bool = False, lang: Tongue | None = None, **given: object) -> None:
            raise typer.Exit(answered(lambda: function(**given), as_json))

        own = inspect.signature(function, eval_str=True)
        keyword = inspect.Parameter.KEYWORD_ONLY
        every = [inspect.Parameter("as_json", keyword, default=False, annotation=JsonOption),
                 inspect.Parameter("lang", keyword, default=None, annotation=LangOption)]
        parameters = [*(p.replace(kind=keyword) for p in own.parameters.values()), *every]
        run.__signature__ = inspect.Signature(parameters, return_annotation=None)  # type: ignore[attr-defined] # read by inspect
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        app.command(name, cls=SpokenCommand, help=about, epilog=example(*examples))(run)
        return function

    return declare


def example(*lines: str) -> str:
    """The examples below a command's help."""
    return "\n\n".join([said("例：", "Example:") if len(lines) == 1 else said("例：", "Examples:"), *lines])


def group(name: str, about: str, *examples: str, alone: bool = False) -> typer.Typer:
    """A group of commands; ``alone`` lets it stand without one."""
    return typer.Typer(name=name, cls=SpokenGroup, help=about, epilog=example(*examples), no_args_is_help=not alone,
                       invoke_without_command=alone, rich_markup_mode="rich", add_completion=False)


def _spoken_usage(usage: str) -> str:
    return usage.replace("Usage:", said("用法：", "Usage:")).replace("[OPTIONS]", said("[选项]", "[OPTIONS]"))


def _spoken_help(option: Any) -> Any:
    if option is not None:
        option.help = said("显示本帮助", "show this help")
    return option
