"""Letters by the thousand: a batch is begun, watched, stopped and taken away; it goes on when the server is restarted."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Mapping

from qiantang.district.asking import Asking
from qiantang.district.letter_batches import MANIFEST, BatchHead, BatchState, LetterBatch
from qiantang.district.pages.showing import asking
from qiantang.kernel.errors import ActionError, FactsError, SubjectError
from qiantang.kernel.pages.blocks import Column, Drawn, Field, Folded, Form, Row, Section, Table
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, Page, Upload
from qiantang.kernel.pages.values import Amount, Mark, to
from qiantang.kernel.words import Lang, Text, same

_TITLE = Text("批量告知书", "Letters in batches")
_MOST_TAKEN = 200 * 1024 * 1024
_LANGUAGES = (("zh", same("中文")), ("en", same("English")))
_RUN = "import sys; from qiantang.cli import main; sys.exit(main(sys.argv[1:]))"


def draw(ask: Ask) -> Drawn:
    """The batches there are, how far each is, and the form to begin one."""
    own = _everybody(ask)
    titles = {r.rulebook: r.title for r in ask.runs()}
    found = [(batch, head, batch.state) for batch in _batches(own) if (head := batch.head) is not None]
    going = sum(1 for _, _, state in found if state is not None and state.alive)
    columns = (Column("batch", Text("批次", "batch")), Column("rulebook", Text("规则", "rulebook")), Column("language", Text("语言", "language")),
               Column("state", Text("状态", "state")), Column("done", Text("已生成", "written"), number=True),
               Column("total", Text("共", "of"), number=True), Column("failed", Text("未成", "failed"), number=True),
               Column("folder", Text("文件夹", "folder")))
    rows = tuple(Row((batch.folder.name, titles.get(head.rulebook, same(head.rulebook)), dict(_LANGUAGES)[head.lang], _standing(own, head, state),
                      Amount(state.done if state else 0), Amount(state.total if state else None), Amount(state.failed if state else 0),
                      str(batch.folder))) for batch, head, state in found)
    table = Table("batches", columns, rows, exports=False, empty=Text("还没有批次。", "No batch yet."))
    again = Form("", (), Text("刷新", "Look again"), asks=True)
    options = tuple((r.rulebook, r.title) for r in ask.runs())
    begin = Form("begin", (Field("rulebook", Text("规则", "rulebook"), "choice", options=options, required=True),
                           Field("outcome", Text("只含此结论（代码；留空为全部）", "only this outcome (its code; empty: all)")),
                           Field("language", Text("语言", "language"), "choice", options=_LANGUAGES, now="zh")),
                 Text("开始生成", "Begin"), confirm=Text("将为每家企业签发一份告知书并记入审计日志", "a letter is issued to every enterprise, and logged"))
    return Drawn(_TITLE, (
        Section(Text(f"{going} 批正在生成", f"{going} batches being written"), (table, again, *(_doing(batch, state) for batch, _, state in found)),
                Text("已生成的保留；中断后可续作", "what is written stays; a batch that was stopped can go on")),
        Section(Text("开始一批", "Begin a batch"), (begin,))), as_of=own.today)


def _everybody(ask: Ask) -> Asking:
    own = asking(ask)
    if not own.sees_everybody():
        raise SubjectError.of("没有找到", "not found")
    return own


def _batches(ask: Asking) -> list[LetterBatch]:
    home = ask.brain.workspace.hidden / "letters"
    return [LetterBatch(folder) for folder in sorted(home.iterdir(), reverse=True) if folder.is_dir()] if home.is_dir() else []


def _standing(ask: Asking, head: BatchHead, state: BatchState | None) -> Mark:
    if state is not None and state.alive:
        return Mark(Text("正在生成", "being written"), "watch")
    if ask.brain.workspace.latest_keys().get(head.rulebook) != head.run:
        return Mark(Text("评价已更新", "judged anew since"), "off")
    if state is None or state.done + state.failed < state.total:
        return Mark(Text("已停止", "stopped"), "alarm")
    return Mark(Text("已完成", "all written"), "ok")


def _doing(batch: LetterBatch, state: BatchState | None) -> Folded:
    carried = {"batch": batch.folder.name}
    if state is not None and state.alive:
        return Folded(same(batch.folder.name), (Form("stop", (), Text("停止", "Stop"), "alarm", carried=carried),))
    forms = [Form("take", (), Text("下载（ZIP）", "Take away (ZIP)"), carried=carried), Form("manifest", (), Text("下载清单", "Get the list"), carried=carried)]
    if state is None or state.done + state.failed < state.total:
        forms.insert(0, Form("go-on", (), Text("续作", "Go on"), carried=carried))
    return Folded(same(batch.folder.name), tuple(forms))


# --- acts ---


def _begin(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    own = _everybody(doing)
    rulebook, outcome = str(values.get("rulebook", "")), str(values.get("outcome", "")).strip()
    lang: Lang = "en" if values.get("language") == "en" else "zh"
    run = next((r for r in doing.runs() if r.rulebook == rulebook), None)
    if run is None:
        raise SubjectError.of(f"规则 {rulebook} 尚无结果", f"there is no result of rulebook {rulebook}", value=rulebook)
    if outcome and outcome not in run.counts:
        raise FactsError.of(f"没有结论为 {outcome} 的企业", f"no enterprise has the outcome {outcome}", value=outcome,
                            remedy=Text("可填：" + "、".join(run.counts), "One of: " + ", ".join(run.counts)))
    _refuse_second(own)
    name = "-".join(part for part in (run.key, lang, outcome) if part)
    head = BatchHead(rulebook, run.key, lang, own.today, _site(own), (outcome,) if outcome else ())
    LetterBatch(own.brain.workspace.hidden / "letters" / name).begin(head)
    _start(own, name)
    return Done(to("letters"), Text("已开始生成。", "The batch has begun."))


def _go_on(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    own = _everybody(doing)
    batch = _named(own, values)
    _refuse_second(own)
    _start(own, batch.folder.name)
    return Done(to("letters"), Text("已续作。", "The batch goes on."))


def _stop(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    _named(_everybody(doing), values).ask_to_stop()
    return Done(to("letters"), Text("写完手头的几份后停止。", "It stops after the letters at hand."))


def _take(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    batch = _named(_everybody(doing), values)
    letters = batch.written()
    if sum(one.bytes for one in letters.values()) > _MOST_TAKEN:
        raise ActionError.of("这一批太大，不宜由网页下载", "the batch is too large to be taken away here", value=str(batch.folder),
                             remedy=Text(f"请从文件夹取用：{batch.folder}", f"Take it from its folder: {batch.folder}"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for one in letters.values():
            archive.write(batch.folder / one.file, one.file)
    return Done(to("letters"), same(""), (f"{batch.folder.name}.zip", "application/zip", packed.getvalue()))


def _manifest(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    batch = _named(_everybody(doing), values)
    return Done(to("letters"), same(""), (MANIFEST, "application/jsonl", (batch.folder / MANIFEST).read_bytes()))


def _named(ask: Asking, values: Mapping[str, str | Upload]) -> LetterBatch:
    name = str(values.get("batch", ""))
    found = next((b for b in _batches(ask) if b.folder.name == name), None)
    if found is None or found.head is None:
        raise SubjectError.of(f"没有批次 {name}", f"there is no batch {name}", value=name)
    return found


def _refuse_second(ask: Asking) -> None:
    if any(state is not None and state.alive for state in (batch.state for batch in _batches(ask))):
        raise ActionError.of("另一批正在生成", "another batch is being written", remedy=Text("请等它完成，或先停止它。", "Wait for it, or stop it first."))


def _site(ask: Asking) -> str:
    reach = ask.brain.workspace.district.reach
    return reach.address if reach is not None and reach.address else "http://127.0.0.1:8000"


def _start(ask: Asking, name: str) -> None:
    """The batch in a process of its own: it takes no memory of the server's, and outlives it."""
    folder = ask.brain.workspace.folder
    out = ask.brain.workspace.hidden / "letters" / name
    batch = LetterBatch(out)
    head = batch.head
    assert head is not None
    words = ["letters", str(folder), "--rulebook", head.rulebook, "--out", str(out), "--letter-lang", head.lang, "--address", head.address, "--by",
             ask.who or "—", "--json", *(word for outcome in head.outcomes for word in ("--outcome", outcome))]
    with (out / "log.txt").open("ab") as said:
        process = subprocess.Popen([sys.executable, "-c", _RUN, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
                                   start_new_session=True)
    batch.tell(BatchState(0, len(batch.written()), 0, ask.brain.now, ask.brain.now, None, process.pid))
    threading.Thread(target=process.wait, daemon=True, name="letters").start()


PAGE = Page("letters", _TITLE, draw, needs="sign", menu=37, acts=(
    Act("begin", Text("开始一批", "begin a batch"), "sign", _begin), Act("go-on", Text("续作", "go on"), "sign", _go_on),
    Act("stop", Text("停止", "stop"), "sign", _stop), Act("take", Text("下载", "take away"), "sign", _take),
    Act("manifest", Text("下载清单", "get the list"), "sign", _manifest)))
