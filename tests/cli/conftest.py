"""What the tests of the command line share: a tiny district, assessed once, and a way to run commands in this process."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qiantang.cli import main
from qiantang.district.assembly import house
from qiantang.links.templates import write_template
from tests.cli.tiny import BOOKS, rows


@dataclass(frozen=True)
class Said:
    """What a command said, and the code it ended with."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


def _run(arguments: Sequence[object], capture: pytest.CaptureFixture[str]) -> Said:
    capture.readouterr()
    try:
        code = main([str(a) for a in arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    found = capture.readouterr()
    return Said(code, found.out, found.err)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("QIANTANG_LANG", "en")
    monkeypatch.delenv("QIANTANG_DIR", raising=False)
    return lambda *arguments: _run(arguments, capsys)


@pytest.fixture(scope="session")
def assessed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "district"
    folder.mkdir()
    write_template(folder / "facts.xlsx", house().tables, "zh", rows())
    assert main(["assess", str(folder), *(word for book in BOOKS for word in ("--rulebook", book)), "--json"]) == 0
    return folder


@pytest.fixture
def district(assessed_once: Path, tmp_path: Path) -> Path:
    """A copy of one's own, so that what a test does to it stays with the test."""
    return Path(shutil.copytree(assessed_once, tmp_path / "district"))
