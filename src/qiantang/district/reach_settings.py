"""How people are reached, as a district declares it: links, who is told by which of them, and when it is quiet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qiantang.district.documents import Part
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.links.mail import Security
    from qiantang.links.sending import Link
    from qiantang.links.webhooks import Kind

Language = Literal["zh", "en", "both"]
_KINDS = ["mail", "dingtalk", "wecom", "webhook"]
_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_EVENTS = ["opened", "assigned", "escalated", "finding_changed", "step", "task"]


@dataclass(frozen=True, slots=True)
class Quiet:
    """When nobody is disturbed: from an hour to an hour (over midnight where it begins later than it ends), and on days
    that are no working days by the official calendar; a day beyond that calendar counts from Monday to Friday."""

    begins: time
    ends: time
    working_days: bool


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told where: the owner's role (of one scope, or any), or one person, of these processes and events (none
    named: all). ``urgent`` messages come in quiet hours, too. ``to`` is the address that the link writes to."""

    link: str
    to: str
    role: str
    scope: str
    person: str
    processes: tuple[str, ...]
    events: tuple[str, ...]
    language: Language
    urgent: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """All of it. ``address`` is where the pages are found, put into messages; ``keeps_days`` after how many days an
    unsent message is too old to be news."""

    zone: ZoneInfo
    address: str
    quiet: Quiet | None
    links: tuple[tuple[str, Link], ...]
    routes: tuple[Route, ...]
    keeps_days: int

    def link(self, name: str) -> Link | None:
        """The link of that name."""
        return dict(self.links).get(name)


def reach_of(part: Part, folder: Path) -> Reach | None:
    """The section ``reach`` of a district's settings; its faults are noted with the others."""
    if not part.is_there:
        return None
    found = part.fields("zone", "language", "address", "quiet", "links", "routes", "keeps_days")
    language = cast("Language", found["language"].one_of(["zh", "en", "both"], "zh"))
    links = tuple((name, _link(of, folder)) for name, of in found["links"].fields().items())
    routes = tuple(_route(of, [name for name, _ in links], language) for of in found["routes"].entries())
    return Reach(_zone(found["zone"]), found["address"].word("").rstrip("/"), _quiet(found["quiet"]), links, routes,
                 found["keeps_days"].whole() if found["keeps_days"].is_there else 3)


def _zone(part: Part) -> ZoneInfo:
    written = part.word("Asia/Shanghai")
    try:
        return ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError):
        part.fault(f"不认识时区“{written}”", f"'{written}' is no time zone", written, Text("例如 Asia/Shanghai", "for example Asia/Shanghai"))
        return ZoneInfo("UTC")


def _quiet(part: Part) -> Quiet | None:
    if not part.is_there:
        return None
    found = part.fields("from", "until", "working_days")
    return Quiet(_hour(found["from"]), _hour(found["until"]), found["working_days"].flag(True))


def _hour(part: Part) -> time:
    written = part.word()
    try:
        return time.fromisoformat(written)
    except ValueError:
        if written:
            part.fault(f"“{written}”不是时刻", f"'{written}' is no hour", written, Text("请加引号，例如 \"18:30\"", "in quotes, as in \"18:30\""))
        return time(0)


def _link(part: Part, folder: Path) -> Link:
    found = part.fields("kind", "host", "port", "security", "from", "user", "password_env", "password_file", "address", "address_env",
                        "address_file", "secret_env", "secret_file", "deduplicates")
    # The drivers load only where links are declared.
    from qiantang.links.mail import MailLink
    from qiantang.links.sending import nothing_secret
    from qiantang.links.webhooks import WebhookLink

    kind = found["kind"].one_of(_KINDS)
    if kind == "mail":
        security = cast("Security", found["security"].one_of(list(_PORTS), "tls"))
        user = found["user"].word("")
        password = _secret(found, "password", Text("邮箱密码", "the password of the mail account"), folder) if user else nothing_secret
        return MailLink(found["host"].word(), found["port"].whole() if found["port"].is_there else _PORTS[security], security,
                        found["from"].word(), user, password)
    signs = found["secret_env"].is_there or found["secret_file"].is_there
    sign = _secret(found, "secret", Text("签名密钥", "the secret that signs"), folder) if signs else nothing_secret
    if found["address"].is_there:
        written = found["address"].word()
        if kind != "webhook":
            found["address"].fault("此地址本身即密钥，不能写在设置中", "this address is itself a secret and has no place in the settings", None,
                                   Text("请用 address_env 或 address_file。", "Use address_env or address_file."))
        return WebhookLink(cast("Kind", kind), lambda: written, sign, found["deduplicates"].flag())
    where = _secret(found, "address", Text("地址", "the address"), folder)
    return WebhookLink(cast("Kind", kind), where, sign, found["deduplicates"].flag())


def _secret(found: dict[str, Part], name: str, title: Text, folder: Path) -> Callable[[], str]:
    """Where a secret is read from: an environment variable, or a file that lies outside the district's folder."""
    env, file = found[f"{name}_env"].word(""), found[f"{name}_file"].word("")
    path = Path(file) if file else None
    if not env and path is None:
        found["kind"].fault(f"须写 {name}_env 或 {name}_file", f"{name}_env or {name}_file is needed")
    if path is not None and (not path.is_absolute() or path.resolve().is_relative_to(folder.resolve())):
        found[f"{name}_file"].fault("密钥文件须用绝对路径，且不在地区文件夹内", "a secret's file needs an absolute path outside the folder", file)
    from qiantang.links.sending import secret

    return secret(env, path, title)


def _route(part: Part, links: list[str], language: Language) -> Route:
    found = part.fields("link", "to", "role", "scope", "person", "processes", "events", "language", "urgent")
    role, person = found["role"].word(""), found["person"].word("")
    if bool(role) == bool(person):
        part.fault("每条路由须写 role 或 person 之一", "a route names either a role or a person")
    return Route(found["link"].one_of(links or [""]), found["to"].word(""), role, found["scope"].word(""), person,
                 tuple(p.word() for p in found["processes"].entries()), tuple(p.one_of(_EVENTS) for p in found["events"].entries()),
                 cast("Language", found["language"].one_of(["zh", "en", "both"], language)), found["urgent"].flag())
