"""A node's file: where births are remembered under names that a file can have, and what its section ``upward`` lets out."""

from pathlib import Path

import pytest
import yaml

from qiantang.district.plant.wiring import Broker, births_file, read_node_file
from qiantang.district.plant.workbook import write_plant
from qiantang.kernel.errors import FactsError
from tests.cli.tiny import code
from tests.domains.factory.plants import SMALL


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


SECTION = {"host": "10.0.0.9", "uscc": code(0), "figures": ["factory.takt", "energy_kwh"], "findings": ["range"]}


def node_file(home: Path, section: object) -> Path:
    """A node's file of the small plant with that section."""
    write_plant(home / "plant.xlsx", SMALL, "en")
    path = home / "node.yaml"
    path.write_text(yaml.safe_dump({"plant": "plant.xlsx", "upward": section}), encoding="utf-8")
    return path


def test_a_plant_lets_out_the_columns_behind_the_names_on_its_list(tmp_path: Path) -> None:
    section = read_node_file(node_file(tmp_path, SECTION)).upward
    assert section is not None
    assert (section.host, section.port, section.tls, section.every_s) == ("10.0.0.9", 1883, False, 600)
    assert section.allowed.columns == {"line_h", "pieces_left", "energy_kwh"}
    assert section.allowed.rules == frozenset({"range"})
    assert read_node_file(node_file(tmp_path, SECTION | {"tls": True, "findings": "all"})).upward.port == 8883  # type: ignore[union-attr]  # it is there
    (tmp_path / "node.yaml").write_text("plant: plant.xlsx\n", encoding="utf-8")
    assert read_node_file(tmp_path / "node.yaml").upward is None


@pytest.mark.parametrize(("section", "words"), [
    ([1], ("upward: names with values belong here",)),
    ({}, ("upward.host", "upward.uscc", "nothing would leave")),
    (SECTION | {"figures": ["factory.mood"], "findings": ["torque"]}, ("no figure 'factory.mood'", "factory.oee", "no kind of finding 'torque'", "nelson_1")),
    (SECTION | {"figures": 3}, ("upward.figures: a list belongs here",)),
    (SECTION | {"port": "mqtt", "every_s": 0, "tls": "yes", "password": "x"}, ("upward.port", "upward.every_s", "upward.tls", "does not stand in the file")),
    (SECTION | {"ca": "none.pem", "password_from": "NOT_SET_ANYWHERE", "topic": "x"}, ("upward.ca", "export NOT_SET_ANYWHERE", "upward.topic")),
])
def test_every_fault_of_what_a_plant_lets_out_is_told_with_its_field_in_both_languages(tmp_path: Path, section: object, words: tuple[str, ...]) -> None:
    with pytest.raises(FactsError) as told:
        read_node_file(node_file(tmp_path, section))
    for word in words:
        assert word in told.value.said("en")
    assert all(fault.remedy.zh and fault.remedy.en for fault in told.value.faults)
    assert len(told.value.said("zh").splitlines()) == len(told.value.said("en").splitlines()) >= len([w for w in words if w.startswith("upward")])
