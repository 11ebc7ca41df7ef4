"""What waits for people reaches them once: across restarts, kills, two postmen at a time, quiet hours and refusals."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qiantang.cli import main
from qiantang.district.assembly import house
from qiantang.district.postman import LEASE, MOST_ATTEMPTS, Postman, wait_after
from qiantang.district.reach_settings import Quiet, Reach
from qiantang.district.reaching import Teller, next_allowed, routed
from qiantang.district.settings import District
from qiantang.district.workspace import Workspace
from qiantang.kernel.actions.audit import Act
from qiantang.kernel.actions.cases import Actor
from qiantang.kernel.actions.desk import CaseDesk
from qiantang.kernel.actions.messages import DeliveryState, Message, MessageState
from qiantang.kernel.actions.plain import Plain
from qiantang.kernel.actions.ports import CaseQuery, StateStore, StateWriter
from qiantang.kernel.errors import ActionError, FactsError
from qiantang.links.templates import write_template
from qiantang.stores.outbox import OutboxStore, Routed
from tests.cli.tiny import BOOKS, rows
from tests.web.reached import Mailbox, Sink, declared, http_sink, mail_server

DAY = date(2022, 12, 31)
EVERYBODY = Actor("li", frozenset({"bureau", "platform", "task_force", "street"}))
ROUND_IN_A_CHILD = """
import sys
from pathlib import Path
from qiantang.district.postman import Postman
from qiantang.district.workspace import Workspace
from qiantang.stores.outbox import OutboxStore

workspace = Workspace(Path(sys.argv[1]))
Postman(workspace, OutboxStore(workspace.hidden / "state.sqlite"), workspace.state()).round()
"""


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("postman") / "district"
    folder.mkdir()
    write_template(folder / "facts.xlsx", house().tables, "zh", rows())
    assert main(["assess", str(folder), *(word for book in BOOKS for word in ("--rulebook", book)), "--json"]) == 0
    return folder


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as found:
        yield found


@dataclass
class Office:
    """A district with its outbox, and a clock that a test moves."""

    workspace: Workspace
    outbox: OutboxStore
    store: StateStore
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def postman(self) -> Postman:
        return Postman(self.workspace, self.outbox, self.store, now=self.now)

    def desk(self) -> CaseDesk:
        return CaseDesk(self.store, self.workspace.house.processes)

    def states(self) -> dict[str, int]:
        return {state: many for state, many in self.outbox.counts().items() if not state.startswith("message:")}


ROBOT = """  address: https://brain.example
  links:
    group: {{kind: {kind}, address_env: QT_TEST_WHERE}}
  routes:
    - {{role: platform, link: group}}
    - {{role: bureau, link: group}}
    - {{role: task_force, link: group, urgent: true}}
"""


@pytest.fixture
def office(assessed: Path, tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Office]:
    folder = tmp_path / "district"
    shutil.copytree(assessed, folder)
    monkeypatch.setenv("QT_TEST_WHERE", f"{sink.address}/robot?access_token=t")
    declared(folder, getattr(request, "param", ROBOT.format(kind="dingtalk")))
    workspace = Workspace(folder)
    found = Office(workspace, OutboxStore(workspace.hidden / "state.sqlite"), workspace.state())
    yield found
    found.outbox.close()
    found.store.close()


def test_cases_that_a_run_opened_reach_their_owner_in_one_letter_without_names(office: Office, sink: Sink) -> None:
    done = office.postman().round()
    assert done.states == {"sent": 1}
    text = sink.bodies()[0]["markdown"]["text"]
    assert "lowland-2022-000001" in text
    assert "https://brain.example/case/lowland-2022-000001" in text
    assert "示范数据" in text
    assert "示例企业" not in text
    assert office.postman().round().states == {}
    assert len(sink.requests) == 1


def test_a_step_tells_the_next_owner_and_a_refused_step_tells_nobody(office: Office, sink: Sink) -> None:
    office.postman().round()
    desk = office.desk()
    with pytest.raises(ActionError):
        desk.step("lowland-2022-000001", "accept", {}, day=DAY, at=office.now(), actor=EVERYBODY)
    assert office.postman().round().states == {}
    desk.assign("lowland-2022-000001", "Li", day=DAY, at=office.now(), actor=EVERYBODY)
    assert office.postman().round().states == {"sent": 1}
    assert "指定经办人" in sink.bodies()[-1]["markdown"]["text"]


def test_a_message_stands_or_falls_with_its_step(office: Office) -> None:
    before = office.outbox.counts()["message:new"]

    def step_in(writer: StateWriter, fails: bool) -> None:
        event = writer.case_events("lowland-2022-000001")[0]
        entry, = writer.log([Act(office.now(), "li", "case.assigned", "case:lowland-2022-000001", {})])
        writer.add_events([replace(event, event="assigned", seq=entry.seq)])
        if fails:
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError), office.store.writing() as writer:
        step_in(writer, True)
    assert office.outbox.counts()["message:new"] == before
    with office.store.writing() as writer:
        step_in(writer, False)
    assert office.outbox.counts()["message:new"] == before + 1


def test_what_is_overdue_is_escalated_and_its_new_owner_is_urged(office: Office, sink: Sink) -> None:
    office.postman().round()
    touched = office.desk().chase(day=date(2023, 12, 1), at=office.now(), actor=EVERYBODY)
    assert touched
    office.postman().round()
    text = sink.bodies()[-1]["markdown"]["text"]
    assert "逾期督办" in text


def _killed_while_sending(office: Office, sink: Sink) -> None:
    child = subprocess.Popen([sys.executable, "-c", ROUND_IN_A_CHILD, str(office.workspace.folder)])
    sink.before_answering = lambda: os.kill(child.pid, signal.SIGKILL)
    assert child.wait(60) == -signal.SIGKILL
    sink.before_answering = lambda: None
    assert len(sink.requests) == 1
    assert office.states() == {"sending": 1}


def test_killed_between_claim_and_mark_nothing_is_sent_again_and_a_person_decides(office: Office, sink: Sink) -> None:
    _killed_while_sending(office, sink)
    assert office.postman().round().states == {}  # its claim still holds
    office.ahead = LEASE + timedelta(minutes=1)
    assert office.postman().round().states == {"uncertain": 1}
    assert office.postman().round().states == {}
    assert len(sink.requests) == 1
    waiting = office.outbox.deliveries((DeliveryState.UNCERTAIN,))[0]
    assert office.outbox.decide(waiting.number, DeliveryState.WAITING, office.now(), "again") is not None
    assert office.postman().round().states == {"sent": 1}
    assert len(sink.requests) == 2


@pytest.mark.parametrize("office", ["""  links:
    tickets: {kind: webhook, address_env: QT_TEST_WHERE, deduplicates: true}
  routes:
    - {role: platform, link: tickets}
"""], indirect=True)
def test_killed_between_claim_and_mark_a_far_side_that_keeps_keys_takes_it_once(office: Office, sink: Sink) -> None:
    _killed_while_sending(office, sink)
    office.ahead = LEASE + timedelta(minutes=1)
    assert office.postman().round().states == {"waiting": 1, "sent": 1}
    assert len(sink.requests) == 2
    assert len({headers["idempotency-key"] for _, headers, _ in sink.requests}) == 1
    assert sink.requests[0][2] == sink.requests[1][2]


def test_a_refusal_waits_longer_each_time_and_ends(office: Office, sink: Sink) -> None:
    sink.usual = (200, {"errcode": 130101, "errmsg": "send too fast"})
    gaps = []
    for n in range(1, MOST_ATTEMPTS + 1):
        assert office.postman().round().states == {"failed" if n == MOST_ATTEMPTS else "waiting": 1}
        assert office.postman().round().states == {}  # not before its time
        gaps.append(wait_after(n))
        office.ahead += gaps[-1] + timedelta(seconds=1)
    assert gaps == sorted(gaps)
    assert gaps[-1] <= timedelta(hours=6)
    assert len(sink.requests) == MOST_ATTEMPTS
    assert office.outbox.deliveries((DeliveryState.FAILED,))[0].told.startswith("200")


def test_postmen_at_once_send_each_letter_once(office: Office, sink: Sink) -> None:
    office.postman().round()
    sink.requests.clear()
    reach = office.workspace.district.reach
    assert reach is not None
    teller = Teller({}, office.workspace.district.name, True, "")
    for n in range(40):
        office.outbox.add([Message(f"task:{n}", office.now(), "task", "task", f"T{n:02d}", "bureau", detail={"title": {"zh": "换刀", "en": "new tool"}})])
        office.outbox.route(lambda new: Routed(*routed(new, reach, teller, office.now())))
    workers = [threading.Thread(target=office.postman().round) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = sorted(re.findall(r"T\d\d", body["markdown"]["title"])[0] for body in sink.bodies())
    assert found == [f"T{n:02d}" for n in range(40)]


def test_a_task_is_told_once_however_often_it_is_handed_over(office: Office, sink: Sink) -> None:
    office.postman().round()
    told: dict[str, Plain] = {"title": {"zh": "更换硫化机密封", "en": "replace the press seal"}, "path": "/plant-task/tire/T1"}
    task = Message("task:1", office.now(), "task", "task", "T1", "bureau", detail=told)
    assert [office.outbox.add([task]), office.outbox.add([task])] == [1, 0]
    office.postman().round()
    text = sink.bodies()[-1]["markdown"]["text"]
    assert "更换硫化机密封" in text
    assert "https://brain.example/plant-task/tire/T1" in text
    assert len(sink.requests) == 2


@pytest.mark.parametrize("office", ["""  links:
    group: {kind: dingtalk, address_env: QT_TEST_WHERE}
  routes:
    - {role: task_force, link: group}
"""], indirect=True)
def test_who_has_no_address_is_counted_and_shown(office: Office, sink: Sink) -> None:
    office.postman().round()
    assert sink.requests == []
    assert office.outbox.messages(MessageState.NOBODY)[0].role == "platform"


def test_what_is_too_old_is_not_sent_as_news(office: Office, sink: Sink) -> None:
    office.ahead = timedelta(days=4)
    office.postman().round()
    assert sink.requests == []
    assert office.outbox.counts()["message:old"] > 0


MAIL = """  language: both
  links:
    office: {{kind: mail, host: 127.0.0.1, port: {port}, security: none, from: brain@district.example}}
    group: {{kind: dingtalk, address_env: QT_NOT_SET}}
  routes:
    - {{role: platform, scope: medport, link: office, to: medport@district.example}}
    - {{role: platform, scope: medport, link: group}}
    - {{person: Li, link: office, to: li@district.example, language: en}}
"""


def test_mail_goes_to_the_scopes_own_address_in_both_languages_and_to_the_person_once_assigned(office: Office) -> None:
    with mail_server() as box:
        box_office(office, box)
        done = office.postman().round()
        assert "QT_NOT_SET" in str(done.unready["group"][0].told.en)
        first = box.letters[0]
        assert first["to"] == "medport@district.example"
        assert "立案" in first.get_content()
        assert "opened" in first.get_content()
        assert office.states()["waiting"] >= 1  # the group's letter waits until its address is there
        mine = next(c for c in office.desk().cases(CaseQuery()) if c.scope == "medport")
        office.desk().assign(mine.id, "Li", day=DAY, at=office.now(), actor=EVERYBODY)
        office.postman().round()
        assert box.letters[-1]["to"] == "li@district.example"
        assert "立案" not in box.letters[-1].get_content()


def box_office(office: Office, box: Mailbox) -> None:
    declared(office.workspace.folder, MAIL.format(port=box.port))
    office.workspace = Workspace(office.workspace.folder)


# --- quiet hours ---


def quiet(begins: str, ends: str) -> Reach:
    return Reach(ZoneInfo("Asia/Shanghai"), "", Quiet(time.fromisoformat(begins), time.fromisoformat(ends), True), (), (), 3)


@pytest.mark.parametrize(("at", "allowed"), [
    ("2022-12-30 10:00", "2022-12-30 10:00"),  # a Friday morning
    ("2022-12-30 18:30", "2023-01-03 08:30"),  # Friday evening before New Year's holiday (31 December to 2 January)
    ("2022-12-29 03:00", "2022-12-29 08:30"),  # in the night, in time for the morning
    ("2022-12-28 23:59", "2022-12-29 08:30"),
    ("2023-01-28 12:00", "2023-01-28 12:00"),  # a Saturday that was a working day
    ("2023-01-23 12:00", "2023-01-28 08:30"),  # Spring Festival
    ("2062-01-07 12:00", "2062-01-09 08:30"),  # beyond the calendar: Saturday waits for Monday
])
def test_nobody_is_disturbed_at_night_or_on_a_rest_day(at: str, allowed: str) -> None:
    reach = quiet("18:30", "08:30")
    asked = datetime.fromisoformat(at).replace(tzinfo=reach.zone)
    assert next_allowed(asked, reach).astimezone(reach.zone).strftime("%Y-%m-%d %H:%M") == allowed


def test_a_quiet_noon_ends_the_same_day() -> None:
    reach = quiet("12:00", "13:30")
    asked = datetime(2022, 12, 30, 12, 15, tzinfo=reach.zone)
    assert next_allowed(asked, reach).astimezone(reach.zone).strftime("%H:%M") == "13:30"


# --- settings ---


@pytest.mark.parametrize(("written", "wrong"), [
    ("  links:\n    g: {kind: dingtalk, address: 'https://x'}\n", "secret"), ("  links:\n    g: {kind: wecom}\n", "address_env"),
    ("  links:\n    g: {kind: pigeon}\n", "pigeon"), ("  routes:\n    - {link: none}\n", "either a role or a person"),
    ("  zone: Mars/Base\n", "no time zone"), ("  quiet: {from: noon, until: \"13:00\"}\n", "no hour"),
    ("  links:\n    m: {kind: mail, host: h, from: a@b, user: u, password_file: secrets.txt}\n", "outside the folder"),
    ("  links:\n    m: {kind: mail, host: h, from: a@b, password: x}\n", "unknown key")])
def test_every_fault_of_the_settings_is_told_with_its_line(tmp_path: Path, written: str, wrong: str) -> None:
    declared(tmp_path, written)
    with pytest.raises(FactsError) as found:
        District.load(tmp_path)
    assert wrong in "".join(f.message.en for f in found.value.faults)
    assert all(f.place.row for f in found.value.faults)


def test_the_command_sends_a_round_and_says_what_needs_a_person(office: Office, sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    sink.usual = (200, {"errcode": 310000, "errmsg": "sign not match"})
    assert main(["notify", str(office.workspace.folder), "--once", "--json"]) == 1
    assert '"failed": 1' in capsys.readouterr().out


def test_the_command_goes_on_until_it_is_told_to_end(office: Office, sink: Sink) -> None:
    came = threading.Event()
    sink.before_answering = came.set
    run = "import sys; from qiantang.cli import main; sys.exit(main(sys.argv[1:]))"
    child = subprocess.Popen([sys.executable, "-c", run, "notify", str(office.workspace.folder), "--watch", "--every", "0.2"], stderr=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL)
    try:
        assert came.wait(60)
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 0
    finally:
        child.kill()
    assert office.states() == {"sent": 1}
