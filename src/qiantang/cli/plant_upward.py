"""qiantang factory hear and heard: the district takes what plants publish, and shows what it has of them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption
from qiantang.cli.plant_parts import plant_parts
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import FactsError, SubjectError
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.district.plant.district_tier import TierStatus
    from qiantang.kernel.wires import Notice

_RARELY_S = 30.0
_MOST_SHOWN = 40


def declare_upward(factory: typer.Typer) -> None:
    """Declare the commands in the group of plants."""
    command(factory, "hear", said("在地区一侧接收工厂上报的数字与结论，直到中断；可同时运行多个。",
                                  "Take what plants publish into the district until interrupted; several may run side by side."),
            ["qiantang factory hear mqtt://10.0.0.9:1883 --dir my-district",
             "qiantang factory hear mqtts://broker.district.example --user district --password-from DISTRICT_PASSWORD --ca ca.pem --dir my-district"])(hear)
    command(factory, "heard", said("地区收到了哪些工厂的什么：数字、结论、搁置的消息。",
                                   "What the district has of which plants: figures, findings, messages put aside."),
            ["qiantang factory heard --dir my-district", "qiantang factory heard --enterprise 913301… --dir my-district",
             "qiantang factory heard --aside --dir my-district"])(heard)


def hear(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help=said("地区的消息总线 mqtt://… 或 mqtts://…", "the district's broker, mqtt://… or mqtts://…"))],
    directory: DirOption = None,
    user: Annotated[str, typer.Option("--user", metavar="NAME", help=said("登录名", "who signs in there"))] = "",
    password_from: Annotated[str, typer.Option("--password-from", metavar="VARIABLE", help=said(
        "存放密码的环境变量", "the environment variable that holds the password"))] = "",
    ca: Annotated[Path | None, typer.Option("--ca", metavar="FILE", show_default=False, help=said(
        "签发总线证书的机构（PEM）；默认为系统信任的机构", "who vouches for the broker (PEM); default: whom the system trusts"))] = None,
    share: Annotated[str, typer.Option("--group", metavar="NAME", help=said("分担接收的组", "the group whose workers share what comes"))] = "district",
) -> Answer:
    """A worker until Ctrl-C; what has its receipt is on the disk."""
    with plant_parts():
        from qiantang.district.plant.district_tier import broker_at
        from qiantang.district.plant.district_tier import hear as take
        from qiantang.district.plant.worker import COUNTED
        from qiantang.district.workspace import Workspace, existing, found_workspace

        workspace = Workspace(existing(directory)) if directory is not None else found_workspace(None)
        if password_from and password_from not in os.environ:
            raise FactsError.of(f"没有设置环境变量 {password_from}", f"the environment variable {password_from} is not set", value=password_from,
                                remedy=Text(f"请先设置：export {password_from}=…", f"Set it first: export {password_from}=…"))
        broker = broker_at(address, user, os.environ.get(password_from, ""), ca, share)
        counts: dict[str, int] = {}
        for wish in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wish, signal.default_int_handler)
        with _shown() as show:
            def listened(status: TierStatus, noticed: Sequence[Notice]) -> None:
                counts.update(status.counts)
                show(status, noticed)

            try:
                take(workspace, broker, listened)
            except KeyboardInterrupt:
                sys.stderr.write(said("已停止；已给回执的都已收录。\n", "Stopped; everything that has its receipt is kept.\n"))

    def draw(screen: Screen) -> None:
        screen.pairs([(title, f"{counts.get(name, 0):,}") for name, title in COUNTED.items() if counts.get(name)])
        screen.line(said("数字在下次评价时读入：qiantang assess；结论：qiantang factory heard",
                         "The figures are read with the next assessment: qiantang assess; the findings: qiantang factory heard"))

    return Answer({"folder": str(workspace.folder), "counts": {name: counts.get(name, 0) for name in COUNTED}}, draw)


@contextmanager
def _shown() -> Iterator[Callable[[TierStatus, Sequence[Notice]], None]]:
    """Counts on the error stream: one line redrawn on a terminal; elsewhere a line when something else is the case, and rarely between."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text as Styled

        console = Console(stderr=True)
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            def draw(status: TierStatus, noticed: Sequence[Notice]) -> None:
                for notice in noticed:
                    console.print(Styled(told(notice.told)))
                live.update(Styled(told(_line(status)), overflow="ellipsis", no_wrap=True))

            yield draw
        return
    last: list[tuple[float, bool]] = []

    def write(status: TierStatus, noticed: Sequence[Notice]) -> None:
        for notice in noticed:
            sys.stderr.write(told(notice.told) + "\n")
        if not last or time.monotonic() - last[-1][0] >= _RARELY_S or status.connected != last[-1][1]:
            last[:] = [(time.monotonic(), status.connected)]
            sys.stderr.write(told(_line(status)) + "\n")
        sys.stderr.flush()

    yield write


def _line(status: TierStatus) -> Text:
    figures, findings, again = (status.counts.get(name, 0) for name in ("figures", "findings", "repeated"))
    on = Text("在线", "connected") if status.connected else Text("未连接", "not connected")
    return Text(f"{on.zh} · {status.plants:,} 家工厂 · 日数字 {figures:,} · 结论 {findings:,} · 重复 {again:,} · 搁置 {status.aside:,}",
                f"{on.en} · {status.plants:,} plants · {figures:,} days' figures · {findings:,} findings · {again:,} told again · "
                f"{status.aside:,} put aside")


def heard(
    directory: DirOption = None,
    plant: Annotated[str | None, typer.Option("--plant", metavar="ID", show_default=False, help=said("只看这个工厂", "this plant only"))] = None,
    enterprise: Annotated[str | None, typer.Option("--enterprise", metavar="CODE", show_default=False, help=said(
        "只看这家企业的工厂", "plants of this enterprise only"))] = None,
    aside: Annotated[bool, typer.Option("--aside", help=said("列出搁置的消息", "list the messages that are put aside"))] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help=said("最多显示多少条", "how many at most"))] = _MOST_SHOWN,
) -> Answer:
    """Plants with their findings, newest first; never a reading."""
    with plant_parts():
        from qiantang.district.plant.tier_shown import aside_shown, findings_shown, plants_shown
        from qiantang.district.workspace import Workspace, existing, found_workspace

        workspace = Workspace(existing(directory)) if directory is not None else found_workspace(None)
        plants = [one for one in plants_shown(workspace) if plant in (None, one.plant) and enterprise in (None, one.uscc)]
        if aside:
            return _aside(aside_shown(workspace), limit)
        if not plants:
            raise SubjectError.of("没有收到这样的工厂的上报", "nothing was heard of such a plant", value=plant or enterprise, remedy=Text(
                "运行接收：qiantang factory hear ADDRESS；查看搁置：qiantang factory heard --aside",
                "Run a worker: qiantang factory hear ADDRESS; see what is put aside: qiantang factory heard --aside"))
        findings = findings_shown(workspace, {one.plant for one in plants})

    def draw(screen: Screen) -> None:
        screen.table([said("工厂", "plant"), said("企业", "enterprise"), said("数字（日）", "days"), said("结论", "findings"),
                      said("最近上报（UTC）", "last heard (UTC)")],
                     [[one.plant, one.uscc, str(one.days), str(sum(1 for f in findings if f.plant == one.plant)), f"{one.heard_at:%Y-%m-%d %H:%M:%S}"]
                      for one in plants], right=(2, 3))
        screen.heading(said("结论", "Findings"))
        screen.table([said("工厂", "plant"), said("设备", "machine"), said("规则", "rule"), said("自何时起（UTC）", "since (UTC)"), said("现状", "stands")],
                     [[f.plant, f.asset, f.rule, f"{f.since:%Y-%m-%d %H:%M:%S}", f.stands] for f in findings[:limit]])
        if len(findings) > limit:
            screen.note(said(f"另有 {len(findings) - limit} 条；--limit 可多看", f"{len(findings) - limit} more; --limit shows them"))

    return Answer({"plants": [{"plant": one.plant, "uscc": one.uscc, "days": one.days, "online": one.online, "heard_at": one.heard_at.isoformat()}
                              for one in plants],
                   "findings": [{"id": f.id, "plant": f.plant, "asset": f.asset, "rule": f.rule_id, "since": f.since.isoformat(), "readings": f.readings,
                                 "withdrawn": f.withdrawn, "amended": f.amended} for f in findings[:limit]], "count": len(findings)}, draw)


def _aside(rows: Sequence[dict[str, object]], limit: int) -> Answer:
    def draw(screen: Screen) -> None:
        screen.line(said(f"搁置 {len(rows)} 条", f"{len(rows)} messages are put aside"))
        screen.table([said("工厂", "plant"), said("内容", "what"), said("次数", "times"), said("原因", "why")],
                     [[str(row["plant"]), str(row["what"]), str(row["times"]), row["why"] if isinstance(row["why"], Text) else ""] for row in rows[:limit]],
                     right=(2,))

    return Answer(list(rows[:limit]), draw)
