"""A socket is opened only from this site's own pages, by somebody who may watch, and closes when the session ends."""

from __future__ import annotations

import pytest
from starlette.websockets import WebSocketDisconnect

from benchmarks.web.pages import CELLS
from qiantang.district.identity import NOBODY, Identity, Scope
from qiantang.web.live import hub, serving
from qiantang.web.live.codec import decoded
from tests.web.conftest import PEOPLE
from tests.web.live.conftest import Plant

HOME = {"origin": "http://testserver"}


def test_the_first_frame_comes_at_once(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PERIOD", 3600.0)
    with plant.as_("director").websocket_connect("/live/synthetic", headers=HOME) as socket:
        frame = decoded(socket.receive_bytes())
    assert frame.deviation.size == frame.state.size == CELLS


@pytest.mark.parametrize("headers", [{}, {"origin": "https://elsewhere.example"}, {"origin": "null"}, {"authorization": "Bearer x"},
                                     {"origin": "http://testserver", "sec-fetch-site": "cross-site"}], ids=str)
def test_a_socket_from_another_site_is_refused(plant: Plant, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect), plant.as_("director").websocket_connect("/live/synthetic", headers=headers):
        pass


@pytest.mark.parametrize("person", ["nobody", "stranger", "enterprise", "officer"])
def test_who_may_not_watch_gets_the_same_answer_as_for_a_channel_that_is_not_there(plant: Plant, person: str) -> None:
    client = plant.as_(person)
    codes = []
    for channel in ("synthetic", "nosuch"):
        with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect(f"/live/{channel}", headers=HOME):
            pass
        codes.append(refused.value.code)
    assert codes[0] == codes[1]
    told = [client.get(f"/live/{channel}/told") for channel in ("synthetic", "nosuch")]
    assert told[0].status_code == told[1].status_code == 404
    assert told[0].text.replace("nosuch", "synthetic") == told[1].text.replace("nosuch", "synthetic")


def test_a_person_of_the_plant_watches_its_own_wall_alone(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    for codes, seen in ((("tires",), True), (("other",), False)):
        monkeypatch.setitem(PEOPLE, "worker", Identity("worker", "worker", frozenset({"see"}), Scope("plant", codes), outside=True))
        client = plant.as_("worker")
        if seen:
            with client.websocket_connect("/live/synthetic", headers=HOME) as socket:
                assert socket.receive_bytes()
        else:
            with pytest.raises(WebSocketDisconnect), client.websocket_connect("/live/synthetic", headers=HOME):
                pass


def test_a_session_that_was_revoked_sees_nothing_more(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PERIOD", 0.02)
    monkeypatch.setattr(serving, "CHECKED_EVERY", 0.0)
    with plant.as_("director").websocket_connect("/live/synthetic", headers=HOME) as socket:
        socket.receive_bytes()
        plant.standing.who = NOBODY
        last = next(message for message in iter(socket.receive, None) if message["type"] == "websocket.close")
    assert last["code"] == 1008


def test_nobody_watching_makes_nothing(plant: Plant) -> None:
    with plant.as_("director").websocket_connect("/live/synthetic", headers=HOME) as socket:
        socket.receive_bytes()
    made = plant.source.frames
    plant.client.get("/healthz")
    assert plant.source.frames == made
