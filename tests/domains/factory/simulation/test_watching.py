"""The loop on real charts: a fault is injected, found by a chart, becomes a task, and is mended."""

from __future__ import annotations

from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.simulation.watching import Watch

MINUTE = 60
WIDE = Policy(limit=6.0, side_run=19, trend_run=14, ewma_limit=6.0, cusum_decision=20.0, drift_limit=6.0)
"""Limits set by hand: the alarm budget's own are worked out in the tests of the charts."""


def test_what_was_learnt_of_a_faulty_machine_is_learnt_again_and_injected_faults_are_found_and_become_tasks():
    watch = Watch(3, learning=5, policies=(WIDE,))
    watch.running.inject("gauge_step", "cal-01")
    watch.run(12 * MINUTE)
    assert [version.who for version in watch.analysis.limits] == ["phase I"]
    watch.running.repair("cal-01", "zhang")
    watch.run(13 * MINUTE)
    # What was learnt of the calender while it made scrap is learnt again.
    assert "repair" in [version.who for version in watch.analysis.limits]
    learned = watch.run(24 * MINUTE)
    assert learned.readings > 6_000_000
    injected = [watch.running.inject("vehicle_blocked", "agv-05"), watch.running.inject("steam_header_low", "steam-01"),
                watch.running.inject("network_loss", "gw-press-3")]
    watch.run(28 * MINUTE)
    for fault in injected:
        assert fault.found is not None, fault.cause
        tasks = [job.task for job in (*watch.running.repairs.waiting.values(), *watch.running.jobs) if job.fault is fault]
        working = [hand.job.task for hand in watch.running.repairs.hands.values() if hand.job is not None and hand.job.fault is fault]
        assert [task.skill for task in tasks + working] == [fault.skill]
    findings = {finding.fault.number: finding for finding in watch.found_so_far()}
    assert all(findings[fault.number].in_time for fault in injected)
    assert findings[injected[2].number].rule == "silent"
