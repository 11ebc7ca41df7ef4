"""qiantang integrity: published or stored figures that contradict each other; reported, never a reason to stop."""

from __future__ import annotations

import typer

from qiantang.cli.answers import Answer, Code
from qiantang.cli.declaring import command
from qiantang.cli.language import said
from qiantang.cli.options import DirOption
from qiantang.cli.screen import Screen
from qiantang.kernel.words import same


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "integrity", said("公布或留存的数字是否自相矛盾；有矛盾时退出码为 1。",
                                   "Whether published figures contradict each other; exit code 1 where they do."), ["qiantang integrity"])(integrity)


def integrity(directory: DirOption = None) -> Answer:
    """Hold the published figures against each other."""
    from qiantang.cli.opening import acting_day, opened
    from qiantang.district.published import published_contradictions
    from qiantang.registers.published import indicator_title

    with opened(directory) as reads:
        figures, found = published_contradictions(reads.workspace, reads.engine, acting_day(reads.workspace, None))

    def draw(screen: Screen) -> None:
        screen.heading(said(f"公开数据 {figures:,} 项，矛盾 {len(found)} 处", f"{figures:,} published figures, {len(found)} contradictions"))
        for number, one in enumerate(found, start=1):
            screen.line(same(f"{number}. {one.place} {one.year} · ") + indicator_title(one.indicator), style="bold", indent=2)
            screen.line(one.message, indent=5)
            for source in dict.fromkeys(f.source for f in one.figures):
                screen.note(source, indent=5)

    return Answer({"figures": figures, "contradictions": found}, draw, Code.ATTENTION if found else Code.DONE)
