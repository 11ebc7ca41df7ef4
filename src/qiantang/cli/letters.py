"""qiantang letters: the letters of a whole run as PDFs in a folder; stopped or killed, the same command goes on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer, Code
from qiantang.cli.declaring import command
from qiantang.cli.language import Tongue, said
from qiantang.cli.progress import progress
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.district.letter_batches import LetterBatch
    from qiantang.web.letters.batch import Progress


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "letters", said("批量生成告知书（每份一页 PDF）；中断后重复同一命令即可续作。",
                                 "The letters of a run, one page of PDF each; after a stop the same command goes on."),
            ["qiantang letters demo-district --rulebook mu/huangyan-2022 --out letters",
             "qiantang letters my-district --rulebook mu/huangyan-2022 --outcome D --out letters-d --address https://brain.example.cn"])(letters)


def letters(
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", show_default=False, help=said("地区文件夹", "the district's folder"))] = None,
    rulebook: Annotated[str | None, typer.Option("--rulebook", metavar="ID", show_default=False, help=said(
        "规则编号；默认为地区的第一部", "rulebook id; default: the district's first"))] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", show_default=False, help=said("存放 PDF 的文件夹", "folder for the PDFs"))] = None,
    outcome: Annotated[list[str], typer.Option("--outcome", metavar="CODE", show_default=False, help=said(
        "只生成这些结论的（可多次）；默认全部", "only those with this outcome (several); default: everybody"))] = [],  # noqa: B006 # Typer reads a list
    language: Annotated[Tongue, typer.Option("--letter-lang", help=said("告知书的语言", "language of the letters"))] = Tongue.zh,
    address: Annotated[str, typer.Option("--address", metavar="URL", help=said(
        "二维码所指的网址（验证页面所在的网站）", "site that the square code leads to, where letters are verified"))] = "http://127.0.0.1:8000",
    most: Annotated[int | None, typer.Option("--limit", min=1, show_default=False, help=said("最多生成多少份", "how many letters at most"))] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=16, help=said("同时生成的进程数", "processes that write at the same time"))] = 2,
    by: Annotated[str, typer.Option("--by", metavar="NAME", show_default=False, help=said("签发人", "who issues them"))] = "",
) -> Answer:
    """Write the letters that are not there yet."""
    try:
        from qiantang.web.letters.batch import Order, write_letters
    except ModuleNotFoundError as missing:
        raise FactsError.of(f"缺少告知书所需的组件 {missing.name}", f"what letters need is not installed: {missing.name}", value=missing.name,
                            remedy=Text("请安装：pip install 'qiantang[web,letters]'", "Install it: pip install 'qiantang[web,letters]'")) from missing
    import getpass

    from qiantang.district.letter_batches import LetterBatch as Batch
    from qiantang.district.workspace import found_workspace
    from qiantang.web.letters.rendering import refuse_without_pango

    refuse_without_pango()
    if out is None:
        raise FactsError.of("请用 --out 指定文件夹", "name a folder with --out")
    workspace = found_workspace(directory)
    chosen = rulebook or (workspace.assessed[0] if workspace.assessed else "")
    order = Order(workspace.folder, chosen, out, "en" if language is Tongue.en else "zh", address, tuple(outcome), most, workers,
                  by or getpass.getuser())
    batch = Batch(out)
    with _stopped_gently(batch), progress() as shown:
        last = [-1]

        def tell(how_far: Progress) -> None:
            percent = 100 * (how_far.done + how_far.failed) // max(how_far.total, 1)
            if percent != last[0] or sys.stderr.isatty():
                last[0] = percent
                shown(_said(how_far), percent / 100)

        done = write_letters(order, tell)
    stopped = done.done + done.failed < done.total
    rate = done.written / done.seconds if done.seconds else 0.0

    def draw(screen: Screen) -> None:
        screen.line(said(f"共 {done.total:,} 份：已有 {done.kept:,}，新生成 {done.written:,}，未成 {done.failed:,}；每秒 {rate:.1f} 份",
                         f"{done.total:,} letters: {done.kept:,} there before, {done.written:,} written, {done.failed:,} failed; {rate:.1f} a second"))
        if stopped:
            screen.note(said("已停止；重复同一命令即可续作。", "Stopped; the same command goes on."), indent=2)

    code = Code.INTERRUPTED if stopped else Code.ATTENTION if done.failed else Code.DONE
    return Answer({"folder": str(out), "total": done.total, "kept": done.kept, "written": done.written, "failed": done.failed,
                   "seconds": round(done.seconds, 3), "stopped": stopped}, draw, code)


def _said(done: Progress) -> Text:
    many, written = done.done + done.failed, done.written + done.failed
    left = (done.total - many) * done.seconds / written if written else 0.0
    return Text(f"{many:,} / {done.total:,} 份，剩余约 {left:,.0f} 秒", f"{many:,} of {done.total:,} letters, about {left:,.0f} s left")


@contextmanager
def _stopped_gently(batch: LetterBatch) -> Iterator[None]:
    """Ctrl-C and the end of a service let the letters at hand be finished."""
    before = {number: signal.signal(number, lambda *_: batch.ask_to_stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
