"""qiantang factory: a plant at work, its demonstration, its log read again, a simulated week, one alarm explained."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import tzinfo
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command, group
from qiantang.cli.language import said, told
from qiantang.cli.options import DirOption, PlantOption
from qiantang.cli.planning import declare_planning
from qiantang.cli.plant_parts import plant_parts
from qiantang.cli.plant_readings import declare_readings
from qiantang.cli.plant_tasks import declare_tasks
from qiantang.cli.plant_upward import declare_upward
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import Text, preferred_lang

if TYPE_CHECKING:
    from qiantang.district.plant.demonstration import Demonstration, DemoStatus
    from qiantang.district.plant.node import Status
    from qiantang.kernel.wires import Notice

_EVERY_S = 2.0
_RARELY_S = 30.0
"""How often a line says how it stands: on a terminal, and elsewhere, where every line stays."""
_MOST_ALARMS = 40
_MOST_HAPPENED = 20


def declare(app: typer.Typer) -> None:
    """Declare the group."""
    factory = group("factory", said("工厂：从读数到报警、任务。", "Plants: from readings to alarms and tasks."), "qiantang factory demo",
                    "qiantang factory run node.yaml --dir my-district")
    command(factory, "demo", said("看示范工厂运行一分钟：模拟信号、真实处理链路。",
                                  "Watch a made-up plant for a minute: simulated signals, the real way of handling them."),
            ["qiantang factory demo", "qiantang factory demo --dir demo-district --seconds 120 --speed 5"])(demo)
    command(factory, "run", said("运行一个工厂节点，直到中断。", "Run a plant's node until interrupted."),
            ["qiantang factory run node.yaml --dir my-district"])(run)
    command(factory, "replay", said("重读工厂的读数日志，给出同样的报警。", "Read a plant's log again; it gives the same alarms."),
            ["qiantang factory replay my-district/.qiantang/plants/tires"])(replay)
    command(factory, "versions", said("工厂模型的各个版本：何时生效，改了什么。", "The versions of a plant's model: since when, and what each changed."),
            ["qiantang factory versions --dir my-district"])(versions)
    command(factory, "simulate", said("模拟一周，比较派工策略。", "Simulate a week and compare policies of dispatch."),
            ["qiantang factory simulate", "qiantang factory simulate --days 1 --seeds 2"])(simulate)
    command(factory, "explain", said("说明一个报警：哪条规则、哪些读数、哪个限值、自何时起。",
                                     "Explain one alarm: which rule, which readings, which limit, since when."),
            ["qiantang factory explain s635:nelson_1:1772380870000000 --dir my-district"])(explain)
    command(factory, "template", said("生成工厂模型的空工作簿。", "Make the empty workbook of a plant's model."),
            ["qiantang factory template plant.xlsx"])(template)
    command(factory, "describe", said("浏览 OPC UA 服务器，或听 Sparkplug 上线证书，得到工厂模型的初稿。",
                                      "Browse an OPC UA server, or hear Sparkplug births, for a first model of a plant."),
            ["qiantang factory describe opc.tcp://10.0.0.5:4840 plant.xlsx --id works",
             "qiantang factory describe mqtt://10.0.0.6:1883 plant.xlsx --seconds 30"])(describe)
    declare_readings(factory)
    declare_tasks(factory)
    command(factory, "publish", said("把工厂当日的合计交到地区文件夹；只含工厂指定的列。",
                                     "Hand the day's sums of a plant to its district; only the columns that the plant names."),
            ["qiantang factory publish --uscc 913301… --dir my-district",
             "qiantang factory publish --uscc 913301… --column busy_h --column effective_h"])(publish)
    declare_upward(factory)
    declare_planning(factory)
    app.add_typer(factory)


def demo(
    directory: Annotated[Path, typer.Option("--dir", metavar="DIR", help=said("地区文件夹", "the district's folder"))] = Path("demo-district"),
    seconds: Annotated[float, typer.Option("--seconds", min=5, max=3600, help=said("看多久", "how long to watch"))] = 60.0,
    speed: Annotated[float, typer.Option("--speed", min=0.1, max=60, help=said("工厂时间快多少倍", "how much faster than ours the plant's time runs"))] = 10.0,
    learn: Annotated[int, typer.Option("--learn", min=60, max=86_400, help=said(
        "先学习工厂多少秒的读数", "seconds of the plant that charts learn from first"))] = 1800,
    seed: Annotated[int, typer.Option("--seed", help=said("随机种子", "seed"))] = 1,
) -> Answer:
    """The synthetic plant through births, host, log, order, charts, alarms and tasks."""
    made, last = watched(directory, seconds, speed=speed, learn_s=learn, seed=seed)
    happened = [{"task": c.task, "event": str(c.event), "worker": c.worker, "reason": c.reason} for c in made.happened]
    faults = [{"cause": f.cause, "where": f.where, "at_us": f.at, "alarm": f.alarm, "after_s": f.after_s, "mended_by": f.by, "mended_at_us": f.mended_at}
              for f in made.struck()]

    def draw(screen: Screen) -> None:
        draw_watched(screen, made, last)
        screen.heading(said("在浏览器中看", "See it in the browser"))
        screen.command(f"qiantang accounts add NAME --may see --may dispatch --scope plant --code {made.plant.id} --dir {directory}",
                       Text("先添加能查看此工厂的账号（qiantang demo 建的示范地区已有账号）",
                            "first an account that may see it (the demonstration district of qiantang demo has some)"))
        screen.command(f"qiantang serve {directory}", Text("工厂 → 实时看板、报警、任务", "Plants → wall, alarms, tasks"))

    return Answer({"counts": last.counts, "logged": last.logged, "faults": faults, "tasks": happened, "told": list(made.told)}, draw)


def watched(directory: Path, seconds: float, *, speed: float = 10.0, learn_s: int = 1800, seed: int = 1) -> tuple[Demonstration, DemoStatus]:
    """The demonstration plant of a district's folder run for so many seconds, with live status; and how it then stood."""
    import asyncio

    with plant_parts():
        from qiantang.district.plant.demonstration import PLANT, Demonstration
        from qiantang.district.plant.folder import plant_folder
        from qiantang.district.workspace import Workspace

        folder = plant_folder(Workspace(directory).hidden, PLANT)
        sys.stderr.write(said("准备示范工厂：一万余个模拟信号……首次运行须先编译，约多一两分钟\n",
                              "Making the demonstration plant: more than ten thousand simulated signals … the first time it compiles: a minute or two more\n"))
        sys.stderr.flush()
        made = Demonstration(folder, seed=seed, learn_s=learn_s, speed=speed)
        with _shown(made.plant.local) as show:
            return made, asyncio.run(made.run(seconds, show))


def draw_watched(screen: Screen, made: Demonstration, last: DemoStatus) -> None:
    """How the plant stands, and what happened to its tasks."""
    naming, untold = made.naming, len(made.happened) - _MOST_HAPPENED
    _draw_status(screen.line, last, made.plant.local)
    _draw_struck(screen, made)
    screen.heading(said("任务经过", "What happened to tasks"))
    screen.table([said("任务", "task"), said("事件", "event"), said("人员", "person"), said("理由", "why")],
                 [[c.task, told(made.event_title(str(c.event))), naming.person(c.worker), naming.in_words(c.reason)] for c in made.happened[:_MOST_HAPPENED]])
    if untold > 0:
        screen.note(said(f"后面还有 {untold} 条；--json 全部列出", f"{untold} more came after these; --json lists all"))


def _draw_struck(screen: Screen, made: Demonstration) -> None:
    """The faults that the demonstration made, each with the alarm that found it and who mended it."""
    from qiantang.domains.factory.hours import shown_instant

    struck, zone = made.struck(), made.plant.local
    if not struck:
        return
    screen.heading(said("发生的故障", "Faults that struck"))
    rows: list[list[str | Text]] = [
        [f.cause, f.where, shown_instant(f.at, zone),
         _UNFOUND if f.alarm is None or f.after_s is None else Text(f"{f.after_s:,.0f} 秒后：", f"{f.after_s:,.0f} s later: ") + f.alarm,
         "" if f.mended_at is None else f"{made.naming.person(f.by)} · {shown_instant(f.mended_at, zone)}"] for f in struck]
    screen.table([said("故障", "fault"), said("何处", "where"), said("何时", "when"), said("首个报警", "first alarm"), said("修复", "mended")], rows)


_UNFOUND = Text("尚未发现", "not found yet")


@contextmanager
def _shown(zone: tzinfo) -> Iterator[Callable[[DemoStatus], None]]:
    """Live status on the error stream, instants in the plant's zone: redrawn on a terminal; elsewhere a line when something else begins,
    and rarely between."""
    if sys.stderr.isatty():
        from rich.console import Console, Group
        from rich.live import Live
        from rich.text import Text as Styled

        with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:
            def draw(status: DemoStatus) -> None:
                lines: list[str] = []
                _draw_status(lambda line: lines.append(told(line) if isinstance(line, Text) else line), status, zone)
                live.update(Group(*(Styled(line, overflow="ellipsis", no_wrap=True) for line in lines)))

            yield draw
        return
    last: list[tuple[float, bool]] = []

    def write(status: DemoStatus) -> None:
        if not last or time.monotonic() - last[-1][0] >= _RARELY_S or status.learning != last[-1][1]:
            last[:] = [(time.monotonic(), status.learning)]
            lines: list[str] = []
            _draw_status(lambda line: lines.append(told(line) if isinstance(line, Text) else line), status, zone)
            sys.stderr.write(lines[0] + "\n")
            sys.stderr.flush()

    yield write


def _draw_status(line: Callable[[str | Text], None], status: DemoStatus, zone: tzinfo) -> None:
    from qiantang.domains.factory.hours import shown_instant

    doing = Text("学习", "learning") if status.learning else Text("运行", "at work")
    line(Text(f"[{status.share * 100:3.0f} %] {doing.zh} · {shown_instant(status.at, zone)} · 已记 {status.logged:,} 个读数 · {status.readings_s:,.0f}/秒",
              f"[{status.share * 100:3.0f} %] {doing.en} · {shown_instant(status.at, zone)} · {status.logged:,} readings · {status.readings_s:,.0f}/s"))
    for what in status.told[-3:]:
        line(what)
    for asset, state in status.tasks[:5]:
        line(Text(f"任务 {asset}：{state.zh}", f"task at {asset}: {state.en}"))


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=said("节点文件（YAML）", "the node's file (YAML)"))],
    directory: DirOption = None,
) -> Answer:
    """A node until Ctrl-C; everything that was acknowledged is in its log."""
    with plant_parts():
        from qiantang.district.plant.folder import plant_folder
        from qiantang.district.plant.running import run_node
        from qiantang.district.plant.wiring import read_node_file
        from qiantang.district.workspace import Workspace, found_workspace
        from qiantang.domains.factory.measures.counts import counted

        workspace = Workspace(directory) if directory is not None else found_workspace(None)
        read = read_node_file(file)
        folder = plant_folder(workspace.hidden, read.plant.id)
        counts: dict[str, int] = {}
        every_s = _EVERY_S if sys.stderr.isatty() else _RARELY_S
        last = [-every_s]

        def heard(status: Status, noticed: Sequence[Notice]) -> None:
            for notice in noticed:
                sys.stderr.write(told(notice.told) + "\n")
            counts.update(status.counts, logged=status.logged, judged=status.judged)
            if time.monotonic() - last[0] >= every_s:
                last[0] = time.monotonic()
                sys.stderr.write(said(f"已记 {status.logged:,} 个读数 · {status.readings_s:,.0f}/秒 · 待判 {status.behind:,}\n",
                                      f"{status.logged:,} readings · {status.readings_s:,.0f}/s · {status.behind:,} to be judged\n"))
                sys.stderr.flush()

        # The wires' thread must not wait long for the thread that judges.
        sys.setswitchinterval(0.0005)
        # Ctrl-C is heard where a shell started the node in the background, too, and so is a service manager's wish to stop.
        for wish in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wish, signal.default_int_handler)
        try:
            run_node(read, folder, heard)
        except KeyboardInterrupt:
            sys.stderr.write(said("已停止；已确认的读数都在日志里。\n", "Stopped; everything acknowledged is in the log.\n"))

    def draw(screen: Screen) -> None:
        screen.pairs([(counted(name), f"{count:,}") for name, count in sorted(counts.items())])

    return Answer({"plant": read.plant.id, "folder": str(folder.path), "counts": counts}, draw)


_PathArgument = Annotated[Path, typer.Argument(metavar="PATH", help=said("工作簿", "the workbook"))]
_ForceOption = Annotated[bool, typer.Option("--force", help=said("覆盖已有文件", "overwrite a file that is there"))]


def template(path: _PathArgument, force: _ForceOption = False) -> Answer:
    """The empty workbook."""
    with plant_parts():
        from qiantang.district.plant.workbook import write_plant

        _free(path, force)
        write_plant(path, None, preferred_lang())

    def draw(screen: Screen) -> None:
        screen.line(said(f"已写入 {path}；填好后写节点文件：plant: {path.name}",
                         f"{path} is written; once it is filled in, a node's file names it: plant: {path.name}"))

    return Answer({"path": str(path)}, draw)


def describe(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help=said(
        "服务器 opc.tcp://… 或消息总线 mqtt://…", "a server, opc.tcp://…, or a broker, mqtt://…"))],
    path: _PathArgument,
    plant: Annotated[str, typer.Option("--id", help=said("工厂编号", "the plant's id"))] = "works",
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=3600, help=said(
        "听多久上线证书", "how long to listen for births"))] = 10.0,
    force: _ForceOption = False,
) -> Answer:
    """A first model, to be completed in the workbook."""
    import asyncio

    with plant_parts():
        from qiantang.district.plant.describing import described_plant
        from qiantang.district.plant.hearing import found_at
        from qiantang.district.plant.workbook import write_plant

        _free(path, force)
        found = asyncio.run(found_at(address, seconds))
        made = described_plant(plant, Text(plant, plant), found)
        write_plant(path, made, preferred_lang())

    def draw(screen: Screen) -> None:
        screen.line(said(f"{len(made.signals):,} 个信号、{len(made.assets):,} 台设备，已写入 {path}",
                         f"{len(made.signals):,} signals of {len(made.assets):,} assets, written to {path}"))
        screen.note(said("它们不知道的请在工作簿中补上：规格限、周期、配方、人员、时区",
                         "What they do not know is to be added there: limits, cycles, recipes, people, time zone"))

    return Answer({"path": str(path), "signals": len(made.signals), "assets": len(made.assets)}, draw)


def _free(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise FactsError.of(f"{path} 已存在", f"{path} is there already", value=str(path),
                            remedy=Text("改名，或加 --force 覆盖。", "Choose another name, or add --force."))


def replay(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=said("工厂文件夹", "the plant's folder"))],
    limit: Annotated[int, typer.Option("--limit", min=0, help=said("最多显示多少个报警", "how many alarms at most"))] = _MOST_ALARMS,
) -> Answer:
    """The same log, the same alarms."""
    with plant_parts():
        from qiantang.district.plant.running import replayed

        found = replayed(folder)
        shown = [found.told(alarm) for alarm in found.alarms[:limit]]

    def draw(screen: Screen) -> None:
        screen.line(said(f"{len(found.alarms):,} 个报警，摘要 {found.digest}", f"{len(found.alarms):,} alarms, digest {found.digest}"))
        for one in shown:
            screen.line(one, indent=2)

    return Answer({"alarms": [asdict(alarm) for alarm in found.alarms[:limit]], "count": len(found.alarms), "digest": found.digest}, draw)


def versions(directory: DirOption = None, plant: PlantOption = None) -> Answer:
    """Each version of the plant and its charts: since when, from which place in the log on, what it changed."""
    with plant_parts():
        from qiantang.district.plant.models import difference
        from qiantang.district.plant.running import chosen_plant, versions_of, zone_of
        from qiantang.district.workspace import Workspace, found_workspace
        from qiantang.domains.factory.hours import shown_instant

        workspace = Workspace(directory) if directory is not None else found_workspace(None)
        folder = chosen_plant(workspace.hidden, plant)
        found, zone = versions_of(folder.path), zone_of(folder)
        changed = [None, *(difference(before.plant, now.plant) for before, now in pairwise(found))]
        rows = [{"number": one.number, "place": one.place, "at": shown_instant(one.at, zone), "signals": len(one.plant.signals),
                 "came": [s.address for s in what.came] if what else [], "went": [s.address for s in what.went] if what else [],
                 "changed": [s.address for s in what.changed] if what else [], "charts": dict(one.charts.written())}
                for one, what in zip(found, changed, strict=True)]

    def draw(screen: Screen) -> None:
        screen.table([said("版本", "version"), said("生效时间", "since"), said("日志中的位置", "place in the log"), said("信号", "signals"),
                      said("新增", "came"), said("去除", "went"), said("含义已变", "mean something else")],
                     [[str(one.number), shown_instant(one.at, zone), f"{one.place:,}", f"{len(one.plant.signals):,}",
                       *(str(len(part)) for part in ((what.came, what.went, what.changed) if what else ((), (), ())))]
                      for one, what in zip(found, changed, strict=True)], right=(2, 3, 4, 5, 6))
        screen.note(said("日志的每一段由当时的版本判断；重读日志时也是如此。",
                         "Each part of the log is judged by the version of its time, and so it is when the log is read again."))

    return Answer(rows, draw)


def simulate(
    days: Annotated[float, typer.Option("--days", min=0.05, max=28, help=said("模拟多少天", "how many days"))] = 7.0,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=20, help=said("多少个种子", "how many seeds"))] = 3,
) -> Answer:
    """The same faults under each policy: takt with intervals, and the difference."""
    with plant_parts():
        from qiantang.cli.progress import progress
        from qiantang.district.plant.simulating import policies_compared

        with progress() as tell:
            found = policies_compared(seeds, days, lambda share: tell(Text("模拟", "simulating"), share))

    def draw(screen: Screen) -> None:
        screen.table([said("策略", "policy"), said("节拍（秒）", "takt (s)"), said("95% 区间", "95 % interval"),
                      said("比派工慢（秒）", "slower than dispatch (s)")],
                     [[row.title, f"{row.takt:.3f}", f"{row.low:.3f} – {row.high:.3f}", "" if row.slower is None else
                       f"{row.slower:.3f} [{row.slower_low:.3f}, {row.slower_high:.3f}]"] for row in found], right=(1,))
        screen.note(said(f"{seeds} 个种子，每个 {days:g} 天；同一种子的故障相同。",
                         f"{seeds} seeds of {days:g} days each; a seed's faults are the same for every policy."))

    return Answer([asdict(row) for row in found], draw)


_EXPLAINED = (("rule", Text("规则", "rule")), ("value", Text("值", "value")), ("limit", Text("限值", "limit")), ("unit", Text("单位", "unit")),
              ("readings", Text("读数个数", "readings")), ("limits", Text("限值的版本", "version of the limits")),
              ("offset", Text("日志中的位置", "place in the log")), ("moved", Text("同时变化的信号", "signals that moved as well")))
"""What stands below an explained alarm; numbers of signals are those of the plant's own list."""


def explain(alarm: Annotated[str, typer.Argument(metavar="ALARM", help=said("报警编号", "the alarm"))], directory: DirOption = None,
            plant: PlantOption = None) -> Answer:
    """One alarm, and what later corrected it."""
    with plant_parts():
        from qiantang.district.plant.running import chosen_plant, findings_of, zone_of
        from qiantang.district.workspace import Workspace, found_workspace
        from qiantang.domains.factory.alarms.wording import as_read, rule_title, unit_said

        workspace = Workspace(directory) if directory is not None else found_workspace(None)
        folder = chosen_plant(workspace.hidden, plant)
        found, zone = findings_of(folder, alarm), zone_of(folder)

    def draw(screen: Screen) -> None:
        for one in found:
            words = {"rule": rule_title(str(one.values["rule"])), "unit": unit_said(str(one.values["unit"]))}
            sentence = str(one.values["told_zh" if preferred_lang() == "zh" else "told_en"])
            screen.line(as_read(sentence, int(str(one.values["since_us"])), zone))
            screen.pairs([(title, value if isinstance(value, Text) else str(value))
                          for name, title in _EXPLAINED for value in (words.get(name, one.values[name]),) if value != ""], indent=4)

    return Answer([{"id": f.id, "at": f.at.isoformat(), "outcome": f.outcome, "amends": f.amends, "values": dict(f.values)} for f in found], draw)


def publish(
    uscc: Annotated[str, typer.Option("--uscc", metavar="CODE", help=said("工厂所属企业的统一社会信用代码", "credit code of the plant's enterprise"))],
    column: Annotated[list[str], typer.Option("--column", metavar="NAME", show_default=False, help=said(
        "上报哪些列（可多次）；不写则全部", "which columns (several); all where none is named"))] = [],  # noqa: B006 # Typer reads a list
    directory: DirOption = None, plant: PlantOption = None,
) -> Answer:
    """The plant's row of the day up to which it told."""
    with plant_parts():
        from qiantang.district.plant.publishing import ALL, published, titled, write_published
        from qiantang.district.plant.running import chosen_plant
        from qiantang.district.workspace import Workspace, found_workspace

        workspace = Workspace(directory) if directory is not None else found_workspace(None)
        folder = chosen_plant(workspace.hidden, plant)
        row = published(folder, uscc, column or ALL)
        path, shown = write_published(folder, workspace.folder), titled(row)

    def draw(screen: Screen) -> None:
        screen.line(said(f"已写入 {path.name}；评价时一并读入。", f"Written to {path.name}; it is read with the next assessment."))
        screen.pairs(shown)

    return Answer({"file": str(path), "row": row}, draw)
