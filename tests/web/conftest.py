"""What the tests of the web share: the tiny district, assessed once and served from a copy, and people of each kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from qiantang.cli import main
from qiantang.district.assembly import house
from qiantang.district.brain import Brain
from qiantang.district.identity import KEYBOARD, NOBODY, Identity, Scope
from qiantang.district.pages import PAGES
from qiantang.links.templates import write_template
from qiantang.web.app import create_app
from tests.cli.tiny import BOOKS, code, rows

ORIGIN = {"origin": "http://testserver"}
LOW = code(0)
"""An enterprise under the floor: class D, low-efficiency, on platform medport."""
FOREIGN = code(1)
"""One of another platform."""

PEOPLE: dict[str, Identity] = {
    "nobody": NOBODY,
    "director": KEYBOARD,
    "officer": Identity("officer", "officer", frozenset({"see", "decide"}), Scope("platforms", ("medport",)), frozenset({"platform"})),
    "enterprise": Identity("enterprise", "enterprise", frozenset({"see"}), Scope("enterprise", (LOW,)), outside=True),
    "stranger": Identity("stranger", "stranger", frozenset({"see"}), Scope("nothing"), outside=True),
}


class Standing:
    """An authority that takes everybody for the person the test names."""

    def __init__(self) -> None:
        self.router = APIRouter()
        self.who = KEYBOARD

    def identity(self, connection: HTTPConnection) -> Identity:
        del connection
        return self.who


class Web:
    """A district served in this process, opened by one person after another."""

    def __init__(self, folder: Path) -> None:
        self.brain = Brain(folder)
        self.standing = Standing()
        self.pages = (*PAGES, *self.brain.workspace.house.pages)
        self.app = create_app(self.brain, self.standing, self.pages)
        self.client = TestClient(self.app, follow_redirects=False)

    def as_(self, person: str) -> TestClient:
        self.standing.who = PEOPLE[person]
        return self.client


@pytest.fixture(scope="session")
def tiny_district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web") / "district"
    folder.mkdir()
    write_template(folder / "facts.xlsx", house().tables, "zh", rows())
    # The tiny district's books are those of the default district, so cases are opened on them.
    assert main(["assess", str(folder), *(word for book in BOOKS for word in ("--rulebook", book)), "--json"]) == 0
    return folder


@pytest.fixture(scope="session")
def web(tiny_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """For reading: nothing may be changed, but what was read is logged; so this is a copy, too."""
    folder = tmp_path_factory.mktemp("read") / "district"
    shutil.copytree(tiny_district, folder)
    served = Web(folder)
    yield served
    served.brain.close()


@pytest.fixture
def own_web(tiny_district: Path, tmp_path: Path) -> Iterator[Web]:
    """A copy of one's own, for acting."""
    folder = tmp_path / "district"
    shutil.copytree(tiny_district, folder)
    served = Web(folder)
    yield served
    served.brain.close()


