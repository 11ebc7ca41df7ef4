"""The backlog of an edge node: in what order what waits is given, and what it may weigh."""

from __future__ import annotations

from qiantang.links.sparkplug.backlog import Backlog, Backlogged
from qiantang.links.sparkplug.topics import Route, Verb


def waiting(stamp: int, device: str = "", payload: bytes = b"1234", received: int = 0) -> Backlogged:
    return Backlogged(Route(Verb.DDATA if device else Verb.NDATA, "G", "E", device), payload, received, stamp)


def test_what_is_held_is_given_in_its_turn_across_the_end_of_the_count() -> None:
    backlog = Backlog()
    assert all(backlog.hold(seq, waiting(stamp)) for seq, stamp in ((1, 3), (254, 1), (0, 2)))
    assert backlog.in_turn(expected=253) == [254, 0, 1]
    assert [one.stamp for one in backlog.released(253, before=3)] == [1, 2], "the third was sent at the instant, not before it"
    assert backlog.holding
    assert backlog.held_bytes == 4
    assert backlog.due(0) is None
    assert backlog.due(1) == waiting(3)
    assert not backlog.holding
    assert backlog.held_bytes == 0


def test_a_count_is_held_once_and_the_wait_begins_with_the_first() -> None:
    backlog = Backlog()
    assert backlog.hold(7, waiting(1, received=10))
    assert not backlog.hold(7, waiting(2, received=20)), "the one that came first stays"
    assert backlog.due(7) == waiting(1, received=10)
    assert backlog.missing_since == 10
    backlog.hold(9, waiting(3, received=30))
    assert backlog.missing_since == 30, "nothing waited before it"


def test_data_are_kept_by_device_up_to_so_many_bytes() -> None:
    backlog = Backlog()
    assert backlog.keep(waiting(1, "press", received=10), most=8)
    assert backlog.keep(waiting(2, "oven", received=20), most=8)
    assert not backlog.keep(waiting(3, "press"), most=8), "12 bytes are more than 8"
    assert backlog.unborn_since == 10
    assert [one.stamp for one in backlog.kept_of("press")] == [1]
    assert backlog.kept_of("press") == []
    assert backlog.keep(waiting(4, "press"), most=8), "there is room again"
    assert backlog.give_up() == 2
    assert not backlog
