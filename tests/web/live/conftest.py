"""A wall over a made-up source, in the tiny district."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchmarks.web.pages import CELLS, many_marks, wall_page
from benchmarks.web.signals import Synthetic
from qiantang.district.brain import Brain
from qiantang.district.pages import PAGES
from qiantang.web.app import create_app
from qiantang.web.live import hub
from qiantang.web.live.frames import Channel
from tests.web.conftest import PEOPLE, Standing


class Plant:
    """The application with one channel; people come and go."""

    def __init__(self, folder: Path) -> None:
        self.brain = Brain(folder)
        self.standing = Standing()
        self.source = Synthetic(CELLS)
        self.app = create_app(self.brain, self.standing, (*PAGES, *self.brain.workspace.house.pages, wall_page(), many_marks()),
                              (Channel("synthetic", self.source, "tires"),))
        self.client = TestClient(self.app)

    def as_(self, person: str) -> TestClient:
        self.standing.who = PEOPLE[person]
        return self.client


@pytest.fixture(autouse=True)
def period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test may set its own; a second otherwise."""
    monkeypatch.setattr(hub, "PERIOD", 1.0)


@pytest.fixture(scope="session")
def plant(tiny_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant") / "district"
    shutil.copytree(tiny_district, folder)
    made = Plant(folder)
    # One event loop for all connections, as the server has; leaving it closes the district.
    with made.client:
        yield made
