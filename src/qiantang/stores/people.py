"""Accounts, sessions, tokens and attempts to sign in, in the same store as everything else."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update

from qiantang.kernel.actions.plain import written_instant
from qiantang.kernel.actions.users import SignIn, User
from qiantang.stores.relational import opened_engine, transaction
from qiantang.stores.schema import SIGN_IN_ATTEMPTS, SIGN_INS, USERS


class PeopleStore:
    """A store of accounts in one SQLite file or one PostgreSQL database."""

    def __init__(self, where: Path | str) -> None:
        self._engine = opened_engine(where)

    def user(self, name: str) -> User | None:
        """The account of this name."""
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(select(USERS).where(USERS.c.name == name)).mappings().first()
        return None if row is None else _user(row)

    def users(self) -> list[User]:
        """All accounts by name."""
        with transaction(self._engine, writes=False) as connection:
            return [_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name)).mappings()]

    def put_user(self, user: User) -> None:
        """Put an account in, or let it stand as it does now."""
        values = _written(user)
        with transaction(self._engine, writes=True) as connection:
            changed = connection.execute(update(USERS).where(USERS.c.name == user.name).values(**values))
            if not changed.rowcount:
                connection.execute(insert(USERS).values(**values))

    def sign_in(self, secret_hash: str) -> SignIn | None:
        """The session or token of this secret."""
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(select(SIGN_INS).where(SIGN_INS.c.secret_hash == secret_hash)).mappings().first()
        return None if row is None else _sign_in(row)

    def sign_ins(self, user: str) -> list[SignIn]:
        """An account's sessions and tokens that were not ended, newest first."""
        asked = select(SIGN_INS).where(SIGN_INS.c.user_name == user, SIGN_INS.c.ended.is_(False)).order_by(SIGN_INS.c.begun_at.desc())
        with transaction(self._engine, writes=False) as connection:
            return [_sign_in(row) for row in connection.execute(asked).mappings()]

    def begin(self, sign_in: SignIn) -> None:
        """Put a session or token in."""
        values = {"secret_hash": sign_in.secret_hash, "kind": sign_in.kind, "user_name": sign_in.user, "title": sign_in.title,
                  "capabilities": json.dumps(sign_in.capabilities), "begun_at": written_instant(sign_in.begun_at),
                  "seen_at": written_instant(sign_in.seen_at), "ends_at": written_instant(sign_in.ends_at), "ended": sign_in.ended}
        with transaction(self._engine, writes=True) as connection:
            connection.execute(insert(SIGN_INS).values(**values))

    def seen(self, secret_hash: str, at: datetime) -> None:
        """A session was used."""
        with transaction(self._engine, writes=True) as connection:
            connection.execute(update(SIGN_INS).where(SIGN_INS.c.secret_hash == secret_hash).values(seen_at=written_instant(at)))

    def end(self, user: str, secret_hash: str | None = None) -> int:
        """End one of an account's sessions or tokens, or all of them; how many ended."""
        which = [SIGN_INS.c.user_name == user, SIGN_INS.c.ended.is_(False)]
        if secret_hash is not None:
            which.append(SIGN_INS.c.secret_hash == secret_hash)
        with transaction(self._engine, writes=True) as connection:
            return connection.execute(update(SIGN_INS).where(*which).values(ended=True)).rowcount

    def attempt(self, about: tuple[str, ...], at: datetime, since: datetime) -> int:
        """Note a failed attempt about names and addresses, forget those before ``since``; the most about any of them."""
        with transaction(self._engine, writes=True) as connection:
            connection.execute(delete(SIGN_IN_ATTEMPTS).where(SIGN_IN_ATTEMPTS.c.at < written_instant(since)))
            connection.execute(insert(SIGN_IN_ATTEMPTS), [{"about": a, "at": written_instant(at)} for a in about])
        return self.attempts(about, since)

    def attempts(self, about: tuple[str, ...], since: datetime) -> int:
        """How many attempts failed about that one of these of which most did."""
        asked = (select(func.count()).where(SIGN_IN_ATTEMPTS.c.about.in_(about), SIGN_IN_ATTEMPTS.c.at >= written_instant(since))
                 .group_by(SIGN_IN_ATTEMPTS.c.about))
        with transaction(self._engine, writes=False) as connection:
            return max([int(n) for n in connection.execute(asked).scalars()], default=0)

    def close(self) -> None:
        """Let go of the store's connections."""
        self._engine.dispose()


def _written(user: User) -> dict[str, Any]:
    return {"name": user.name, "title": user.title, "password_hash": user.password_hash, "capabilities": json.dumps(user.capabilities),
            "scope_kind": user.scope_kind, "scope_codes": json.dumps(user.scope_codes), "roles": json.dumps(user.roles),
            "may_see_personal": user.may_see_personal, "outside": user.outside, "disabled": user.disabled}


def _user(row: RowMapping) -> User:
    return User(row["name"], row["title"], row["password_hash"], tuple(json.loads(row["capabilities"])), row["scope_kind"],
                tuple(json.loads(row["scope_codes"])), tuple(json.loads(row["roles"])), row["may_see_personal"], row["outside"], row["disabled"])


def _sign_in(row: RowMapping) -> SignIn:
    return SignIn(row["secret_hash"], row["kind"], row["user_name"], row["title"], tuple(json.loads(row["capabilities"])),
                  datetime.fromisoformat(row["begun_at"]), datetime.fromisoformat(row["seen_at"]), datetime.fromisoformat(row["ends_at"]), row["ended"])
