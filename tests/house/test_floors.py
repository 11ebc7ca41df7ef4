"""The plan of the house is checked by import-linter, and the check itself can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.plan import ROOT

LINT = Path(sys.executable).with_name("lint-imports")
ROOMS = ("cli", "district", "domains", "domains/land", "domains/talent", "engines", "stores", "registers", "kernel")


@pytest.fixture
def model_house(tmp_path: Path) -> Path:
    """An empty house on the same plan, in which an import can be put on the wrong floor."""
    shutil.copy(ROOT / ".importlinter", tmp_path)
    for room in ("", *ROOMS):
        home = tmp_path / "src" / "qiantang" / room
        home.mkdir(parents=True)
        (home / "__init__.py").touch()
    return tmp_path


def _verdict(house: Path) -> str:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"], cwd=house, env={"PYTHONPATH": str(house / "src"), "COLUMNS": "200"},
        capture_output=True, text=True, check=False,
    ).stdout


def test_the_empty_house_keeps_every_contract(model_house: Path) -> None:
    assert " 0 broken" in _verdict(model_house)


@pytest.mark.parametrize(("room", "line", "contract"), [
    ("kernel", "import qiantang.registers", "Imports run down the floors"),
    ("kernel", "import typing\nif typing.TYPE_CHECKING:\n    import qiantang.cli", "Imports run down the floors"),
    ("engines", "import qiantang.stores", "Imports run down the floors"),
    ("domains/land", "import qiantang.domains.talent", "No domain imports another"),
    ("domains/land", "def f() -> None:\n    import duckdb", "Kernel, registers and domains see no driver"),
    ("kernel", "import sqlite3", "Kernel, registers and domains see no driver"),
    ("kernel", "import socket", "Kernel, registers and domains reach no network"),
    ("registers", "import yaml", "Rulebook files are read by the kernel alone"),
])
def test_an_import_on_the_wrong_floor_is_named(model_house: Path, room: str, line: str, contract: str) -> None:
    (model_house / "src" / "qiantang" / room / "__init__.py").write_text(line + "\n")
    assert f"{contract} BROKEN" in _verdict(model_house)


def test_a_room_that_is_not_on_the_plan_is_refused(model_house: Path) -> None:
    annex = model_house / "src" / "qiantang" / "annex"
    annex.mkdir()
    (annex / "__init__.py").touch()
    assert "annex" in _verdict(model_house)


def test_neighbours_in_a_ring_are_named(model_house: Path) -> None:
    kernel = model_house / "src" / "qiantang" / "kernel"
    (kernel / "a.py").write_text("import qiantang.kernel.b\n")
    (kernel / "b.py").write_text("import qiantang.kernel.a\n")
    assert "Neighbours inside one package form no ring BROKEN" in _verdict(model_house)
