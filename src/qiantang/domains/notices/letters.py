"""Letters of one page that tell a subject its outcome, each with a code by which anybody can prove it genuine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from qiantang.domains.notices.processing import NOTICE_PROCESS
from qiantang.kernel.actions.ports import CaseQuery
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.pages.blocks import Banner, Column, Drawn, Facts, Field, Form, Row, Section, Table
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, Letter, Page, Upload, Verdict
from qiantang.kernel.pages.values import Link, to
from qiantang.kernel.words import Text, same

_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 15
_MOST_ROWS = 10


def verification_code(subject: str, rulebook: str, run: str, outcome: str | None) -> str:
    """Fifteen signs that name one verdict, and a sixteenth that a slip of the pen does not pass, in groups of four."""
    number = int.from_bytes(hashlib.sha256("|".join((subject, rulebook, run, outcome or "")).encode()).digest(), "big")
    signs = ""
    for _ in range(_LENGTH):
        number, rest = divmod(number, len(_SIGNS))
        signs += _SIGNS[rest]
    whole = signs + check_sign(signs)
    return "-".join(whole[n:n + 4] for n in range(0, _LENGTH + 1, 4))


def check_sign(signs: str) -> str:
    """The sign that belongs to the first fifteen: a weighted sum modulo the number of signs, which is prime."""
    return _SIGNS[sum((n + 2) * _SIGNS.index(s) for n, s in enumerate(signs)) % len(_SIGNS)]


def is_code(written: str) -> bool:
    """Whether a code is written without a slip."""
    signs = written.upper().replace("-", "").replace(" ", "")
    return len(signs) == _LENGTH + 1 and all(s in _SIGNS for s in signs) and check_sign(signs[:-1]) == signs[-1]


def letter_of(told: Verdict, ask: Ask) -> Letter:
    """The letter of a verdict."""
    code = verification_code(told.subject, told.run.rulebook, told.run.key, told.outcome)
    score_zh = "" if told.score is None or told.score.value is None else f"，综合得分 {told.score.value:.2f} 分"
    score_en = "" if told.score is None or told.score.value is None else f", with a score of {told.score.value:.2f}"
    paragraphs = (
        Text(f"根据{told.run.title.zh}，对你单位 {told.run.year} 年度情况进行了评价，结论为“{told.outcome_title.zh}”{score_zh}。",
             f"By {told.run.title.en}, your figures of {told.run.year} were evaluated; the outcome is “{told.outcome_title.en}”{score_en}."),
        Text(f"主要依据：{told.because.zh}。" if told.because.zh else "逐项依据如下。",
             f"Mainly because: {told.because.en}." if told.because.en else "The grounds are these."),
        _how_to_object(told, ask))
    notes = [Text(f"规则 {told.run.rulebook} 版本 {told.run.version}，按 {told.run.law_date} 的文本；依据：{told.source}",
                  f"Rulebook {told.run.rulebook}, version {told.run.version}, as it read on {told.run.law_date}; source: {told.source}"),
             Text(f"批次 {told.run.key}，事实截至 {told.run.known_at}", f"Run {told.run.key}, facts known by {told.run.known_at}")]
    if ask.district.synthetic:
        notes.append(Text("示范数据，企业为程序生成", "Demonstration data: the enterprise is made by a program"))
    return Letter(Text("评价结果告知书", "Notice of an evaluation"), told.name, told.subject, paragraphs,
                  (Text("项目", "criterion"), Text("数值", "figure"), Text("得分或判断", "points or test")), told.parts[:_MOST_ROWS],
                  Text(f"{ask.district.name.zh}经济信息化部门", f"{ask.district.name.en}, bureau of economy"), ask.today, code, tuple(notes))


def _how_to_object(told: Verdict, ask: Ask) -> Text:
    """How to object, and until when: the last day of the run's notice, where it is on notice."""
    with ask.state() as reader:
        notices = reader.cases(CaseQuery(process=NOTICE_PROCESS.name, subject=told.run.key))
    day = notices[0].due.day if notices and notices[0].due is not None else None
    until_zh = f"于 {day.year} 年 {day.month} 月 {day.day} 日前" if day is not None else "在公示期内"
    until_en = f"by {day.isoformat()}" if day is not None else "while the notice stands"
    return Text(f"对所据事实有异议的，可{until_zh}登录系统提出，并附证据。",
                f"Whoever objects to a fact may sign in and object {until_en}, with evidence.")


def draw(ask: Ask) -> Drawn:
    """What the letter will say, and the button to issue it."""
    told = ask.verdict(ask.asked.get("subject", ""), _rulebook(ask))
    letter = letter_of(told, ask)
    columns = tuple(Column(f"c{n}", head) for n, head in enumerate(letter.heads))
    rows = tuple(Row((title, value, points)) for title, value, points in letter.rows)
    sections = (Section(letter.title, tuple(Banner(p, "plain") for p in letter.paragraphs)),
                Section(Text("依据", "Grounds"), (Table("grounds", columns, rows, exports=False),), span=7),
                Section(Text("签发", "Issue"), (Facts(((Text("验证码", "verification code"), letter.code), (Text("签发单位", "issued by"), letter.signed_by))),
                                                Form("issue", (Field("language", Text("语言", "language"), "choice",
                                                                     options=(("zh", same("中文")), ("en", same("English"))), now="zh"),),
                                                     Text("生成 PDF", "Make the PDF"))), span=5))
    return Drawn(same(told.name), sections, letter.title, (Link(told.run.title, ask.address_of(told.subject, told.run.rulebook)),), as_of=ask.today)


def _rulebook(ask: Ask) -> str:
    asked = ask.asked.get("rulebook")
    runs = ask.runs()
    if not asked and not runs:
        raise SubjectError.of("尚未评价", "nothing has been assessed yet")
    return asked or runs[0].rulebook


def _issue(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    told = doing.verdict(doing.asked.get("subject", ""), _rulebook(doing))
    letter = letter_of(told, doing)
    del values
    doing.log("letter.issued", f"letter:{letter.code}", {"subject": told.subject, "rulebook": told.run.rulebook, "run": told.run.key,
                                                         "outcome": told.outcome, "title": told.outcome_title.zh, "on": doing.today})
    return Done(to("letter", subject=told.subject, rulebook=told.run.rulebook), same(""), letter=letter)


def draw_verify(ask: Ask) -> Drawn:
    """Whether a letter is genuine, and whether its run still stands; it tells no more than the letter itself."""
    title = Text("验证告知书", "Verify a letter")
    form = Form("", (Field("code", Text("验证码", "verification code"), now=ask.asked.get("code", ""), required=True),), Text("验证", "Verify"), asks=True)
    asked = ask.asked.get("code", "")
    if not asked:
        return Drawn(title, (Section(same(""), (form,)),))
    if not is_code(asked):
        return Drawn(title, (Section(same(""), (form, Banner(Text("验证码有误，请核对。", "The code has a slip in it; look at it again."), "alarm"))),))
    signs = asked.upper().replace("-", "").replace(" ", "")
    code = "-".join(signs[n:n + 4] for n in range(0, len(signs), 4))
    with ask.state() as reader:
        entries = list(reader.entries(f"letter:{code}"))
    if not entries:
        return Drawn(title, (Section(same(""), (form, Banner(Text("没有签发过这样的告知书。", "No such letter was issued."), "alarm"))),))
    entry = entries[-1]
    detail = json.loads(entry.detail)
    stands = any(r.key == detail["run"] for r in ask.runs())
    said = Banner(Text("此告知书属实。", "The letter is genuine."), "ok") if stands else Banner(
        Text("此告知书属实，但所据批次已被新的评价取代。", "The letter is genuine, but a newer evaluation has taken the place of its run."), "watch")
    facts = Facts(((Text("验证码", "code"), code), (Text("规则", "rulebook"), detail["rulebook"]), (Text("结论", "outcome"), same(detail["title"])),
                   (Text("签发日", "issued on"), str(detail["on"])), (Text("审计日志", "audit log"), f"{entry.seq} · {entry.hash[:16]}")))
    return Drawn(title, (Section(same(""), (form, said, facts)),))


LETTER = Page("letter", Text("告知书", "Letter"), draw, asks=("rulebook",), path=("subject",), named=True, acts=(
    Act("issue", Text("生成告知书", "issue the letter"), "see", _issue, gives_letter=True),))
VERIFY = Page("verify", Text("验证告知书", "Verify a letter"), draw_verify, asks=("code",), public=True, menu=96)
