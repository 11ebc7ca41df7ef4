"""Where a node keeps what it knows of its wires: names that a file can have, a file for each."""

from pathlib import Path

import pytest

from qiantang.district.plant.wiring import Broker, births_file


def test_births_are_remembered_under_names_that_a_file_can_have_each_its_own(tmp_path: Path) -> None:
    ids = ["qiantang", "总线 1", "a:b", "a%3Ab", "../../outside", "x" * 400, "x" * 401]
    brokers = [Broker("sparkplug", "127.0.0.1", 1883, one) for one in ids]
    paths = [births_file(tmp_path, broker, brokers) for broker in brokers]
    assert len(set(paths)) == len(ids)
    for path in paths:
        assert path.parent == tmp_path
        path.write_text("{}", encoding="utf-8")
    assert [path.name for path in paths[:2]] == ["births-qiantang.json", "births-总线 1.json"]


def test_hosts_of_one_id_at_two_brokers_do_not_write_over_each_others_births(tmp_path: Path) -> None:
    one, other = (Broker("sparkplug", host, 1883, "qiantang") for host in ("10.0.0.1", "10.0.0.2"))
    assert births_file(tmp_path, one, [one, other]) != births_file(tmp_path, other, [one, other])
    assert births_file(tmp_path, one, [one, Broker("json", "10.0.0.2", 1883, "qiantang")]) == tmp_path / "births-qiantang.json"


@pytest.mark.parametrize("named", ["qiantang", "a:b"])
def test_births_of_before_are_still_found(tmp_path: Path, named: str) -> None:
    (tmp_path / f"births-{named}.json").write_text("kept", encoding="utf-8")
    broker = Broker("sparkplug", "127.0.0.1", 1883, named)
    assert births_file(tmp_path, broker, [broker]).read_text(encoding="utf-8") == "kept"
