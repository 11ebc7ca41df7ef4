"""qiantang serve: a district's pages in the browser, with accounts, until interrupted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.page_parts import page_parts
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.words import Text

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def declare(app: typer.Typer) -> None:
    """Declare the command."""
    command(app, "serve", said("在浏览器中打开一个地区：驾驶舱、评价、案件。", "Open a district in the browser: cockpit, evaluations, cases."),
            ["qiantang serve demo-district", "qiantang serve my-district --port 8080"])(serve)


def serve(
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", show_default=False, help=said("地区文件夹", "the district's folder"))] = None,
    host: Annotated[str, typer.Option("--host", help=said("监听地址", "address to listen at"))] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help=said("端口", "port"))] = 8000,
    secure: Annotated[bool, typer.Option("--https", help=said("经 https 访问（由前置代理提供）", "reached by https, through a proxy before it"))] = False,
) -> Answer:
    """Serve until Ctrl-C."""
    with page_parts():
        from qiantang.web.running import application
        from qiantang.web.running import serve as run
    from qiantang.district.postman import carrying
    from qiantang.district.workspace import Workspace, found_workspace

    folder = found_workspace(directory).folder
    app, demonstration, accounts = application(folder, secure=secure)
    if host not in _LOOPBACK and not accounts.people.users():
        raise SubjectError.of("没有账号，不对外提供服务", "there are no accounts, so nothing is served beyond this machine", value=host,
                              remedy=Text("请先添加账号：qiantang accounts add", "Add one first: qiantang accounts add"))
    address = f"{'https' if secure else 'http'}://{host}:{port}/"

    def ready() -> None:
        lines = [said(f"已打开 {folder.name}：{address}", f"{folder.name} is open at {address}")]
        if demonstration:
            from qiantang.web.auth.demonstration import said_of

            spoken = said_of(demonstration)
            lines.append(told(spoken) if spoken is not None else "")
        elif not accounts.people.users():
            lines.append(said(f"还没有账号，添加：qiantang accounts add NAME --scope district --dir {folder}",
                              f"There are no accounts yet; add one: qiantang accounts add NAME --scope district --dir {folder}"))
        lines.append(said("按 Ctrl-C 停止。", "Ctrl-C stops it."))
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()

    with carrying(Workspace(folder)):
        run(app, host, port, secure, ready)

    def draw(screen: Screen) -> None:
        screen.line(said("已停止。", "Stopped."))

    return Answer({"folder": str(folder), "address": address}, draw)
