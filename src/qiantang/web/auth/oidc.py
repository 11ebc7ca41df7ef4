"""Signing in where people already have an account: OpenID Connect, authorisation code with PKCE, claims told into scope."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from qiantang.district.documents import Paper, Part
from qiantang.kernel.actions.users import User
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.pages.declaring import CAPABILITIES
from qiantang.kernel.words import Text
from qiantang.web.auth.accounts import Refused

if TYPE_CHECKING:
    import httpx2

SETTINGS = "web.yaml"
_SCOPES = ["district", "platforms", "subdistricts", "enterprise", "plant", "nothing"]
_ALGORITHMS = ["RS256", "ES256", "PS256"]
_WAITS = 600
_MOST_WAITING = 10_000
_LEEWAY = 60
_FAILED = Text("登录未成功，请重试。", "Signing in did not succeed; try again.")


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever has ``value`` in ``claim`` may do this and see that; ``codes_from`` names a claim that holds the codes."""

    claim: str
    value: str
    capabilities: tuple[str, ...]
    scope: str
    codes: tuple[str, ...]
    codes_from: str
    roles: tuple[str, ...]
    outside: bool


@dataclass(frozen=True, slots=True)
class Provider:
    """Where people sign in, and how their claims become accounts; the first rule that fits counts, none: no access."""

    issuer: str
    client_id: str
    secret_env: str
    name_claim: str
    title_claim: str
    rules: tuple[Rule, ...]

    def user(self, claims: Mapping[str, Any]) -> User | None:
        """The account that the claims give; None where no rule fits."""
        name = str(claims.get(self.name_claim) or "")
        for rule in self.rules:
            held = claims.get(rule.claim)
            if name and (held == rule.value or (isinstance(held, list) and rule.value in held)):
                found = claims.get(rule.codes_from) if rule.codes_from else None
                own = tuple(str(c) for c in (found if isinstance(found, list) else [found]) if c)
                return User(f"oidc:{name}", str(claims.get(self.title_claim) or name), "", rule.capabilities, rule.scope, rule.codes + own, rule.roles,
                            False, rule.outside)
        return None


def provider_of(folder: Path) -> Provider | None:
    """The provider that ``web.yaml`` of a district's folder names; FactsError tells all faults of it with their lines."""
    path = folder / SETTINGS
    if not path.is_file():
        return None
    paper = Paper(path)
    part = paper.root.fields("oidc")["oidc"]
    found = part.fields("issuer", "client_id", "secret_env", "name_claim", "title_claim", "rules")
    rules = tuple(_rule(p) for p in found["rules"].entries())
    made = Provider(found["issuer"].word().rstrip("/"), found["client_id"].word(), found["secret_env"].word(),
                    found["name_claim"].word("sub"), found["title_claim"].word("name"), rules)
    paper.done()
    if not os.environ.get(made.secret_env):
        raise FactsError.of(f"环境变量 {made.secret_env} 未设置", f"the environment variable {made.secret_env} is not set", place=Place(str(path)),
                            remedy=Text("密钥只从环境变量读取。", "The secret is read from the environment only."))
    return made


def _rule(part: Part) -> Rule:
    found = part.fields("claim", "is", "may", "scope", "codes", "codes_from", "roles", "outside")

    def words(name: str, known: list[str] | None = None) -> tuple[str, ...]:
        if not found[name].is_there:
            return ()
        return tuple(p.one_of(known) if known else p.word() for p in found[name].entries())

    return Rule(found["claim"].word(), found["is"].word(), words("may", list(CAPABILITIES)), found["scope"].one_of(_SCOPES, "nothing"), words("codes"),
                found["codes_from"].word(""), words("roles"), found["outside"].flag())


@dataclass(frozen=True, slots=True)
class _Waiting:
    nonce: str
    verifier: str
    back: str
    next: str
    until: float


class SignInElsewhere:
    """The two halves of signing in: sending somebody there, and taking them back once and only once."""

    def __init__(self, provider: Provider, client: Callable[[], httpx2.Client] | None = None) -> None:
        self.provider = provider
        self._client = client or _usual_client
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._lock = threading.Lock()
        self._told: dict[str, Any] | None = None

    def begin(self, back: str, after: str) -> tuple[str, str]:
        """The address to send somebody to, and the state that must come back with them. ``back`` is our own address there."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._lock:
            self._waiting[state] = _Waiting(nonce, verifier, back, after, time.monotonic() + _WAITS)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {"response_type": "code", "client_id": self.provider.client_id, "redirect_uri": back, "scope": "openid profile", "state": state,
                 "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256"}
        return f"{self._discovered()['authorization_endpoint']}?{urlencode(asked)}", state

    def finish(self, state: str, kept_state: str, code: str) -> tuple[User, str]:
        """The account of whoever comes back, and where they wanted to go. Refused for a state that is unknown, used, late
        or another browser's, and for a token that is not ours, not new, not theirs or not rightly signed."""
        with self._lock:
            waiting = self._waiting.pop(state, None)
        if waiting is None or time.monotonic() > waiting.until or not secrets.compare_digest(state, kept_state or "") or not code:
            raise Refused(_FAILED)
        claims = self._claims(code, waiting)
        user = self.provider.user(claims)
        if user is None:
            raise Refused(Text("您的账号没有使用本系统的权限。", "Your account may not use this system."))
        return user, waiting.next

    def _claims(self, code: str, waiting: _Waiting) -> Mapping[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        told = self._discovered()
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": waiting.back, "code_verifier": waiting.verifier,
                "client_id": self.provider.client_id}
        with self._client() as client:
            answer = client.post(told["token_endpoint"], data=body, auth=(self.provider.client_id, os.environ.get(self.provider.secret_env, "")))
            keys = client.get(told["jwks_uri"])
        if answer.status_code != 200 or keys.status_code != 200:  # the one answer that counts
            raise Refused(_FAILED)
        try:
            token = jwt.decode(str(answer.json().get("id_token", "")), KeySet.import_key_set(keys.json()), algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(leeway=_LEEWAY, iss={"essential": True, "value": self.provider.issuer}, exp={"essential": True}, iat={"essential": True},
                                  aud={"essential": True, "value": self.provider.client_id}, nonce={"essential": True, "value": waiting.nonce},
                                  ).validate(token.claims)
        except (JoseError, ValueError, KeyError, json.JSONDecodeError) as wrong:
            raise Refused(_FAILED) from wrong
        return dict(token.claims)

    def _discovered(self) -> dict[str, Any]:
        if self._told is None:
            with self._client() as client:
                answer = client.get(f"{self.provider.issuer}/.well-known/openid-configuration")
            told = answer.json() if answer.status_code == 200 else {}  # the one answer that counts
            if told.get("issuer") != self.provider.issuer:
                raise Refused(Text("登录服务暂不可用。", "The sign-in service cannot be reached."))
            self._told = dict(told)
        return self._told


def _usual_client() -> httpx2.Client:
    import httpx2

    return httpx2.Client(timeout=10)
