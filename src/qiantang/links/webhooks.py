"""Webhooks: the group robots of DingTalk (signed) and WeCom (the key is in the address), and plain ones signed by HMAC.

DingTalk's rule: the signature is base64 of HMAC-SHA256 over ``timestamp + LF + secret`` under the secret, the timestamp
in milliseconds, both as parameters of the address. WeCom's robots sign nothing; whoever has the address may write.
Neither throws doubles away. A plain webhook may: it gets ``Idempotency-Key``, the same at every attempt, and the
header ``X-Qiantang-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote_plus, urlsplit

from qiantang.links.sending import TIMEOUT_S, Attempt, Came, Letter

Kind = Literal["dingtalk", "wecom", "webhook"]
MOST_BYTES: dict[Kind, int] = {"dingtalk": 20_000, "wecom": 4096, "webhook": 1_000_000}
"""Bytes of text that the far side takes at most."""
_TOO_OFTEN = {"dingtalk": frozenset({-1, 130101, 130102, 410100}), "wecom": frozenset({-1, 45009, 45033})}
_SURELY_LATER = frozenset({408, 425, 429, 503})
_MOST_READ = 65_536
_OK, _CLIENT_ERROR, _SERVER_ERROR = 200, 400, 500


@dataclass(frozen=True, slots=True)
class WebhookLink:
    """One address that takes messages by POST. ``where`` gives the address (it may itself be a secret), ``secret`` what
    signs. ``takes_once`` says that the far side keeps the keys it has seen."""

    kind: Kind
    where: Callable[[], str]
    secret: Callable[[], str]
    takes_once: bool = False
    context: ssl.SSLContext | None = None

    @property
    def deduplicates(self) -> bool:
        """Whether the far side throws doubles away: only a plain webhook that is declared to."""
        return self.kind == "webhook" and self.takes_once

    def refuse_unready(self) -> None:
        """FactsError where address or secret is not there."""
        self.where()
        self.secret()

    def send(self, letter: Letter) -> Attempt:
        """Try once, following no redirection. Nothing counts as handed over before the connection stands."""
        body, headers = self._body(letter)
        try:
            parts = urlsplit(self._signed(self.where()))
            port = parts.port
        except ValueError as wrong:
            return Attempt(Came.NEVER, str(wrong))
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.geturl().isascii() or not parts.geturl().isprintable():
            return Attempt(Came.NEVER, "not an address of http or https")
        connection = self._opened(parts.scheme, parts.hostname, port)
        try:
            try:
                connection.connect()
            except OSError as unreached:
                return Attempt(Came.LATER, f"{type(unreached).__name__}: {unreached}")
            try:
                connection.request("POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, headers)
                answer = connection.getresponse()
                content = answer.read(_MOST_READ)
            except (OSError, http.client.HTTPException) as lost:
                return Attempt(Came.UNKNOWN, f"{type(lost).__name__}: {lost}")
        finally:
            connection.close()
        return self._judged(answer.status, content)

    def _opened(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=self.context or ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)

    def _signed(self, address: str) -> str:
        secret = self.secret()
        if self.kind != "dingtalk" or not secret:
            return address
        stamp = str(round(time.time() * 1000))
        return f"{address}{'&' if '?' in address else '?'}timestamp={stamp}&sign={quote_plus(dingtalk_sign(stamp, secret))}"

    def _body(self, letter: Letter) -> tuple[bytes, dict[str, str]]:
        if self.kind == "dingtalk":
            content: dict[str, object] = {"msgtype": "markdown", "markdown": {"title": letter.title, "text": self._markdown(letter)}}
        elif self.kind == "wecom":
            content = {"msgtype": "markdown", "markdown": {"content": self._markdown(letter)}}
        else:
            content = {"key": letter.key, "to": letter.address, "title": letter.title, "text": letter.body}
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"content-type": "application/json; charset=utf-8", "user-agent": "qiantang"}
        if self.kind == "webhook":
            headers["idempotency-key"] = letter.key
            secret = self.secret()
            if secret:
                stamp = str(int(time.time()))
                headers["x-qiantang-signature"] = f"t={stamp},v1={webhook_signature(stamp, body, secret)}"
        return body, headers

    def _markdown(self, letter: Letter) -> str:
        lines = [f"**{letter.title}**", *letter.body.splitlines()]
        return cut("\n\n".join(line for line in lines if line), MOST_BYTES[self.kind])

    def _judged(self, status: int, content: bytes) -> Attempt:
        shown = f"{status} {content.decode('utf-8', 'replace')[:200]}"
        if status in _SURELY_LATER:
            return Attempt(Came.LATER, shown)
        if status >= _SERVER_ERROR:
            return Attempt(Came.UNKNOWN, shown)
        if not _OK <= status < _OK + 100:
            return Attempt(Came.NEVER, shown)
        if self.kind == "webhook":
            return Attempt(Came.TAKEN, shown)
        try:
            code = json.loads(content)["errcode"]
        except (ValueError, KeyError, TypeError):
            return Attempt(Came.UNKNOWN, shown)
        if code == 0:
            return Attempt(Came.TAKEN, shown)
        return Attempt(Came.LATER if code in _TOO_OFTEN[self.kind] else Came.NEVER, shown)


def dingtalk_sign(stamp: str, secret: str) -> str:
    """The signature of a DingTalk robot, before it is escaped for an address."""
    return base64.b64encode(hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()).decode()


def webhook_signature(stamp: str, body: bytes, secret: str) -> str:
    """The signature of a plain webhook: over the instant and the body, so that an old one cannot be played again."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def cut(text: str, most: int) -> str:
    """The text in at most so many bytes of UTF-8; what was cut is shown by an ellipsis."""
    whole = text.encode()
    return text if len(whole) <= most else whole[:most - 3].decode("utf-8", "ignore") + "…"
