"""What a simulated plant's gateways tell of pieces is heard once each, whatever happens to their messages on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from qiantang.district.plant.simulated_gateways import SimulatedGateways
from qiantang.district.plant.simulated_pieces import SimulatedPieces
from qiantang.district.plant.wiring import piece_fields
from qiantang.domains.factory.simulation.gateways import Gateways
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.signals import Signals
from qiantang.domains.factory.simulation.truth import instant
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import Directory
from qiantang.kernel.wires import Notice
from qiantang.kernel.words import same
from qiantang.links.loopback import Loopback, Mischief
from qiantang.links.sparkplug.host import SparkplugHost
from qiantang.links.sparkplug.piece_metrics import PieceMetrics

BEAT_S = 2


class Line:
    """A plant of no signals but one a machine, its gateways, and a host that hears them; time is the plant's, in seconds."""

    def __init__(self, mischief: Mischief | None = None) -> None:
        self.running = RunningPlant(3)
        plant = self.running.plant
        first = {signal.asset: signal for signal in reversed(plant.signals)}
        self.running.plant = replace(plant, signals=tuple(replace(s, number=n) for n, s in enumerate(first.values())))
        self.truth: list[PieceEvent] = []
        self.running.repairs.on_piece.append(self.truth.append)
        self.pieces = SimulatedPieces(self.running)
        line = Loopback(mischief)
        self.host = line.join(PieceMetrics(SparkplugHost("qiantang", Directory()), piece_fields(plant, "sparkplug")))
        self.gateways = SimulatedGateways(Gateways(Signals(self.running)), line)
        self.heard: list[PieceEvent] = []
        self.host.connect(instant(0.0))
        self.gateways.born(instant(0.0))

    def run(self, start: int, end: int) -> None:
        """Beat by beat."""
        for second in range(start, end, BEAT_S):
            self.running.run(float(second))
            self.gateways.over(self.pieces.taken())
            self.gateways.beat(instant(second))
            for part in range(1, 5):
                for said, settle in self.host.advance(instant(second + part * BEAT_S / 4)):
                    self.heard += said.pieces
                    settle()


def test_every_operation_is_heard_as_it_was_once_and_soon_after_it_is_over() -> None:
    line = Line()
    line.run(0, 1800)
    assert line.truth[-1].until > instant(1780.0)
    # Who built the green tires that lay there at the start is told first.
    there = Counter(event for event in line.heard if (event.step, event.until) == ("building", instant(0.0)))
    assert len(there) > 1000
    assert Counter(line.heard) == there + Counter(line.truth)
    assert {event.step for event in line.truth} == {"mixing", "calendering", "extrusion", "cutting", "bead", "building", "curing", "inspection"}


@pytest.mark.parametrize("mischief", [
    Mischief(repeated=0.2), Mischief(reordered=0.1, behind_us=1_000_000), Mischief(garbled=0.01),
    Mischief(garbled=0.01, repeated=0.05, reordered=0.05, behind_us=1_000_000)], ids=["repeated", "reordered", "garbled", "all"])
def test_no_mischief_on_the_line_loses_or_changes_what_is_told(mischief: Mischief) -> None:
    line = Line(mischief)
    line.run(0, 1800)
    line.gateways.born(instant(1800.0))
    line.run(1800, 2100)
    over = {event for event in line.truth if event.until < instant(1800.0)}
    assert over <= set(line.heard)
    assert {event for event in line.heard if event.since > instant(0.0)} <= set(line.truth)
    assert line.host.line.counters.counts["published"] > 500
    for what in ("garbled", "repeated", "reordered"):
        assert not getattr(mischief, what) or line.host.line.counters.counts[what] > 5


def test_a_gateway_without_network_tells_when_it_is_born_again() -> None:
    line = Line()
    line.run(0, 600)
    line.gateways.come_or_go([Notice("death", "gw-bld-1", instant(600.0), same(""))], instant(600.0))
    line.run(600, 1200)
    dark = {event for event in line.truth if event.step == "building" and event.until > instant(600.0)}
    assert 0 < len(dark & set(line.heard)) < len(dark)
    line.gateways.come_or_go([Notice("birth", "gw-bld-1", instant(1200.0), same(""))], instant(1200.0))
    line.run(1200, 1210)
    assert dark <= set(line.heard)
