"""Where an MQTT broker is, who signs in there, and how much may wait between it and us."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Where the broker is and how to treat it.

    ``linger_ms`` is how long a batch is gathered; ``most_batch`` its bytes at most, few enough for a processor's own cache;
    ``most_waiting`` the bytes that may wait to be delivered; ``most_packet`` those of the largest message taken; ``receive_maximum``
    (MQTT 5) how many messages may wait to be acknowledged. ``shared`` names a group whose members share the subscriptions (MQTT 5).
    ``session_s`` > 0 asks the broker to keep the session that long, which Sparkplug forbids a host. Leaving takes ``farewell_s`` at
    most. Pauses between connections grow from ``first_pause_s`` to ``longest_pause_s``.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    client: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    version: int = 5
    keepalive_s: int = 30
    session_s: int = 0
    receive_maximum: int = 2000
    shared: str = ""
    linger_ms: float = 2.0
    tick_ms: float = 20.0
    most_batch: int = 2**19
    most_waiting: int = 32 * 2**20
    most_packet: int = 16 * 2**20
    most_unsent: int = 8 * 2**20
    patience_s: float = 10.0
    farewell_s: float = 1.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 30.0
