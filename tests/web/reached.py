"""Servers of this machine that take what is sent to people: one of mail, one of webhooks, each with a mind of its own."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from qiantang.district.settings import default_folder


@dataclass
class Mailbox:
    """What came in, and what the server says to the next letters: an answer, or ``hang up`` after the text."""

    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802  # aiosmtpd's name
        del server, session, options
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        del session
        said = self.answers.pop(0) if self.answers else "250 taken"
        if said == "hang up":
            self.letters.append(read(envelope.content))
            server.transport.close()
            return "250 never heard"
        if said.startswith("250"):
            self.letters.append(read(envelope.content))
        return said

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right", handled=False)


def read(content: bytes) -> EmailMessage:
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody trusts unless told to, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM))
    return path


@contextmanager
def mail_server(pem: Path | None = None) -> Iterator[Mailbox]:
    """A real SMTP server on a free port of this machine; with a certificate it speaks no word of mail before STARTTLS."""
    box = Mailbox()
    secured = None
    if pem is not None:
        secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secured.load_cert_chain(pem)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port, authenticator=box.authenticate, auth_require_tls=False,
                            tls_context=secured, require_starttls=secured is not None)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Sink:
    """Requests that came in, and the answers to the next ones: status and body, or ``hang up`` after reading."""

    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, object] | str] = field(default_factory=list)
    usual: tuple[int, object] = (200, {"errcode": 0, "errmsg": "ok"})
    address: str = ""
    before_answering: Callable[[], None] = lambda: None

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.requests]


@contextmanager
def http_sink() -> Iterator[Sink]:
    """A real HTTP server on a free port of this machine."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            sink.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            sink.before_answering()
            said = sink.answers.pop(0) if sink.answers else sink.usual
            if isinstance(said, str):
                self.close_connection = True
                return
            content = json.dumps(said[1]).encode()
            self.send_response(said[0])
            self.send_header("content-length", str(len(content)))
            if said[0] in (301, 302, 307):
                self.send_header("location", "/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def declared(folder: Path, reach: str) -> None:
    """The reference district's settings with this section beside them."""
    source = default_folder()
    for file in source.glob("*.yaml"):
        shutil.copy(file, folder / file.name)
    with (folder / "district.yaml").open("a", encoding="utf-8") as settings:
        settings.write("\nreach:\n" + reach)
