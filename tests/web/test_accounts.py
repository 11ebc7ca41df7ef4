"""Signing in: a wrong password and a wrong name look alike, sessions end when they should, tokens do no more than they may."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from qiantang.district.identity import NOBODY
from qiantang.district.workspace import DEMONSTRATION
from qiantang.kernel.actions.users import SignIn, User
from qiantang.kernel.errors import SubjectError
from qiantang.web.auth.accounts import IDLE, MOST_ATTEMPTS, Accounts, Refused, secret_hash
from qiantang.web.auth.demonstration import demonstration_accounts
from qiantang.web.running import accounts_of, application
from tests.web.conftest import FOREIGN, LOW, ORIGIN

PASSWORD = "a long enough one"  # a test's own


@pytest.fixture
def served(tiny_district: Path, tmp_path: Path) -> Iterator[tuple[TestClient, Accounts]]:
    folder = tmp_path / "district"
    shutil.copytree(tiny_district, folder)
    app, _, accounts = application(folder)
    accounts.add(User("li", "李", "", ("see", "decide"), "district", (), ("*",)), PASSWORD, "tester")
    accounts.add(User("own", "企业", "", ("see",), "enterprise", (LOW,), (), False, True), PASSWORD, "tester")
    with TestClient(app, follow_redirects=False) as client:
        yield client, accounts
    accounts.people.close()


def sign_in(client: TestClient, name: str = "li", password: str = PASSWORD, to: str = "/cases") -> int:
    return client.post("/login", data={"name": name, "password": password, "next": to}, headers=ORIGIN).status_code


def test_who_signs_in_goes_where_they_wanted_and_who_signs_out_is_nobody(served: tuple[TestClient, Accounts]) -> None:
    client, _ = served
    answer = client.post("/login", data={"name": "li", "password": PASSWORD, "next": "/cases"}, headers=ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/cases").status_code == 200
    client.post("/logout", headers=ORIGIN)
    assert client.get("/cases").status_code == 303


def test_a_wrong_name_and_a_wrong_password_are_refused_alike(served: tuple[TestClient, Accounts]) -> None:
    client, _ = served
    answers = [client.post("/login", data={"name": name, "password": word}, headers=ORIGIN) for name, word in (("li", "nope"), ("nobody", "nope"))]
    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].text == answers[1].text


def test_after_many_attempts_even_the_right_password_waits(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    for _ in range(MOST_ATTEMPTS):
        assert sign_in(client, password="nope") == 401  # a wrong one
    with pytest.raises(Refused):
        accounts.sign_in("li", PASSWORD, "elsewhere")


def test_a_forged_session_is_nobodys(served: tuple[TestClient, Accounts]) -> None:
    client, _ = served
    client.cookies.set("qt-session", "x" * 43)
    assert client.get("/cases").status_code == 303


@pytest.mark.parametrize(("begun", "seen", "ends"), [(timedelta(hours=3), IDLE + timedelta(minutes=1), timedelta(hours=9)),
                                               (timedelta(hours=13), timedelta(minutes=1), -timedelta(hours=1))], ids=["idle", "too old"])
def test_a_session_that_was_idle_or_is_old_has_ended(served: tuple[TestClient, Accounts], begun: timedelta, seen: timedelta, ends: timedelta) -> None:
    _, accounts = served
    now = datetime.now(UTC)
    accounts.people.begin(SignIn(secret_hash("s"), "session", "li", "", (), now - begun, now - seen, now + ends))
    assert accounts.identity("s", "session") == NOBODY


def test_another_password_ends_every_session(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    sign_in(client)
    accounts.change_password("li", "another long one", "tester")
    assert client.get("/cases").status_code == 303


def test_a_closed_account_signs_in_no_more(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    sign_in(client)
    accounts.disable("li", "tester")
    assert client.get("/cases").status_code == 303
    assert sign_in(client) == 401


def test_a_token_reads_the_json_twins_and_no_page(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    token = accounts.token(accounts.found("li"), "a program", ("see",), 1)
    bearer = {"authorization": f"Bearer {token}"}
    assert client.get("/api/v1/cases", headers=bearer).status_code == 200
    assert client.get("/cases", headers=bearer).status_code == 303
    assert client.post("/api/v1/case/lowland-2022-000001/assign", json={"person": "x"}, headers=bearer).status_code == 404


ASSIGN = "/api/v1/case/lowland-2022-000001/assign"


def test_a_token_does_what_it_was_made_for_and_no_more_than_its_account_may(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    reads = {"authorization": "Bearer " + accounts.token(accounts.found("li"), "reads", ("see",), 1)}
    decides = {"authorization": "Bearer " + accounts.token(accounts.found("li"), "decides", ("see", "decide"), 1)}
    wants_all = {"authorization": "Bearer " + accounts.token(accounts.found("own"), "wants", ("see", "decide", "sign", "configure"), 1)}
    assert client.post(ASSIGN, json={"person": "Wu"}, headers=reads).status_code == 404
    assert client.post(ASSIGN, json={"person": "Wu"}, headers=decides).status_code == 200
    assert client.post(ASSIGN, json={"person": "Wu"}, headers=wants_all).status_code == 404
    assert client.get(f"/api/v1/enterprise/{FOREIGN}", headers=wants_all).status_code == 404
    assert client.get("/api/v1/audit", headers=decides).status_code == 404
    with accounts._log.reading() as reader:
        assert [e.actor for e in reader.entries("case:lowland-2022-000001") if e.action == "case.assigned"] == ["li"]


def test_a_token_makes_no_token_and_opens_no_account_page(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    token = {"authorization": "Bearer " + accounts.token(accounts.found("li"), "p", ("see", "decide"), 1)}
    for path in ("/account", "/account/token", "/account/password", "/account/end"):
        answer = client.request("GET" if path == "/account" else "POST", path, headers=token, data={"title": "x"} if path != "/account" else None)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login")
    assert len(accounts.people.sign_ins("li")) == 1


def test_a_token_ends_on_its_day_with_its_account_and_when_it_is_ended(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    now = datetime.now(UTC)
    accounts.people.begin(SignIn(secret_hash("qt_old"), "token", "li", "old", ("see",), now - timedelta(days=2), now, now - timedelta(days=1)))
    fresh = accounts.token(accounts.found("li"), "fresh", ("see",), 1)

    def status(secret: str) -> int:
        return client.get("/api/v1/cases", headers={"authorization": f"Bearer {secret}"}).status_code

    assert (status("qt_old"), status(fresh), status(fresh[:-1]), status("")) == (401, 200, 401, 401)
    accounts.end("li", None, "tester")
    assert status(fresh) == 401


def test_no_secret_is_kept_anywhere(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    sign_in(client)
    session = client.cookies["qt-session"]
    token = accounts.token(accounts.found("li"), "p", ("see",), 1)
    kept = b"".join(p.read_bytes() for p in Path(str(accounts.people._engine.url.database)).parent.glob("state.sqlite*"))
    for secret in (session, token, PASSWORD):
        assert secret.encode() not in kept


def test_many_attempts_at_once_are_counted_like_many_in_turn(served: tuple[TestClient, Accounts]) -> None:
    _, accounts = served
    refused: list[str] = []

    def attempt(n: int) -> None:
        try:
            accounts.sign_in("li", f"wrong {n}", f"10.0.0.{n}")
        except Refused as why:
            refused.append(why.why.en)

    workers = [threading.Thread(target=attempt, args=(n,)) for n in range(MOST_ATTEMPTS + 4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(1 for why in refused if "not right" in why) == MOST_ATTEMPTS
    assert sum(1 for why in refused if "Too many" in why) == 4


def test_an_enterprises_account_sees_its_own_enterprise_alone(served: tuple[TestClient, Accounts]) -> None:
    client, _ = served
    sign_in(client, "own")
    assert client.get(f"/enterprise/{LOW}").status_code == 200
    assert client.get(f"/enterprise/{FOREIGN}").status_code == 404


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(served: tuple[TestClient, Accounts], to: str) -> None:
    client, _ = served
    assert client.post("/login", data={"name": "li", "password": PASSWORD, "next": to}, headers=ORIGIN).headers["location"] == "/"


def test_a_short_password_is_refused(served: tuple[TestClient, Accounts]) -> None:
    _, accounts = served
    with pytest.raises(SubjectError):
        accounts.add(User("wu", "吴", "", ("see",), "district"), "short", "tester")
    assert accounts.people.user("wu") is None


def test_signing_in_and_refusals_stand_in_the_audit_log(served: tuple[TestClient, Accounts]) -> None:
    client, accounts = served
    sign_in(client, password="nope")  # a wrong one
    sign_in(client)
    with accounts._log.reading() as reader:
        acts = [e.action for e in reader.entries("account:li")]
    assert acts == ["account.added", "sign-in.refused", "sign-in"]


def test_the_language_chosen_before_signing_in_stays(served: tuple[TestClient, Accounts]) -> None:
    client, _ = served
    client.get("/login?lang=en")
    sign_in(client)
    assert '<html lang="en"' in client.get("/cases").text


def test_an_account_of_the_demonstration_holds_each_role_once(tiny_district: Path, tmp_path: Path) -> None:
    folder = tmp_path / "district"
    shutil.copytree(tiny_district, folder)
    (folder / DEMONSTRATION).mkdir()
    brain, accounts = accounts_of(folder)
    try:
        users = demonstration_accounts(brain, accounts)
    finally:
        accounts.people.close()
        brain.close()
    officer = next(user for user in users if user.name == "officer")
    assert officer.roles == ("platform",)
