"""Webhooks are signed as their public rules say, follow nobody elsewhere, and say honestly what came of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from qiantang.links.sending import Came, Letter, nothing_secret
from qiantang.links.webhooks import MOST_BYTES, Kind, WebhookLink, cut, dingtalk_sign
from tests.web.reached import Sink, http_sink

LETTER = Letter("key-1", "duty", "【钱塘】2 件事项待办", "· 甲\n· 乙")


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as found:
        yield found


def link(sink: Sink, kind: Kind, secret: str = "", once: bool = False, path: str = "/robot/send?access_token=t") -> WebhookLink:
    return WebhookLink(kind, lambda: sink.address + path, lambda: secret, once)


def test_dingtalk_is_signed_over_the_instant_and_the_secret(sink: Sink) -> None:
    assert link(sink, "dingtalk", "SECabc").send(LETTER).came is Came.TAKEN
    path, _, _ = sink.requests[0]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    assert asked["access_token"] == "t"  # the robot's own, kept in the address
    assert abs(int(asked["timestamp"]) / 1000 - time.time()) < 60
    expected = hmac.new(b"SECabc", f"{asked['timestamp']}\nSECabc".encode(), hashlib.sha256).digest()
    assert base64.b64decode(asked["sign"]) == expected
    body = sink.bodies()[0]
    assert body["msgtype"] == "markdown"
    assert "甲" in body["markdown"]["text"]


def test_the_signature_is_the_one_of_the_published_recipe() -> None:
    stamp, secret = "1700000000000", "this is secret"
    recipe = base64.b64encode(hmac.new(secret.encode("utf-8"), f"{stamp}\n{secret}".encode(), digestmod=hashlib.sha256).digest())
    assert dingtalk_sign(stamp, secret) == recipe.decode("utf-8")


def test_wecom_has_its_key_in_the_address_and_a_text_that_fits(sink: Sink) -> None:
    long = Letter("k", "", "题", "字" * 5000)
    assert link(sink, "wecom", path="/cgi-bin/webhook/send?key=k").send(long).came is Came.TAKEN
    assert sink.requests[0][0] == "/cgi-bin/webhook/send?key=k"
    content = sink.bodies()[0]["markdown"]["content"]
    assert len(content.encode()) <= MOST_BYTES["wecom"]
    assert content.endswith("…")


@pytest.mark.parametrize(("kind", "code", "came"), [("dingtalk", 130101, Came.LATER), ("dingtalk", 310000, Came.NEVER), ("wecom", 45009, Came.LATER),
                                                    ("wecom", 93000, Came.NEVER), ("wecom", 0, Came.TAKEN)])
def test_the_robots_own_answer_counts_not_the_status(sink: Sink, kind: Kind, code: int, came: Came) -> None:
    sink.answers.append((200, {"errcode": code, "errmsg": "…"}))
    assert link(sink, kind).send(LETTER).came is came


def test_a_plain_webhook_carries_its_key_and_a_signature_of_instant_and_body(sink: Sink) -> None:
    for _ in range(2):
        assert link(sink, "webhook", "s3cret").send(LETTER).came is Came.TAKEN
    for _, headers, body in sink.requests:
        assert headers["idempotency-key"] == "key-1"
        fields = dict(part.split("=", 1) for part in headers["x-qiantang-signature"].split(","))
        assert fields["v1"] == hmac.new(b"s3cret", fields["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert sink.bodies()[0] == {"key": "key-1", "to": "duty", "title": LETTER.title, "text": LETTER.body}


@pytest.mark.parametrize(("answer", "came"), [((429, {}), Came.LATER), ((503, {}), Came.LATER), ((404, {}), Came.NEVER), ((302, {}), Came.NEVER),
                                              ((500, {}), Came.UNKNOWN), ("hang up", Came.UNKNOWN), ((204, {}), Came.TAKEN)])
def test_what_can_be_known_is_said_and_no_more(sink: Sink, answer: tuple[int, object] | str, came: Came) -> None:
    sink.answers.append(answer)
    assert link(sink, "webhook").send(LETTER).came is came
    assert len(sink.requests) == 1  # a redirection is not followed


def test_a_far_side_that_is_not_there_took_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert WebhookLink("webhook", lambda: address, nothing_secret).send(LETTER).came is Came.LATER


@pytest.mark.parametrize("address", ["file:///etc/passwd", "gopher://x/", "http://", "http://[x", "http://h:port/", "http://h/\r\nx: y", "http://h/a b"])
def test_an_address_that_is_none_is_never_tried(address: str) -> None:
    assert WebhookLink("webhook", lambda: address, nothing_secret).send(LETTER).came in (Came.NEVER, Came.LATER)


def test_a_text_is_cut_between_signs() -> None:
    assert cut("字字", 100) == "字字"
    assert cut("字" * 10, 10) == "字字…"
