"""The accounts of a demonstration: one of each kind of person, made where the district is made up and nowhere else."""

from __future__ import annotations

from qiantang.district.brain import Brain
from qiantang.district.identity import KEYBOARD
from qiantang.district.reading import LOCAL
from qiantang.kernel.actions.users import User
from qiantang.kernel.pages.declaring import CAPABILITIES
from qiantang.kernel.words import Text
from qiantang.web.auth.accounts import Accounts

PASSWORD = "qiantang-demo"  # shown to everybody who opens the demonstration
_TITLES = {"director": Text("区领导", "district leader"), "officer": Text("平台专员", "platform officer"),
           "enterprise": Text("示例企业", "example enterprise")}
_OFFICER_ROLES = ("platform", "officer")


def demonstration_accounts(brain: Brain, accounts: Accounts) -> tuple[User, ...]:
    """The demonstration's accounts, made where they are missing; none where the subjects are real."""
    if not brain.workspace.synthetic:
        return ()
    users = _users(brain)
    for user in users:
        if accounts.people.user(user.name) is None:
            accounts.add(user, PASSWORD, KEYBOARD.name)
    return users


def said_of(users: tuple[User, ...]) -> Text | None:
    """What the page of signing in says of them."""
    if not users:
        return None
    zh = "；".join(f"{u.name}（{_TITLES[u.name].zh}）" for u in users)
    en = "; ".join(f"{u.name} ({_TITLES[u.name].en})" for u in users)
    return Text(f"示范账号：{zh}。密码均为 {PASSWORD}。", f"Demonstration accounts: {en}. The password of all is {PASSWORD}.")


def _users(brain: Brain) -> tuple[User, ...]:
    platform = brain.district.platforms[0][0] if brain.district.platforms else ""
    roles = tuple(dict.fromkeys(r.name for p in brain.workspace.house.processes for r in p.roles))
    officer = tuple(r for r in roles if r in _OFFICER_ROLES) or roles[:1]
    found = [User("director", _title("director"), "", CAPABILITIES, "district", (), ("*",), True),
             User("officer", _title("officer"), "", ("see", "decide"), "platforms", (platform,), officer)]
    own = _first_subject(brain)
    if own:
        found.append(User("enterprise", _title("enterprise"), "", ("see",), "enterprise", (own,), (), False, True))
    return tuple(found)


def _title(name: str) -> str:
    """An account has one title, so that of a demonstration is in both languages."""
    return f"{_TITLES[name].zh} · {_TITLES[name].en}"


def _first_subject(brain: Brain) -> str:
    """Somebody that the district's first case is about."""
    from qiantang.kernel.actions.ports import CaseQuery

    with brain.store.reading() as reader:
        found = reader.cases(CaseQuery(limit=1, process="lowland")) or reader.cases(CaseQuery(limit=1))
    if found:
        return found[0].subject
    assessed = brain.workspace.assessed
    if not assessed:
        return ""
    with brain.reads(LOCAL) as reads:
        inquiry = brain.inquiry(reads, assessed[0])
        rows = reads.engine.rows(f"SELECT min({inquiry.dossier.subject}) AS s FROM {reads.engine.parquet([inquiry.run.path])} AS r")
    return str(rows[0]["s"] or "")
