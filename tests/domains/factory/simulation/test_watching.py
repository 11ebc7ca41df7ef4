"""The loop on real charts: a fault is injected, found by a chart, becomes a task, and is mended."""

from __future__ import annotations

from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.simulation.watching import Watch

MINUTE = 60
WIDE = Policy(limit=6.0, side_run=19, trend_run=14, ewma_limit=6.0, cusum_decision=20.0, drift_limit=6.0)
"""Limits set by hand: the alarm budget's own are worked out in the tests of the charts."""


def test_injected_faults_are_found_by_charts_and_mended():
    watch = Watch(3, learning=20, policies=(WIDE,))
    learned = watch.run(25 * MINUTE)
    assert learned.readings > 10_000_000
    injected = [watch.running.inject("vehicle_blocked", "agv-05"), watch.running.inject("steam_header_low", "steam-01"),
                watch.running.inject("network_loss", "gw-press-3")]
    found = watch.run(66 * MINUTE)
    by_fault = {finding.fault.number: finding for finding in found.findings}
    for fault in injected:
        finding = by_fault[fault.number]
        assert finding.at_s is not None, fault.cause
        assert finding.in_time, fault.cause
        assert fault.found is not None
        assert fault.end is not None
        assert fault.start <= finding.at_s <= fault.end
    assert by_fault[injected[2].number].rule == "silent"
    assert found.found <= 1.0
    assert found.by_cause()["network_loss"][0] >= 1
