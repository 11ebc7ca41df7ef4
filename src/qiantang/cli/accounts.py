"""qiantang accounts: who may sign in to a district's pages, what they may do, and what they may see."""

from __future__ import annotations

import getpass
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer
from qiantang.cli.declaring import command, group
from qiantang.cli.language import said
from qiantang.cli.options import DirOption
from qiantang.cli.page_parts import page_parts
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.web.auth.accounts import Accounts

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=said("账号", "the account"))]
_SCOPES = ("district", "platforms", "subdistricts", "enterprise", "plant", "nothing")


def declare(app: typer.Typer) -> None:
    """Declare the group."""
    accounts = group("accounts", said("网页账号。", "Accounts of the pages."), "qiantang accounts list")
    command(accounts, "list", said("列出账号。", "List the accounts."), ["qiantang accounts list --dir my-district"])(list_accounts)
    command(accounts, "add", said("添加账号；密码由标准输入或提示读入，不给则生成。", "Add an account; its password is read from standard input or made up."),
            ["qiantang accounts add li --title 李 --may see --may decide --scope platforms --code medport --role platform --dir my-district"])(add)
    command(accounts, "password", said("更换密码，并结束其全部会话。", "Give an account another password; all its sessions end."),
            ["qiantang accounts password li --dir my-district"])(password)
    command(accounts, "revoke", said("结束一个账号的全部会话与令牌；可同时停用。", "End all sessions and tokens of an account; --disable closes it, too."),
            ["qiantang accounts revoke li --disable --dir my-district"])(revoke)
    app.add_typer(accounts)


@contextmanager
def _accounts(directory: DirOption) -> Iterator[Accounts]:
    with page_parts():
        from qiantang.district.workspace import found_workspace
        from qiantang.web.running import accounts_of

    brain, accounts = accounts_of(found_workspace(directory).folder)
    try:
        yield accounts
    finally:
        accounts.people.close()
        brain.close()


def list_accounts(directory: DirOption = None) -> Answer:
    """Everybody who may sign in."""
    with _accounts(directory) as accounts:
        users = accounts.people.users()

    def draw(screen: Screen) -> None:
        screen.table([said("账号", "account"), said("名称", "name"), said("权限", "may"), said("范围", "scope"), said("角色", "roles"), said("停用", "closed")],
                     [[u.name, u.title, ", ".join(u.capabilities), " ".join((u.scope_kind, *u.scope_codes)), ", ".join(dict.fromkeys(u.roles)),
                       said("是", "yes") if u.disabled else ""] for u in users])

    return Answer([{"name": u.name, "title": u.title, "capabilities": list(u.capabilities), "scope": u.scope_kind, "codes": list(u.scope_codes),
                    "roles": list(u.roles), "outside": u.outside, "disabled": u.disabled} for u in users], draw)


def add(
    name: NameArgument,
    title: Annotated[str, typer.Option("--title", help=said("显示名称", "the name shown"))] = "",
    may: Annotated[list[str], typer.Option("--may", metavar="WHAT", help=said(
        "see、decide、dispatch、sign、configure", "see, decide, dispatch, sign, configure"))] = ["see"],  # noqa: B006 # Typer reads a list
    scope: Annotated[str, typer.Option("--scope", help=said("范围：" + "、".join(_SCOPES), "scope: " + ", ".join(_SCOPES)))] = "nothing",
    code: Annotated[list[str], typer.Option("--code", metavar="CODE", show_default=False, help=said(
        "范围的代码（可多次）", "code of the scope (several)"))] = [],  # noqa: B006 # Typer reads a list
    role: Annotated[list[str], typer.Option("--role", metavar="ROLE", show_default=False, help=said(
        "案件角色（可多次）", "role in cases (several)"))] = [],  # noqa: B006 # Typer reads a list
    personal: Annotated[bool, typer.Option("--personal", help=said("可看个人信息", "may see personal facts"))] = False,
    outside: Annotated[bool, typer.Option("--outside", help=said("非本区工作人员", "does not work for the district"))] = False,
    directory: DirOption = None,
) -> Answer:
    """A new account."""
    from qiantang.kernel.actions.users import User
    from qiantang.kernel.pages.declaring import CAPABILITIES

    wrong = [w for w in may if w not in CAPABILITIES] + ([scope] if scope not in _SCOPES else [])
    if wrong:
        raise SubjectError.of(f"不认识：{'、'.join(wrong)}", f"not known: {', '.join(wrong)}", value=wrong,
                              remedy=Text("权限：" + "、".join(CAPABILITIES) + "；范围：" + "、".join(_SCOPES),
                                          "may: " + ", ".join(CAPABILITIES) + "; scope: " + ", ".join(_SCOPES)))
    secret, made = _password(name)
    with _accounts(directory) as accounts:
        accounts.add(User(name, title or name, "", tuple(may), scope, tuple(code), tuple(role), personal, outside), secret, getpass.getuser())
    return _told(name, secret if made else None, said("已添加账号", "Account added"))


def password(name: NameArgument, directory: DirOption = None) -> Answer:
    """Another password."""
    secret, made = _password(name)
    with _accounts(directory) as accounts:
        accounts.change_password(name, secret, getpass.getuser())
    return _told(name, secret if made else None, said("已更换密码", "Password changed"))


def revoke(
    name: NameArgument, disable: Annotated[bool, typer.Option("--disable", help=said("同时停用账号", "close the account, too"))] = False,
    directory: DirOption = None,
) -> Answer:
    """End what an account has open."""
    with _accounts(directory) as accounts:
        accounts.found(name)
        accounts.end(name, None, getpass.getuser())
        if disable:
            accounts.disable(name, getpass.getuser())
    return _told(name, None, said("已结束全部会话与令牌", "All sessions and tokens have ended"))


def _password(name: str) -> tuple[str, bool]:
    """The password as it is typed or piped in; made up where nothing is."""
    asked = said(f"{name} 的密码（留空则生成）：", f"password of {name} (empty: one is made up): ")
    typed = (getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()).rstrip("\n")
    return (typed, False) if typed else (secrets.token_urlsafe(12), True)


def _told(name: str, secret: str | None, what: str) -> Answer:
    def draw(screen: Screen) -> None:
        screen.line(f"{what}: {name}")
        if secret is not None:
            screen.line(said(f"密码（只显示这一次）：{secret}", f"password (shown this once): {secret}"))

    return Answer({"name": name, **({"password": secret} if secret is not None else {})}, draw)
