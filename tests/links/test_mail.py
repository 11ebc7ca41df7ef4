"""Mail is sent by a real server of this machine, and what came of it is said as far as it can be known."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import Text
from qiantang.links.mail import MailLink
from qiantang.links.sending import Came, Letter, nothing_secret, secret
from tests.web.reached import Mailbox, certificate, mail_server

LETTER = Letter("0123abcd", "li@bureau.example", "逾期督办：案件", "第一行\n.以点开头的一行\n\n末行")


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


def link(box: Mailbox, user: str = "", password: str = "") -> MailLink:
    return MailLink("127.0.0.1", box.port, "none", "brain@district.example", user, lambda: password)


def test_a_letter_arrives_whole_with_a_message_id_that_stays(box: Mailbox) -> None:
    for _ in range(2):
        assert link(box).send(LETTER).came is Came.TAKEN
    first, second = box.letters[-2:]
    assert first["subject"] == "逾期督办：案件"
    assert first["to"] == "li@bureau.example"
    assert first["message-id"] == second["message-id"] == "<0123abcd@district.example>"
    assert first["auto-submitted"] == "auto-generated"
    assert first.get_content().splitlines() == LETTER.body.splitlines()


@pytest.mark.parametrize(("answer", "came"), [("451 later", Came.LATER), ("550 never", Came.NEVER), ("554 spam", Came.NEVER)])
def test_what_the_server_says_of_the_text_decides(box: Mailbox, answer: str, came: Came) -> None:
    many = len(box.letters)
    box.answers.append(answer)
    attempt = link(box).send(LETTER)
    assert (attempt.came, len(box.letters)) == (came, many)
    assert answer[:3] in attempt.said


def test_an_address_that_is_refused_gets_no_text(box: Mailbox) -> None:
    box.refuses["gone@bureau.example"] = "550 no such mailbox"
    assert link(box).send(Letter("k", "gone@bureau.example", "t", "b")).came is Came.NEVER


def test_nobody_knows_when_the_line_breaks_after_the_text(box: Mailbox) -> None:
    many = len(box.letters)
    box.answers.append("hang up")
    assert link(box).send(LETTER).came is Came.UNKNOWN
    assert len(box.letters) == many + 1


def test_a_server_that_is_not_there_took_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert MailLink("127.0.0.1", port, "none", "a@b.example", "", nothing_secret).send(LETTER).came is Came.LATER


def test_the_password_opens_the_server_and_a_wrong_one_does_not(box: Mailbox) -> None:
    assert link(box, "brain", "right").send(LETTER).came is Came.TAKEN
    assert box.logins[-1] == "brain"
    attempt = link(box, "brain", "wrong").send(LETTER)
    assert attempt.came is Came.LATER  # the settings will be mended; the text has surely not left
    assert "535" in attempt.said
    assert "wrong" not in attempt.said


@pytest.mark.parametrize("address", ["a@b.example\r\nBcc: all@b.example", "a@b\n", "not an address"])
def test_no_header_is_smuggled_in_by_an_address(box: Mailbox, address: str) -> None:
    many = len(box.letters)
    assert link(box).send(Letter("k", address, "t", "b")).came is Came.NEVER
    assert len(box.letters) == many


def test_a_server_that_nobody_vouches_for_gets_no_word_and_one_that_is_trusted_does(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with mail_server(pem) as own:
        def secured(context: ssl.SSLContext | None) -> MailLink:
            return MailLink("127.0.0.1", own.port, "starttls", "brain@district.example", "", nothing_secret, context)

        assert secured(None).send(LETTER).came is Came.LATER
        assert MailLink("127.0.0.1", own.port, "none", "a@b.example", "", nothing_secret).send(LETTER).came is Came.NEVER  # 530: STARTTLS first
        assert own.letters == []
        assert secured(ssl.create_default_context(cafile=str(pem))).send(LETTER).came is Came.TAKEN
        assert len(own.letters) == 1


def test_a_secret_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_NO_SUCH", raising=False)
    with pytest.raises(FactsError) as lacking:
        secret("QT_NO_SUCH", None, Text("密码", "the password"))()
    assert "QT_NO_SUCH" in str(lacking.value.faults[0].told.en)
