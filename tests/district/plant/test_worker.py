"""A worker keeps what plants publish once, gives receipts, and puts aside what it cannot keep, with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from qiantang.district.plant.raisings import amended, raised
from qiantang.district.plant.upward_messages import RULEBOOK, Figures, Findings, Receipt, read_receipt
from qiantang.district.plant.worker import DistrictWorker
from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.facts.schema import Value
from qiantang.kernel.findings.stream import StreamedFinding, streamed
from qiantang.kernel.wires import Notice
from qiantang.links.messages import messages
from qiantang.stores import open_store
from qiantang.stores.heard_record import HeardRecord
from tests.cli.tiny import code
from tests.domains.factory.plants import MINUTE, SMALL, alarm

ROW: dict[str, Value] = {"plant": "small", "uscc": code(0), "on": "2026-11-26", "alarms": 3, "operator_h": 480_000}


class District:
    """A district with a register that can change, and what its worker says."""

    def __init__(self, home: Path, most_aside: int = 100) -> None:
        self.store: StateStore = open_store(home / "state.sqlite")
        self.record = HeardRecord(home / "heard.sqlite", most_aside)
        self.register = frozenset({code(0)})
        self.worker = DistrictWorker(self.store, self.record, lambda: self.register)
        self.notices: list[Notice] = []

    def told(self, what: str, payload: bytes, plant: str = "small") -> Receipt | None:
        """A message, and its receipt."""
        said = self.worker.feed(messages((f"qiantang/1/{plant}/{what}", payload, 1)))
        self.notices += said.notices
        assert all(p.topic == f"qiantang/1/{plant}/receipts" for p in said.publications)
        return read_receipt(said.publications[0].payload) if said.publications else None

    def findings(self) -> list[StreamedFinding]:
        with self.store.reading() as reader:
            return reader.findings(RULEBOOK)

    def close(self) -> None:
        self.store.close()
        self.record.close()


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    opened = District(tmp_path)
    yield opened
    opened.close()


def published(plant: str = "small") -> tuple[StreamedFinding, ...]:
    """Two findings as a plant lets them out, one of which a late reading takes away."""
    first, said = raised(alarm(0, MINUTE), SMALL)
    second, also = raised(alarm(3, 2 * MINUTE, "cusum"), SMALL)
    _, (correction,) = amended([first, second], [second.alarm], SMALL, 9)
    one, other = (streamed(RULEBOOK, plant, f.at, f.outcome, {"asset": "P1L", "rule": f.values["rule"], "of": f.id}) for f in (said, also))
    return one, other, streamed(RULEBOOK, plant, correction.at, correction.outcome, {"asset": "P1L", "rule": "nelson_1", "of": correction.id}, one)


def figures(number: int = 1, uscc: str = code(0), **more: object) -> bytes:
    """A day's figures, as decimals in the columns' units; ``more`` said as it is."""
    told = json.loads(Figures(number, uscc, ROW | {"uscc": uscc}, {}).payload())
    return json.dumps(told | {"figures": told["figures"] | more}).encode()


def test_findings_and_figures_that_come_twice_are_kept_once_and_have_a_receipt_each_time(district: District) -> None:
    said = Findings(7, code(0), published()).payload()
    assert [district.told("findings", said) for _ in range(2)] == [Receipt(7, kept=3)] * 2
    assert [district.told("figures", figures()) for _ in range(2)] == [Receipt(1, kept=1)] * 2
    assert len(district.findings()) == 3
    assert district.record.rows("small") == [ROW]
    assert district.worker.counters.counts == {"findings": 3, "figures": 1, "repeated": 4}
    assert district.notices == []


def test_two_workers_of_one_district_keep_one_row(district: District, tmp_path: Path) -> None:
    other = District(tmp_path)
    said = Findings(7, code(0), published()).payload()
    assert [each.told("findings", said) for each in (district, other)] == [Receipt(7, kept=3)] * 2
    assert [each.told("figures", figures()) for each in (district, other)] == [Receipt(1, kept=1)] * 2
    assert len(district.findings()) == 3
    assert len(other.record.rows("small")) == 1
    other.close()


def test_a_plant_of_an_unknown_enterprise_is_put_aside_and_taken_up_once_the_register_has_it(district: District) -> None:
    receipts = district.told("figures", figures(uscc=code(5))), district.told("findings", Findings(2, code(5), published()).payload())
    assert [(r.kept, r.aside) for r in receipts if r] == [(0, 1), (0, 3)]
    assert district.record.rows("small") == []
    assert district.findings() == []
    assert "is not in the district's register" in district.notices[0].told.en
    assert district.worker.take_up(2) == 0
    district.register |= {code(5)}
    assert district.worker.take_up(3) == 2
    assert district.record.aside() == []
    assert district.record.rows("small") == [ROW | {"uscc": code(5)}]
    assert len(district.findings()) == 3


def test_a_figure_that_does_not_exist_or_cannot_be_is_put_aside_and_the_others_are_kept(district: District) -> None:
    receipt = district.told("figures", figures(mood="good", energy_kwh="-3", signals="many"))
    assert receipt is not None
    assert (receipt.kept, receipt.aside) == (1, 3)
    assert receipt.why is not None
    assert all(name in receipt.why.en for name in ("mood = good", "energy_kwh = -3", "signals = many"))
    assert district.record.rows("small") == [ROW]
    one, = district.record.aside()
    assert b"mood" in one.payload
    district.told("figures", figures(2, mood="better", energy_kwh="-3", signals="many"))
    assert district.record.count_aside() == 1, "the same fault of the same day is one"


def test_a_plant_speaks_for_itself_and_its_own_enterprise_only(district: District) -> None:
    district.register |= {code(1)}
    assert district.told("figures", figures()) == Receipt(1, kept=1)
    for what, payload in (("figures", figures(2, code(1))), ("findings", Findings(3, code(1), published()).payload()),
                          ("findings", Findings(4, code(0), published("other")).payload())):
        receipt = district.told(what, payload)
        assert receipt is not None
        assert receipt.kept == 0
    assert district.told("figures", figures(), plant="other") is not None
    assert district.record.rows("other") == []
    assert district.record.rows("small") == [ROW]
    assert district.findings() == []


def test_a_finding_that_is_not_what_its_id_says_is_put_aside_and_the_sound_ones_are_kept(district: District) -> None:
    forged = Findings(7, code(0), published()).payload().replace(b'"outcome":"cusum"', b'"outcome":"ewma"')
    receipt = district.told("findings", forged)
    assert receipt is not None
    assert (receipt.kept, receipt.aside) == (2, 1)
    assert receipt.why is not None
    assert "its content does not give its id" in receipt.why.en
    assert {f.outcome for f in district.findings()} == {"nelson_1", "withdrawn"}
    assert district.record.count_aside() == 1


@pytest.mark.parametrize("payload", [b"\xff", b"{}", b"[3]", b"[" * 60_000, b'{"number":0,"uscc":"x","figures":{}}', b'{"number":5,"uscc":"x","figures":3}',
                                     b'{"number":5,"uscc":"x","figures":{"plant":"small","uscc":"x","on":"yesterday"}}'])
@pytest.mark.parametrize("what", ["findings", "figures"])
def test_what_cannot_be_read_is_told_and_put_aside_and_stops_nothing(district: District, what: str, payload: bytes) -> None:
    receipt = district.told(what, payload)
    assert (receipt is None) == (b'"number":5' not in payload), "where it bears a number its sender need not say it for ever"
    assert district.worker.counters.counts == {"garbled": 1}
    assert district.notices
    assert district.record.aside()[0].payload == payload
    assert district.told("figures", figures()) == Receipt(1, kept=1)


def test_where_there_is_no_room_to_put_more_aside_no_receipt_is_given(tmp_path: Path) -> None:
    district = District(tmp_path, most_aside=1)
    assert district.told("figures", figures(uscc=code(5))) is not None
    assert district.told("findings", Findings(2, code(5), published()).payload()) is None
    assert district.worker.counters.counts["full"] == 1
    district.close()


@pytest.mark.parametrize("plant", ["..", ".hidden", "a b", "x" * 65])
def test_a_plant_whose_id_is_no_name_of_a_file_is_not_heard(district: District, plant: str) -> None:
    payload = Figures(1, code(0), ROW | {"plant": plant}, {}).payload()
    assert district.told("figures", payload, plant) is None
    assert district.record.plants() == []


def test_whether_a_plant_is_connected_is_known(district: District) -> None:
    district.told("figures", figures())
    for payload, online in ((b'{"online":false}', False), (b'{"online":true}', True), (b"[]", True)):
        district.told("state", payload)
        assert district.record.plants()[0].online is online
