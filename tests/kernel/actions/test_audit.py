"""The audit chain holds entry by entry, and a change anywhere in it is found and named."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.kernel.actions.audit import GENESIS, Act, Head, chained, verify
from qiantang.kernel.actions.plain import canonical, plain
from qiantang.kernel.errors import ActionError
from qiantang.kernel.words import Text

AT = datetime(2024, 2, 8, 1, 2, 3, tzinfo=UTC)
ACTS = [Act(AT, "Li", "case.opened", f"case:{n}", {"n": n, "reason": "低效"}) for n in range(5)]
CHAIN = chained(Head(), ACTS)


def test_a_chain_untouched_is_whole() -> None:
    check = verify(CHAIN)
    assert check.whole
    assert (check.count, check.head) == (5, CHAIN[-1].head)


def test_no_entries_are_a_whole_chain() -> None:
    assert verify([]).head == Head(0, GENESIS)


def test_an_outsider_can_work_out_the_hash_from_the_documented_sentence() -> None:
    first = CHAIN[0]
    entry = {"action": first.action, "actor": first.actor, "at": "2024-02-08T01:02:03.000000Z",
             "detail": '{"n":0,"reason":"低效"}', "seq": 1, "subject": first.subject}
    written = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert first.hash == hashlib.sha256(f"{'0' * 64}\n{written}".encode()).hexdigest()


@pytest.mark.parametrize("changed", [
    {"actor": "nobody"}, {"action": "case.closed"}, {"subject": "case:9"}, {"detail": "{}"},
    {"detail": '{"n": 2,"reason":"低效"}'}, {"at": "2024-02-08T01:02:04.000000Z"}, {"hash": GENESIS},
    {"previous": GENESIS}, {"seq": 7},
])
def test_a_changed_entry_is_the_first_broken_link(changed) -> None:
    tampered = [*CHAIN[:2], replace(CHAIN[2], **changed), *CHAIN[3:]]
    check = verify(tampered)
    assert check.broken is not None
    assert check.broken.seq == changed.get("seq", 3)
    assert check.head == CHAIN[1].head


def test_an_entry_rewritten_with_a_fitting_hash_breaks_at_the_next() -> None:
    rewritten = replace(CHAIN[2], actor="nobody")
    rewritten = replace(rewritten, hash=rewritten.hashed())
    check = verify([*CHAIN[:2], rewritten, *CHAIN[3:]])
    assert check.broken is not None
    assert check.broken.seq == 4


def test_a_removed_entry_is_missed() -> None:
    check = verify([*CHAIN[:2], *CHAIN[3:]])
    assert check.broken is not None
    assert (check.broken.seq, check.count) == (4, 2)


def test_a_chain_cut_off_at_its_end_is_found_by_an_anchor() -> None:
    assert verify(CHAIN[:3]).whole
    check = verify(CHAIN[:3], CHAIN[-1].head)
    assert check.broken is not None
    assert check.broken.seq == 4


def test_a_chain_written_anew_from_its_start_is_found_by_an_anchor() -> None:
    anew = chained(Head(), [replace(act, actor="nobody") for act in ACTS])
    assert verify(anew).whole
    check = verify(anew, CHAIN[3].head)
    assert check.broken is not None
    assert check.broken.seq == 4


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.integers(0, 20))
def test_a_chain_is_the_same_whether_it_is_made_at_once_or_in_pieces(words: list[str], cut: int) -> None:
    acts = [Act(AT, "Li", "said", word, {"word": word}) for word in words]
    first = chained(Head(), acts[:cut])
    rest = chained(first[-1].head if first else Head(), acts[cut:])
    assert [*first, *rest] == chained(Head(), acts)
    assert verify([*first, *rest]).whole


def test_an_instant_is_kept_in_utc_and_one_without_a_zone_is_refused() -> None:
    hangzhou = datetime(2024, 2, 8, 9, 2, 3, tzinfo=timezone(timedelta(hours=8)))
    assert plain(hangzhou) == "2024-02-08T01:02:03.000000Z"
    with pytest.raises(ActionError, match="no time zone"):
        plain(hangzhou.replace(tzinfo=None))


def test_details_are_kept_as_plain_values() -> None:
    assert plain({"a": Decimal("1.50"), "d": date(2024, 1, 1), "t": Text("一", "one"), "l": (1, None, True)}) == {
        "a": "1.50", "d": "2024-01-01", "t": {"zh": "一", "en": "one"}, "l": [1, None, True]}
    assert canonical({"b": 1, "a": {"d": 2, "c": "中"}}) == '{"a":{"c":"中","d":2},"b":1}'


@pytest.mark.parametrize("value", [1.5, float("nan"), Decimal("NaN"), {1: 2}, {"a": {"b": object()}}, "\ud800", b"x"])
def test_what_does_not_read_back_the_same_is_refused(value) -> None:
    with pytest.raises(ActionError, match="cannot be kept"):
        canonical({"value": value})
