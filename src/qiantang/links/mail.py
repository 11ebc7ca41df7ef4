"""Mail by SMTP: one recipient a letter, a Message-ID that stays the same, and an honest word on whether it was taken.

SMTP servers do not throw doubles away, so a letter whose end was sent but never answered is not sent again by itself.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal

from qiantang.links.sending import TIMEOUT_S, Attempt, Came, Letter

Security = Literal["tls", "starttls", "none"]
_READY, _TAKEN, _TRANSIENT = 354, 250, 400
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class MailLink:
    """An SMTP server. ``security`` ``none`` is for a relay on this machine; ``password`` is asked for when it is needed."""

    host: str
    port: int
    security: Security
    sender: str
    user: str
    password: Callable[[], str]
    context: ssl.SSLContext | None = None

    @property
    def deduplicates(self) -> bool:
        """No: a Message-ID seen twice is delivered twice."""
        return False

    def refuse_unready(self) -> None:
        """FactsError where the password is not there."""
        if self.user:
            self.password()

    def send(self, letter: Letter) -> Attempt:
        """Try once. Nothing counts as handed over until the final dot of the text has left."""
        try:
            message = _on_the_wire(self._message(letter))
        except ValueError as wrong:
            return Attempt(Came.NEVER, str(wrong))
        handed_over = False
        try:
            server = self._opened()
            try:
                self._introduced(server)
                code, said = server.mail(self.sender)
                if code < _TRANSIENT:
                    code, said = server.rcpt(letter.address)
                if code >= _TRANSIENT:
                    return _refused(code, said)
                server.putcmd("DATA")
                code, said = server.getreply()
                if code != _READY:
                    return _refused(code, said)
                server.send(message)
                handed_over = True
                code, said = server.getreply()
                if code != _TAKEN:
                    return _refused(code, said)
            finally:
                server.close()
        except smtplib.SMTPAuthenticationError as stranger:
            return Attempt(Came.LATER, f"{stranger.smtp_code} {_shown(stranger.smtp_error)}")
        except smtplib.SMTPResponseException as answered:
            return _refused(answered.smtp_code, answered.smtp_error)
        except smtplib.SMTPNotSupportedError as lacking:
            return Attempt(Came.NEVER, str(lacking))
        except (OSError, smtplib.SMTPException) as broken:
            return Attempt(Came.UNKNOWN if handed_over else Came.LATER, f"{type(broken).__name__}: {broken}")
        return Attempt(Came.TAKEN, _shown(said))

    def _opened(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=self.context or ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)

    def _introduced(self, server: smtplib.SMTP) -> None:
        if self.security == "starttls":
            server.starttls(context=self.context or ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if self.user:
            server.login(self.user, self.password())

    def _message(self, letter: Letter) -> bytes:
        message = EmailMessage()
        message["Subject"] = " ".join(letter.title.split())
        message["From"] = Address(addr_spec=self.sender)
        message["To"] = Address(addr_spec=letter.address)
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{letter.key}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body, cte="base64")
        return message.as_bytes()


def _on_the_wire(message: bytes) -> bytes:
    """Lines end with CR LF, a line that begins with a dot gets a second one, and a lone dot ends it all (RFC 5321, 4.5.2)."""
    lines = re.sub(rb"\r?\n|\r", b"\r\n", message)
    return re.sub(rb"(?m)^\.", b"..", lines.removesuffix(b"\r\n")) + b"\r\n.\r\n"


def _refused(code: int, said: bytes | str) -> Attempt:
    """4xx asks to come again, 5xx never to."""
    return Attempt(Came.NEVER if code >= _PERMANENT else Came.LATER, f"{code} {_shown(said)}")


def _shown(said: bytes | str) -> str:
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else said)[:300]
