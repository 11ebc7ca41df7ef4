"""The plant's genealogy answers what the simulation knows, both ways."""

from __future__ import annotations

from qiantang.domains.factory.measures.genealogy import Genealogy
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.tracing import Tracing, batch_name, lot_name, tire_name
from tests.domains.factory.simulation.running import HOUR, six_hours


def traced() -> Genealogy:
    genealogy = Genealogy()
    assert Tracing(six_hours(), genealogy).tell() == len(six_hours().tires)
    return genealogy


def test_from_a_tire_back_to_its_batches():
    genealogy, running = traced(), six_hours()
    tire = next(tire for tire in running.tires if min(tire.lots) >= 0)
    origin = genealogy.origin(tire_name(tire.number))
    assert {(o.step, o.asset) for o in origin.operations if o.item == tire_name(tire.number)} == {
        ("building", tire.builder), ("curing", tire.cavity), ("inspection", tire.uniformity)}
    batches = {batch_name(b) for number in tire.lots for b in running.flow.lots[number].batches}
    assert batches <= set(origin.used)
    assert {lot_name(running.flow.lots[number]) for number in tire.lots} <= set(origin.used)


def test_from_a_mould_forward_to_its_tires():
    genealogy, running = traced(), six_hours()
    tire = running.tires[500]
    expected = {tire_name(t.number) for t in running.tires if t.mould == tire.mould}
    assert set(genealogy.pieces_by(tool=f"mould-{tire.mould:04d}")) == expected


def test_told_in_parts_it_is_the_same():
    running = RunningPlant(7)
    parts, whole = Genealogy(), Genealogy()
    tracing = Tracing(running, parts)
    told = 0
    for second in range(0, 2 * HOUR, 700):
        running.run(second)
        told += tracing.tell()
    assert Tracing(running, whole).tell() == told
    tire = tire_name(running.tires[-1].number)
    assert parts.origin(tire) == whole.origin(tire)
