"""Local accounts: Argon2id passwords, sessions kept on the server, bounded attempts, every step in the audit log."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from qiantang.district.identity import NOBODY, Identity, Scope, ScopeKind
from qiantang.kernel.actions.audit import Act
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.actions.users import SignIn, User
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.pages.declaring import CAPABILITIES, Capability
from qiantang.kernel.words import Text
from qiantang.stores.people import PeopleStore

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
LEAST_PASSWORD = 10
MOST_ATTEMPTS = 8
_WITHIN = timedelta(minutes=15)
_SEEN_EVERY = timedelta(minutes=1)
_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash(secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class Refused(Exception):  # noqa: N818  # it is an answer, not an accident
    """Why somebody may not sign in."""

    why: Text


class Accounts:
    """Accounts over a store, with the audit log beside them."""

    def __init__(self, people: PeopleStore, log: StateStore) -> None:
        self.people = people
        self._log = log
        self._trying = threading.Lock()

    def add(self, user: User, password: str, by: str) -> None:
        """A new account; SubjectError where the name is taken or the password too short."""
        if self.people.user(user.name) is not None:
            raise SubjectError.of(f"账号 {user.name} 已存在", f"there is an account {user.name} already", value=user.name)
        self.people.put_user(replace(user, password_hash=hashed(password)))
        self._logged(by, "account.added", user.name, {"capabilities": list(user.capabilities), "scope": user.scope_kind, "codes": list(user.scope_codes)})

    def change_password(self, name: str, password: str, by: str) -> None:
        """Another password; all sessions and tokens of the account end."""
        user = self.found(name)
        self.people.put_user(replace(user, password_hash=hashed(password)))
        self.people.end(name)
        self._logged(by, "account.password", name, {})

    def disable(self, name: str, by: str) -> None:
        """Nobody signs in by this account any more; its sessions and tokens end."""
        self.people.put_user(replace(self.found(name), disabled=True))
        self.people.end(name)
        self._logged(by, "account.disabled", name, {})

    def found(self, name: str) -> User:
        """The account of that name; SubjectError otherwise."""
        user = self.people.user(name)
        if user is None:
            raise SubjectError.of(f"没有账号 {name}", f"there is no account {name}", value=name)
        return user

    def sign_in(self, name: str, password: str, address: str) -> str:
        """The secret of a new session. Refused says the same to whoever has a wrong name and whoever has a wrong password,
        after the same work. One is tried at a time, so that many at once are counted like many in turn."""
        with self._trying:
            return self._tried(name, password, address)

    def _tried(self, name: str, password: str, address: str) -> str:
        now = datetime.now(UTC)
        about = (f"name:{name}", f"address:{address}")
        if self.people.attempts(about, now - _WITHIN) >= MOST_ATTEMPTS:
            raise Refused(Text("尝试次数过多，请一刻钟后再试。", "Too many attempts; try again in a quarter of an hour."))
        user = self.people.user(name)
        if not _verified(user.password_hash if user is not None and user.password_hash else _NOBODYS, password) or user is None or user.disabled:
            self.people.attempt(about, now, now - _WITHIN)
            self._logged(name or "—", "sign-in.refused", name or "—", {"address": address})
            raise Refused(Text("账号或密码不正确。", "The name or the password is not right."))
        return self.begin(user, address)

    def begin(self, user: User, address: str) -> str:
        """A session of an account whose owner has shown who they are."""
        now = datetime.now(UTC)
        secret = secrets.token_urlsafe(32)
        self.people.begin(SignIn(secret_hash(secret), "session", user.name, address, (), now, now, now + LONGEST))
        self._logged(user.name, "sign-in", user.name, {"address": address})
        return secret

    def token(self, user: User, title: str, capabilities: tuple[Capability, ...], days: int) -> str:
        """The secret of a new token for programs; it is shown once and kept nowhere."""
        now = datetime.now(UTC)
        secret = "qt_" + secrets.token_urlsafe(32)
        allowed = tuple(c for c in capabilities if c in user.capabilities)
        self.people.begin(SignIn(secret_hash(secret), "token", user.name, title, allowed, now, now, now + timedelta(days=days)))
        self._logged(user.name, "token.made", user.name, {"title": title, "capabilities": list(allowed), "days": days})
        return secret

    def end(self, user: str, secret_hash: str | None, by: str) -> None:
        """End one or all of an account's sessions and tokens."""
        if self.people.end(user, secret_hash):
            self._logged(by, "sign-out", user, {"all": secret_hash is None})

    def identity(self, secret: str, kind: str) -> Identity:
        """Whose secret this is; NOBODY for one that is unknown, of another kind, ended, idle for long or too old."""
        found = self.people.sign_in(secret_hash(secret))
        now = datetime.now(UTC)
        if found is None or found.kind != kind or found.ended or now >= found.ends_at or (kind == "session" and now - found.seen_at > IDLE):
            return NOBODY
        user = self.people.user(found.user)
        if user is None or user.disabled:
            return NOBODY
        if now - found.seen_at > _SEEN_EVERY:
            self.people.seen(found.secret_hash, now)
        who = identity_of(user, found.secret_hash)
        return who if kind == "session" else replace(who, capabilities=who.capabilities & frozenset(cast("tuple[Capability, ...]", found.capabilities)))

    def _logged(self, by: str, action: str, name: str, detail: dict[str, object]) -> None:
        with self._log.writing() as writer:
            writer.log([Act(datetime.now(UTC), by, action, f"account:{name}", detail)])


def identity_of(user: User, session: str = "") -> Identity:
    """The account as pages see it."""
    held = frozenset(c for c in CAPABILITIES if c in user.capabilities)
    scope = Scope(cast("ScopeKind", user.scope_kind), user.scope_codes)
    return Identity(user.name, user.title, held, scope, frozenset(user.roles), user.may_see_personal, user.outside, session)


def hashed(password: str) -> str:
    """The password's Argon2id text; SubjectError for one that is too short."""
    if len(password) < LEAST_PASSWORD:
        raise SubjectError.of(f"密码至少 {LEAST_PASSWORD} 个字符", f"a password has at least {LEAST_PASSWORD} characters",
                              remedy=Text("请换一个更长的。", "Choose a longer one."))
    return _HASHER.hash(password)


def secret_hash(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _verified(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
