"""A host application's certificates: a birth has the timestamp of its will, and what is said falsely is contradicted."""

from __future__ import annotations

import json

import pytest

from qiantang.links.messages import Publication
from qiantang.links.sparkplug.certificates import Certificates, State, state_of

MS, SECOND = 1_000, 1_000_000
T0 = 1_795_694_400 * SECOND


def said(publication: Publication | None) -> State | None:
    assert publication is not None
    assert (publication.topic, publication.qos, publication.retain) == ("spBv1.0/STATE/district", 1, True)
    return state_of(publication.payload)


def test_each_connection_has_a_birth_with_the_timestamp_of_its_own_will_and_a_death_of_its_own_instant() -> None:
    certificates = Certificates("district")
    for connected in (T0, T0 + 9 * SECOND):
        assert said(certificates.will(connected)) == State(False, connected // MS)
        assert said(certificates.birth(connected + SECOND)) == State(True, connected // MS)
    assert said(certificates.death(T0 + 20 * SECOND)) == State(False, (T0 + 20 * SECOND) // MS)


def test_a_birth_without_a_will_is_of_its_own_instant() -> None:
    assert said(Certificates("district").birth(T0)) == State(True, T0 // MS)


def test_that_the_host_is_offline_is_contradicted_once_a_second_and_that_it_is_online_never() -> None:
    certificates = Certificates("district")
    certificates.will(T0)
    assert certificates.contradiction(State(True, 1), T0) is None
    assert said(certificates.contradiction(State(False, 1), T0)) == State(True, T0 // MS)
    assert certificates.contradiction(State(False, 1), T0 + SECOND - 1) is None
    assert said(certificates.contradiction(State(False, 1), T0 + SECOND)) == State(True, T0 // MS)


@pytest.mark.parametrize("payload", [b"", b"OFFLINE", b"[]", b"[" * 200_000, b'{"online": 1, "timestamp": 5}', b'{"online": true, "timestamp": true}',
                                     b'{"online": true, "timestamp": 5.0}', b'{"online": true}', json.dumps({"timestamp": 5}).encode(), b"\xff"])
def test_what_is_no_certificate(payload: bytes) -> None:
    assert state_of(payload) is None
