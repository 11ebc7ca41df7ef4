"""Signing in elsewhere: only a code used once, by the browser that began, with a token rightly signed, new and for us."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from qiantang.kernel.errors import FactsError
from qiantang.web.auth.accounts import Refused
from qiantang.web.auth.oidc import Provider, Rule, SignInElsewhere, provider_of

ISSUER, CLIENT, SECRET = "https://login.example", "qiantang", "s3cret"
RULES = (Rule("groups", "bureau", ("see", "decide"), "district", (), "", ("bureau",), False),
         Rule("kind", "enterprise", ("see",), "enterprise", (), "uscc", (), True))
PROVIDER = Provider(ISSUER, CLIENT, "QT_TEST_SECRET", "sub", "name", RULES)


class TheirServer:
    """A provider in this process: it signs with its own key, hands each code out once and checks the verifier."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.other = RSAKey.generate_key(2048, {"kid": "1"})
        self.codes: dict[str, Mapping[str, str]] = {}
        self.claims: dict[str, Any] = {"sub": "li", "name": "李", "groups": ["bureau"]}
        self.change: dict[str, Any] = {}
        self.sign_with = self.key
        self.algorithm = "RS256"
        self.careless = False

    def allow(self, address: str) -> tuple[str, str]:
        """What the person's browser does there: sign in, and come back with state and code."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return asked["state"], code

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = urlsplit(str(request.url)).path
        if path.endswith("openid-configuration"):
            return httpx2.Response(200, json={"issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token",
                                              "jwks_uri": f"{ISSUER}/keys"})
        if path == "/keys":
            return httpx2.Response(200, json={"keys": [self.key.as_dict(private=False)]})
        body = {k: v[0] for k, v in parse_qs(request.content.decode()).items()}
        asked = self.codes.get(body.get("code", "")) if self.careless else self.codes.pop(body.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(body.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or asked["code_challenge"] != challenge or request.headers["authorization"] != f"Basic {basic}":
            return httpx2.Response(400, json={"error": "invalid_grant"})
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.claims, **self.change}
        claims = {name: value for name, value in claims.items() if value is not None}
        return httpx2.Response(200, json={"id_token": jwt.encode({"alg": self.algorithm, "kid": "1"}, claims, self.sign_with)})


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> TheirServer:
    monkeypatch.setenv("QT_TEST_SECRET", SECRET)
    return TheirServer()


@pytest.fixture
def ours(theirs: TheirServer) -> SignInElsewhere:
    return SignInElsewhere(PROVIDER, lambda: httpx2.Client(transport=httpx2.MockTransport(theirs.answer)))


def come_back(ours: SignInElsewhere, theirs: TheirServer) -> tuple[str, str, str]:
    address, state = ours.begin("https://here.example/login/back", "/cases")
    came, code = theirs.allow(address)
    return came, state, code


def test_who_signs_in_there_has_the_account_that_the_claims_give(ours: SignInElsewhere, theirs: TheirServer) -> None:
    user, after = ours.finish(*come_back(ours, theirs))
    assert (user.name, user.title, user.capabilities, user.scope_kind) == ("oidc:li", "李", ("see", "decide"), "district")
    assert (user.roles, after) == (("bureau",), "/cases")
    theirs.claims = {"sub": "qiye", "kind": "enterprise", "uscc": "9133X"}
    user, _ = ours.finish(*come_back(ours, theirs))
    assert (user.scope_kind, user.scope_codes, user.outside) == ("enterprise", ("9133X",), True)


def test_claims_that_no_rule_fits_give_no_access(ours: SignInElsewhere, theirs: TheirServer) -> None:
    theirs.claims = {"sub": "guest", "groups": ["visitors"]}
    with pytest.raises(Refused) as refused:
        ours.finish(*come_back(ours, theirs))
    assert "may not use" in refused.value.why.en


@pytest.mark.parametrize("change", [{"nonce": "another"}, {"exp": 1}, {"aud": "somebody-else"}, {"iss": "https://elsewhere.example"},
                                    {"iat": None}, {"exp": None}, {"nonce": None}],
                         ids=["wrong nonce", "expired", "wrong audience", "wrong issuer", "no beginning", "no end", "no nonce"])
def test_a_token_that_is_not_ours_or_not_new_is_refused(ours: SignInElsewhere, theirs: TheirServer, change: dict[str, Any]) -> None:
    theirs.change = change
    with pytest.raises(Refused):
        ours.finish(*come_back(ours, theirs))


def test_a_token_signed_by_somebody_else_is_refused(ours: SignInElsewhere, theirs: TheirServer) -> None:
    theirs.sign_with = theirs.other
    with pytest.raises(Refused):
        ours.finish(*come_back(ours, theirs))


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_signed_by_nobody_or_by_the_public_key_is_refused(ours: SignInElsewhere, theirs: TheirServer, monkeypatch: pytest.MonkeyPatch,
                                                                  algorithm: str) -> None:
    def forged(head: Mapping[str, Any], claims: Mapping[str, Any], key: object) -> str:
        del head, key
        told = f"{b64(json.dumps({'alg': algorithm, 'kid': '1'}).encode())}.{b64(json.dumps(claims).encode())}"
        signature = b"" if algorithm == "none" else hmac.new(theirs.key.as_pem(private=False), told.encode(), hashlib.sha256).digest()
        return f"{told}.{b64(signature)}"

    monkeypatch.setattr(jwt, "encode", forged)
    with pytest.raises(Refused):
        ours.finish(*come_back(ours, theirs))


def test_a_token_for_us_and_others_is_for_us_and_one_just_over_its_time_is_not(ours: SignInElsewhere, theirs: TheirServer) -> None:
    theirs.change = {"aud": [CLIENT, "another"]}
    assert ours.finish(*come_back(ours, theirs))[0].name == "oidc:li"
    theirs.change = {"exp": int(time.time()) - 61}
    with pytest.raises(Refused):
        ours.finish(*come_back(ours, theirs))


def test_a_verifier_of_another_sign_in_opens_nothing(ours: SignInElsewhere, theirs: TheirServer) -> None:
    _, _, stolen = come_back(ours, theirs)
    came, kept, _ = come_back(ours, theirs)
    with pytest.raises(Refused):
        ours.finish(came, kept, stolen)


def test_a_code_is_good_once(ours: SignInElsewhere, theirs: TheirServer) -> None:
    came, state, code = come_back(ours, theirs)
    ours.finish(came, state, code)
    with pytest.raises(Refused):
        ours.finish(came, state, code)
    again, kept, _ = come_back(ours, theirs)
    with pytest.raises(Refused):
        ours.finish(again, kept, code)


def test_coming_back_counts_once_even_where_the_provider_takes_a_code_twice(ours: SignInElsewhere, theirs: TheirServer) -> None:
    theirs.careless = True
    came, state, code = come_back(ours, theirs)
    ours.finish(came, state, code)
    with pytest.raises(Refused):
        ours.finish(came, state, code)


def test_another_browsers_state_is_refused(ours: SignInElsewhere, theirs: TheirServer) -> None:
    came, _, code = come_back(ours, theirs)
    with pytest.raises(Refused):
        ours.finish(came, "", code)
    with pytest.raises(Refused):
        ours.finish("never begun", "never begun", "x")


def settings(folder: Path, body: str) -> Path:
    (folder / "web.yaml").write_text("# Where people sign in.\n" + body, encoding="utf-8")
    return folder


def test_the_settings_name_the_provider_and_every_fault_of_them_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_TEST_SECRET", SECRET)
    body = ("oidc:\n  issuer: https://login.example/\n  client_id: qiantang\n  secret_env: QT_TEST_SECRET\n  rules:\n"
            "    - {claim: groups, is: bureau, may: [see], scope: district}\n")
    found = provider_of(settings(tmp_path, body))
    assert found is not None
    assert (found.issuer, found.rules[0].capabilities, found.name_claim) == (ISSUER, ("see",), "sub")
    with pytest.raises(FactsError) as wrong:
        provider_of(settings(tmp_path, body.replace("may: [see]", "may: [everything]").replace("scope: district", "scope: moon")))
    assert len(wrong.value.faults) == 2
    assert all(f.place.row for f in wrong.value.faults)
    monkeypatch.delenv("QT_TEST_SECRET")
    with pytest.raises(FactsError):
        provider_of(settings(tmp_path, body))
    assert provider_of(tmp_path / "nowhere") is None
