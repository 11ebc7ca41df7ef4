"""qiantang notify: what now waits for people is sent to them, once or for as long as the command runs."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer, Code
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.district.postman import Postman, Round


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "notify", said("把待办消息发给责任人：邮件、群机器人、网络钩子；先催办逾期案件。",
                                "Send owners what waits for them, by mail, group robots and webhooks; overdue cases are escalated first."),
            ["qiantang notify my-district --once", "qiantang notify my-district --watch"])(notify)


def notify(
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", show_default=False, help=said("地区文件夹", "the district's folder"))] = None,
    once: Annotated[bool, typer.Option("--once", help=said("发送一轮后结束（默认）", "one round, then end (the default)"))] = False,
    watch: Annotated[bool, typer.Option("--watch", help=said("持续发送，直到 Ctrl-C", "go on until Ctrl-C"))] = False,
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", min=0.2, help=said("每轮间隔秒数", "seconds between rounds"))] = 15.0,
) -> Answer:
    """Carry the outbox; exit code 1 where a person must look at something."""
    from qiantang.district.postman import Postman as Carrier
    from qiantang.district.workspace import found_workspace
    from qiantang.stores.outbox import OutboxStore

    if once and watch:
        raise FactsError.of("--once 与 --watch 只能选一个", "choose either --once or --watch")
    workspace = found_workspace(directory)
    if workspace.district.reach is None:
        raise FactsError.of("没有声明发送渠道", "no link is declared", place=Place(str(workspace.folder / "district.yaml")),
                            remedy=Text("请在 district.yaml 中写 reach 一节。", "Write a section reach in district.yaml."))
    store, outbox = workspace.state(), OutboxStore(workspace.hidden / "state.sqlite")
    try:
        postman = Carrier(workspace, outbox, store)
        if watch:
            _until_stopped(postman, every)
            done = None
        else:
            done = postman.round()
        counts = outbox.counts()
    finally:
        outbox.close()
        store.close()

    def draw(screen: Screen) -> None:
        for line in _lines(done) if done is not None else ():
            screen.line(line)
        rows = [[_title(state), f"{many:,}"] for state, many in sorted(counts.items())]
        screen.table([said("状态", "state"), said("件数", "many")], rows, right=[1], indent=2)

    attention = bool(done is not None and done.unready) or any(counts.get(state) for state in ("uncertain", "failed"))
    return Answer({"round": None if done is None else {"routed": done.routed, "escalated": done.escalated, "letters": done.states,
                                                       "not_ready": {n: [f.told for f in faults] for n, faults in done.unready.items()}},
                   "standing": counts}, draw, Code.ATTENTION if attention else Code.DONE)


def _until_stopped(postman: Postman, every: float) -> None:
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        postman.watch(stop, every, _say)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(done: Round) -> None:
    if done.routed or done.states or done.unready or done.escalated:
        sys.stderr.write("\n".join(_lines(done)) + "\n")
        sys.stderr.flush()


def _lines(done: Round) -> list[str]:
    states = said("，", ", ").join(f"{_title(state)} {many}" for state, many in sorted(done.states.items())) or "0"
    lines = [said(f"催办升级 {done.escalated} 件；分发 {done.routed} 条消息；信件：{states}",
                  f"{done.escalated} cases escalated; {done.routed} messages routed; letters: {states}")]
    return lines + [f"{name}: {told(f.told)}" for name, faults in done.unready.items() for f in faults]


def _title(state: str) -> str:
    from qiantang.kernel.actions.messages import DeliveryState

    if state.startswith("message:"):
        return told(_MESSAGES[state.partition(":")[2]])
    return told(DeliveryState(state).label)


_MESSAGES = {"new": Text("消息：待分发", "messages: to be routed"), "routed": Text("消息：已分发", "messages: routed"),
             "nobody": Text("消息：无收件地址", "messages: no address"), "old": Text("消息：过时未发", "messages: too old, not sent")}
