"""The list of the specification's assertions names tests that exist, each assertion once, with none both shown and open."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

HERE = Path(__file__).parent
LIST = yaml.safe_load((HERE / "assertions.yaml").read_text(encoding="utf-8"))


def existing() -> set[str]:
    return {f"{file.stem.removeprefix('test_')}::{name}" for file in HERE.glob("test_*.py")
            for name in re.findall(r"^def test_(\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)}


def test_every_assertion_that_is_called_shown_names_existing() -> None:
    named = {test for part in ("host", "edge") for tests in LIST[part].values() for test in tests}
    assert named - existing() == set()
    assert all(tests for part in ("host", "edge") for tests in LIST[part].values())


def test_no_assertion_is_both_shown_and_open() -> None:
    parts = [set(LIST[part]) for part in ("host", "edge", "open")]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert all(isinstance(why, str) and why for why in LIST["open"].values())


def test_the_list_holds_the_assertions_that_name_a_host() -> None:
    families = {"host-topic-phid": 16, "message-flow-phid": 6, "message-flow-hid": 1, "operational-behavior-host": 22, "payloads-state": 7, "topics-ncmd": 4}
    known = [*LIST["host"], *LIST["open"]]
    assert {family: sum(id.startswith(family) for id in known) for family in families} == families
