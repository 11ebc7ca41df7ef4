"""Where messages go: which routes fit, what the letter says in which language, and when it may be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from qiantang.district.reach_settings import Language, Quiet, Reach, Route
from qiantang.kernel.actions.calendar import is_working_day
from qiantang.kernel.actions.cases import EVENT_TITLES
from qiantang.kernel.actions.messages import Delivery, Message, MessageState
from qiantang.kernel.actions.processes import Process
from qiantang.kernel.words import LANGS, Lang, Text, same

MOST_TOGETHER = 30
"""Messages in one letter at most: what comes together goes together, so that a group is not flooded."""
_SATURDAY = 5
_LONGEST_QUIET = 40
_DEMONSTRATION = Text("（示范数据）", " (demonstration data)")


@dataclass(frozen=True, slots=True)
class Teller:
    """What letters are made of: the kinds of case, the district's name, and whether its subjects are made up."""

    processes: Mapping[str, Process]
    district: Text
    synthetic: bool
    address: str

    def said(self, message: Message) -> Text:
        """One message as a sentence."""
        process = self.processes.get(message.process)
        matter = process.title if process is not None else same(message.process)
        role = process.role_title(message.role) if process is not None else same(message.role)
        event = self._event(message, process)
        due = Text(f"，期限 {message.due}", f", due {message.due}") if message.due is not None else same("")
        whom = role + same(f" · {message.person}" if message.person else "")
        return Text(f"{message.subject} {matter.zh}：{event.zh}；责任方 {whom.zh}", f"{message.subject} {matter.en}: {event.en}; owner {whom.en}") + due

    def _event(self, message: Message, process: Process | None) -> Text:
        """What happened: the message's own title, else what the process calls it."""
        told = message.detail.get("title")
        if isinstance(told, dict):
            return Text(str(told.get("zh", "")), str(told.get("en", "")))
        named = {e.name: e.title for e in process.events} if process is not None else {}
        return dict(EVENT_TITLES).get(message.event) or named.get(message.event) or same(message.event)

    def _where(self, message: Message) -> str:
        """The address of the page it is about: the message's own path, else the case's page."""
        path = message.detail.get("path") or (f"/case/{message.subject}" if message.cause.startswith("case-event:") else "")
        return f" {self.address}{path}" if self.address and isinstance(path, str) and path else ""

    def title(self, messages: Sequence[Message]) -> Text:
        """What stands above a letter of these messages."""
        head = Text(f"【{self.district.zh}】", f"[{self.district.en}] ") + (_DEMONSTRATION if self.synthetic else same(""))
        if len(messages) == 1:
            return head + self.said(messages[0])
        late = sum(1 for m in messages if m.event == "escalated")
        urged = Text(f"，其中逾期督办 {late} 件", f", {late} of them overdue") if late else same("")
        return head + Text(f"{len(messages)} 件事项待办", f"{len(messages)} matters wait for you") + urged

    def body(self, messages: Sequence[Message]) -> Text:
        """The letter: a line for each message, and where its page is."""
        lines_zh, lines_en = [], []
        for m in messages:
            said, where = self.said(m), self._where(m)
            lines_zh.append(f"· {said.zh}{where}")
            lines_en.append(f"· {said.en}{where}")
        return Text("\n".join(lines_zh), "\n".join(lines_en))


def spoken(text: Text, language: Language) -> str:
    """A text in one language, or in both, Chinese first."""
    if language == "both":
        return "\n".join(dict.fromkeys(text.said(lang) for lang in LANGS))
    wanted: Lang = "en" if language == "en" else "zh"
    return text.said(wanted)


def routed(messages: Sequence[Message], reach: Reach, teller: Teller, now: datetime) -> tuple[tuple[Delivery, ...], dict[int, MessageState]]:
    """The deliveries that new messages make, and what became of each message. Messages to one address go together."""
    states: dict[int, MessageState] = {}
    together: dict[tuple[str, str, Language, bool], list[Message]] = {}
    for message in messages:
        if now - message.at > timedelta(days=reach.keeps_days):
            states[message.number] = MessageState.OLD
            continue
        fit = routes_for(message, reach.routes)
        states[message.number] = MessageState.ROUTED if fit else MessageState.NOBODY
        for key in dict.fromkeys((r.link, r.to, r.language, r.urgent and message.urgent) for r in fit):
            together.setdefault(key, []).append(message)
    deliveries = []
    for (link, to, language, urgent), found in together.items():
        start = now if urgent else next_allowed(now, reach)
        for n in range(0, len(found), MOST_TOGETHER):
            part = found[n:n + MOST_TOGETHER]
            title, body = " ".join(spoken(teller.title(part), language).split("\n")), spoken(teller.body(part), language)
            deliveries.append(Delivery(delivery_key(link, to, part), link, to, title, body, tuple(m.number for m in part), now, start))
    return tuple(deliveries), states


def routes_for(message: Message, routes: Iterable[Route]) -> list[Route]:
    """The routes that fit: those of the person where the case has one that is routed, else those of the owner's role."""
    told = "task" if message.event == "task" else message.event if message.event in EVENT_TITLES else "step"
    fit = [r for r in routes if (not r.processes or message.process in r.processes) and (not r.events or told in r.events)]
    own = [r for r in fit if r.person and r.person == message.person]
    return own or [r for r in fit if r.role and r.role == message.role and r.scope in ("", message.scope)]


def delivery_key(link: str, to: str, messages: Sequence[Message]) -> str:
    """The name of a letter to one address; it depends on nothing but what is sent to whom."""
    return hashlib.sha256("|".join((link, to, *(m.cause for m in messages))).encode()).hexdigest()[:40]


def next_allowed(at: datetime, reach: Reach) -> datetime:
    """The first moment from ``at`` on that is not quiet."""
    quiet = reach.quiet
    if quiet is None:
        return at
    local = at.astimezone(reach.zone)
    for _ in range(_LONGEST_QUIET):
        if quiet.working_days and not working(local.date()):
            local = _start_of(local + timedelta(days=1))
        elif (ends := _quiet_until(local, quiet)) is not None:
            local = ends
        else:
            break
    return max(at, local.astimezone(UTC))


def working(day: date) -> bool:
    """Whether a day is a working day; beyond the published calendar, whether it lies from Monday to Friday."""
    known = is_working_day(day)
    return day.weekday() < _SATURDAY if known is None else known


def _quiet_until(local: datetime, quiet: Quiet) -> datetime | None:
    """When the quiet that reigns at a moment ends that day or the next; None where it does not reign."""
    now = local.time()
    over_midnight = quiet.begins > quiet.ends
    reigns = now >= quiet.begins or now < quiet.ends if over_midnight else quiet.begins <= now < quiet.ends
    if not reigns:
        return None
    day = local.date() + timedelta(days=1) if over_midnight and now >= quiet.begins else local.date()
    return datetime.combine(day, quiet.ends, local.tzinfo)


def _start_of(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
