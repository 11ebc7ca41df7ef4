"""A plant publishes what its list names until the district has it, whatever becomes of broker, workers and the node itself; and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qiantang.district.plant.district_tier import broker_at
from qiantang.district.plant.folder import STATE, PlantFolder
from qiantang.district.plant.raisings import amended, raised
from qiantang.district.plant.telling import told_of
from qiantang.district.plant.upward import Upward, Voice
from qiantang.district.plant.upward_messages import RULEBOOK
from qiantang.district.plant.upward_section import UpwardSection
from qiantang.district.plant.whitelist import whitelist
from qiantang.district.plant.worker import DistrictWorker
from qiantang.domains.factory.alarms.register import Register
from qiantang.kernel.actions.streams import record_findings
from qiantang.kernel.findings.stream import StreamedFinding, current
from qiantang.kernel.wires import Counters, Delivery, Notice
from qiantang.links.messages import Messages, Said, messages
from qiantang.links.mqtt import MqttWire
from qiantang.stores import open_store
from qiantang.stores.heard_record import HeardRecord
from tests.cli.tiny import code
from tests.domains.factory.plants import MINUTE, SMALL, START, alarm
from tests.mosquitto import Mosquitto

pytestmark = pytest.mark.needs("mosquitto")


class Listener:
    """Takes notices."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    async def deliver(self, delivery: Delivery) -> None:
        delivery.settle()

    def notice(self, notice: Notice) -> None:
        self.kinds.append(notice.kind)


class Forgetful(DistrictWorker):
    """A worker that keeps all and loses every second receipt on the way."""

    lost = 0

    def feed(self, batch: Messages) -> Said:
        said = super().feed(batch)
        if said.publications:
            self.lost += 1
        return replace(said, publications=()) if self.lost % 2 and said.publications else said


def findings() -> list[StreamedFinding]:
    """Two alarms of different rules, the second of which a late reading takes away."""
    first, said = raised(alarm(0, MINUTE), SMALL)
    second, also = raised(alarm(3, 2 * MINUTE, "cusum"), SMALL)
    _, correction = amended([first, second], [first.alarm], SMALL, 9)
    return [said, also, *correction]


def put_on_record(folder: PlantFolder, of: Sequence[StreamedFinding]) -> None:
    """What the node's own recorder does."""
    with closing(open_store(folder.path / STATE)) as store:
        record_findings(store, of, at=datetime.now(UTC), actor="plant/small")


def tell(folder: PlantFolder, pieces: float, days: int = 0) -> None:
    """What the node tells of itself so many days later."""
    folder.tell(told_of(START + days * 1440 * MINUTE, Register(SMALL), since=1,
                        figures={"pieces_left": pieces, "line_h": 24.0, "energy_kwh": 900.0, "busy_h": 48.0, "effective_h": 40.0}))


@pytest.fixture
def folder(tmp_path: Path) -> PlantFolder:
    found = PlantFolder(tmp_path / "plants" / "small")
    found.tell_plant(SMALL)
    return found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    yield made
    made.stop()


class Plant:
    """A plant and its district in one loop."""

    def __init__(self, folder: PlantFolder, port: int, figures: Sequence[str] = ("factory.takt",), rules: Sequence[str] = ("cusum",),
                 ca: Path | None = None) -> None:
        self.folder = folder
        self.broker = broker_at(f"{'mqtts' if ca else 'mqtt'}://127.0.0.1:{port}", ca=ca)
        self.section = UpwardSection(code(0), whitelist(figures, rules), "127.0.0.1", port, ca=ca, every_s=1)
        home = folder.path.parents[1]
        self.store, self.record = open_store(home / "district.sqlite"), HeardRecord(home / "heard.sqlite")
        self.heard = Listener()
        self.upward = Upward(self.section, folder)
        self.workers: list[DistrictWorker] = []

    def kept(self) -> list[StreamedFinding]:
        with self.store.reading() as reader:
            return reader.findings(RULEBOOK)

    def rows(self) -> list[dict[str, object]]:
        return self.record.rows("small")

    def hears(self, kind: type[DistrictWorker] = DistrictWorker) -> asyncio.Task[None]:
        """One more worker."""
        worker = kind(self.store, self.record, lambda: frozenset({code(0)}))
        self.workers.append(worker)
        return asyncio.create_task(MqttWire(worker, replace(self.broker, longest_pause_s=0.3)).run(Listener()))

    def speaks(self) -> asyncio.Task[None]:
        """The node's wire."""
        return asyncio.create_task(self.upward.run(self.heard))

    def close(self) -> None:
        self.store.close()
        self.record.close()


async def until(what: Callable[[], object], seconds: float = 60.0) -> None:
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "not in time"
        await asyncio.sleep(0.05)


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_only_what_is_on_the_list_leaves_and_findings_come_with_what_they_amend(folder: PlantFolder, broker: Mosquitto) -> None:
    plant = Plant(folder, broker.port)
    tell(folder, 12_000.0)

    async def talk() -> None:
        tasks = [plant.hears(), plant.speaks()]
        await until(lambda: plant.upward.counters.counts.get("figures"))
        put_on_record(folder, findings())
        await until(lambda: len(plant.kept()) == 2)
        await ended(*tasks)

    asyncio.run(talk())
    latest, = current(plant.kept()).latest
    assert latest.outcome == "withdrawn"
    assert [f.outcome for f in current(plant.kept()).history[latest.id]] == ["cusum", "withdrawn"]
    assert all(set(f.values) == {"asset", "rule", "at_us", "since_us", "readings", "of"} for f in plant.kept())
    row, = plant.rows()
    assert set(row) == {"plant", "uscc", "on", "line_h", "pieces_left"}
    assert row["pieces_left"] == 12_000
    assert plant.upward.counters.counts["held_back"] == 1
    plant.close()


def test_what_was_on_record_before_the_first_list_stays_in_the_plant(folder: PlantFolder, broker: Mosquitto) -> None:
    put_on_record(folder, findings()[:1])
    plant = Plant(folder, broker.port, (), ("all",))

    async def talk() -> None:
        tasks = [plant.hears(), plant.speaks()]
        await until((folder.path / "upward.json").is_file)
        put_on_record(folder, findings()[1:2])
        await until(plant.kept)
        await ended(*tasks)

    asyncio.run(talk())
    assert [f.outcome for f in plant.kept()] == ["cusum"]
    assert plant.rows() == []
    plant.close()


def test_while_the_broker_is_away_everything_waits_over_a_restart_of_the_node_and_over_a_day(folder: PlantFolder, broker: Mosquitto) -> None:
    plant = Plant(folder, broker.port)
    tell(folder, 1000.0)

    async def talk() -> None:
        hears, speaks = plant.hears(), plant.speaks()
        await until(plant.rows)
        broker.stop()
        put_on_record(folder, findings()[1:2])
        await until(lambda: "upward_unanswered" in plant.heard.kinds)
        tell(folder, 1500.0)
        await asyncio.sleep(1.5)
        tell(folder, 1700.0, days=1)
        await asyncio.sleep(1.5)
        await ended(speaks)
        plant.upward = Upward(plant.section, folder)
        put_on_record(folder, findings()[2:])
        speaks = plant.speaks()
        await until(lambda: plant.heard.kinds.count("upward_unanswered") == 2)
        assert plant.kept() == []
        broker.start()
        await until(lambda: len(plant.kept()) == 2 and len(plant.rows()) == 2)
        await until(lambda: "upward_answered" in plant.heard.kinds)
        await ended(hears, speaks)

    asyncio.run(talk())
    assert [row["pieces_left"] for row in plant.rows()] == [1500, 200], "the day before is told as it ended"
    plant.close()


def test_where_no_worker_hears_the_broker_alone_is_no_receipt(folder: PlantFolder, broker: Mosquitto) -> None:
    plant = Plant(folder, broker.port, ())

    async def talk() -> None:
        speaks = plant.speaks()
        await until((folder.path / "upward.json").is_file)
        put_on_record(folder, findings()[1:2])
        await until(lambda: "upward_unanswered" in plant.heard.kinds)
        hears = plant.hears()
        await until(plant.kept)
        await ended(hears, speaks)

    asyncio.run(talk())
    assert plant.upward.counters.counts["again"] >= 1
    plant.close()


def test_receipts_that_are_lost_bring_messages_twice_and_rows_once_through_two_workers(folder: PlantFolder, broker: Mosquitto) -> None:
    plant = Plant(folder, broker.port)
    tell(folder, 1000.0)

    async def talk() -> None:
        tasks = [plant.hears(Forgetful), plant.hears(Forgetful), plant.speaks()]
        await until(lambda: plant.upward.counters.counts.get("figures"), 90)
        put_on_record(folder, findings())
        await until(lambda: plant.upward.counters.counts.get("findings"), 90)
        await ended(*tasks)

    asyncio.run(talk())
    assert plant.upward.counters.counts["again"] >= 1
    assert sum(worker.counters.counts.get("repeated", 0) for worker in plant.workers) >= 1
    assert len(plant.kept()) == 2
    assert len(plant.rows()) == 1
    plant.close()


def certificate(home: Path) -> Path:
    """A certificate of this machine that vouches for itself, with its key in ``key.pem`` beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "district")]), datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    home.mkdir(parents=True)
    (home / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    path = home / "ca.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    path.chmod(0o644)
    return path


def test_an_encrypted_broker_is_spoken_to_and_one_that_nobody_vouches_for_is_not(folder: PlantFolder, tmp_path: Path) -> None:
    ca, other = certificate(tmp_path / "tls"), certificate(tmp_path / "other")
    broker = Mosquitto(tmp_path, True, False, f"certfile {ca}", f"keyfile {ca.with_name('key.pem')}")
    deceived, plant = Plant(folder, broker.port, ca=other), Plant(folder, broker.port, ca=ca)
    tell(folder, 1000.0)

    async def talk() -> None:
        hears, speaks = plant.hears(), deceived.speaks()
        await until(lambda: "upward_unanswered" in deceived.heard.kinds)
        assert "connected" not in deceived.heard.kinds
        assert plant.rows() == []
        await ended(speaks)
        speaks = plant.speaks()
        await until(plant.rows)
        await ended(hears, speaks)

    try:
        asyncio.run(talk())
    finally:
        broker.stop()
        plant.close()
        deceived.close()


def test_a_receipt_that_is_none_is_counted_and_stops_nothing() -> None:
    async def talk() -> None:
        voice = Voice("small", Counters())
        waiting = voice.awaiting(7)
        for payload in (b"\xff", b"{}", b'{"number":0,"kept":1,"aside":0,"why":null}', b'{"number":6,"kept":1,"aside":0,"why":null}'):
            voice.feed(messages(("qiantang/1/small/receipts", payload, 1)))
        assert not waiting.done()
        assert voice.counters.counts == {"garbled": 3}
        voice.feed(messages(("qiantang/1/small/receipts", b'{"number":7,"kept":1,"aside":0,"why":null}', 1)))
        assert waiting.result().kept == 1

    asyncio.run(talk())
