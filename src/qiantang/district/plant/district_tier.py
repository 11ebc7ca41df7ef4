"""The district's tier: a worker run over the district's broker, and what it keeps handed to the district's door.

Rows of ``plant_figures`` become a workbook a plant in the district's folder, the same that ``qiantang factory publish`` writes, which the
next assessment reads; findings go into the district's own store.
"""

from __future__ import annotations

import asyncio
import sqlite3
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from qiantang.district.plant.publishing import write_rows
from qiantang.district.plant.upward_messages import RULEBOOK
from qiantang.district.plant.worker import DistrictWorker
from qiantang.district.workspace import Workspace
from qiantang.kernel.errors import FactsError
from qiantang.kernel.findings.stream import StreamedFinding
from qiantang.kernel.wires import Delivery, Notice
from qiantang.kernel.words import Text
from qiantang.links.messages import now_us
from qiantang.links.mqtt import MqttWire
from qiantang.links.mqtt_settings import MqttSettings
from qiantang.registers.enterprises import ENTERPRISES
from qiantang.stores.heard_record import HeardRecord

RECORD = "heard.sqlite"
"""What plants published, in the district's hidden folder."""
_BEAT_S, _AGAIN_S = 0.5, 5.0
_WRITE_S, _LOOK_S = 10.0, 5.0
"""How often changed workbooks are written, and how often it is seen whether the register changed."""
_LARGEST = 1 << 20
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class TierStatus:
    """How a worker stands: whether it is connected, what it counted, and how many plants and messages put aside the district has."""

    connected: bool
    counts: dict[str, int]
    plants: int
    aside: int


def broker_at(address: str, user: str = "", password: str = "", ca: Path | None = None, group: str = "district") -> MqttSettings:
    """The district's broker at ``mqtt://HOST:PORT`` or ``mqtts://HOST:PORT``, its subscription shared by the workers of a group; FactsError
    where the address or the certificate is none."""
    told = urlsplit(address)
    try:
        named = told.scheme in _PORTS and bool(told.hostname) and told.port != 0
        port = told.port
    except ValueError:
        named, port = False, None
    if not named or told.hostname is None:
        raise FactsError.of(f"“{address}”不是消息总线的地址", f"'{address}' is no address of a broker", value=address, remedy=Text(
            "请写 mqtt://主机:端口，加密则写 mqtts://主机:端口。", "Write mqtt://HOST:PORT, or mqtts://HOST:PORT where it is encrypted."))
    if not group or any(sign in group for sign in "/+#"):
        raise FactsError.of(f"“{group}”不能作为组名", f"'{group}' is no name of a group", value=group,
                            remedy=Text("组名不含 / + #。", "A group's name has no / + or #."))
    tls = None
    if told.scheme == "mqtts":
        try:
            tls = ssl.create_default_context(cafile=None if ca is None else str(ca))
        except (OSError, ssl.SSLError) as wrong:
            raise FactsError.of(f"证书文件 {ca} 不可用：{wrong}", f"the certificate file {ca} cannot be used: {wrong}", value=str(ca),
                                remedy=Text("请给出 PEM 文件。", "Name a PEM file.")) from wrong
    return MqttSettings(told.hostname, port or _PORTS[told.scheme], user=user, password=password, tls=tls, shared=group, most_packet=_LARGEST)


class Register:
    """The credit codes of a district's enterprises, read anew when another edition of the register is known."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._edition: tuple[Path, ...] = ()
        self._codes: frozenset[str] = frozenset()
        self._looked_at = -_LOOK_S

    def codes(self) -> frozenset[str]:
        """The codes; none where no register was ever read."""
        return self._codes

    def changed(self) -> bool:
        """Look whether there is another edition, at most every few seconds; whether there was."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S:
            return False
        self._looked_at = now
        home = self._workspace.facts / ENTERPRISES.name
        edition = tuple(sorted(home.glob("*.parquet")))
        if edition == self._edition:
            return False
        from qiantang.engines.duckdb import DuckDBEngine

        engine = DuckDBEngine()
        try:
            rows = engine.rows(f"SELECT DISTINCT {ENTERPRISES.subject} AS code FROM {engine.parquet(list(edition))} AS e") if edition else []
        finally:
            engine.close()
        self._edition, self._codes = edition, frozenset(str(row["code"]) for row in rows)
        return True


class _Receiver:
    """Gathers notices; readings do not come this way."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    async def deliver(self, delivery: Delivery) -> None:
        delivery.settle()

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)


def hear(workspace: Workspace, broker: MqttSettings, heard: Callable[[TierStatus, Sequence[Notice]], None]) -> None:
    """One worker until it is interrupted; ``heard`` is told twice a second how it stands and what was noticed since. What was kept is in
    the workbooks when it ends."""
    store, record, register = workspace.state(), HeardRecord(workspace.hidden / RECORD), Register(workspace)
    worker = DistrictWorker(store, record, register.codes)
    receiver = _Receiver()

    def status(wire: MqttWire) -> TierStatus:
        return TierStatus(wire.connected, dict(worker.counters.counts), record.count_plants(), record.count_aside())

    async def listen(wire: MqttWire) -> None:
        while True:
            try:
                await wire.run(receiver)
            except Exception as wrong:  # noqa: BLE001  # a disk that is full, a store that is locked: what has no receipt comes again
                receiver.notice(_not_now(wire.source, wrong))
                await asyncio.sleep(_AGAIN_S)

    async def at_work() -> None:
        register.changed()
        worker.take_up(now_us())
        wire = MqttWire(worker, broker)
        listening = asyncio.create_task(listen(wire))
        written = 0.0
        try:
            while True:
                try:
                    if register.changed():
                        worker.take_up(now_us())
                    if time.monotonic() - written >= _WRITE_S:
                        written = time.monotonic()
                        await asyncio.to_thread(hand_to_door, workspace)
                except (OSError, sqlite3.Error) as wrong:
                    receiver.notice(_not_now(workspace.folder.name, wrong))
                fresh, receiver.notices = receiver.notices, []
                heard(status(wire), fresh)
                await asyncio.sleep(_BEAT_S)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    try:
        asyncio.run(at_work())
    finally:
        hand_to_door(workspace)
        record.close()
        store.close()


def _not_now(source: str, wrong: Exception) -> Notice:
    why = f"{type(wrong).__name__}: {wrong}"
    return Notice("wire", source, now_us(), Text(f"暂不能收录，稍后继续：{why}", f"nothing can be kept for now; it goes on shortly: {why}"))


def hand_to_door(workspace: Workspace) -> int:
    """Write the workbooks of plants whose rows changed; how many."""
    record = HeardRecord(workspace.hidden / RECORD)
    try:
        return record.hand_out(lambda plant, rows: write_rows(rows, plant, workspace.folder))
    finally:
        record.close()


def published_findings(workspace: Workspace, plant: str | None = None) -> list[StreamedFinding]:
    """What plants let the district see of their findings, oldest first; of one plant where it is named."""
    store = workspace.state()
    try:
        with store.reading() as reader:
            return reader.findings(RULEBOOK, plant)
    finally:
        store.close()
