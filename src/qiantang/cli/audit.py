"""qiantang audit: whether the record of every act is whole, and whether the tables still say what it says."""

from __future__ import annotations

from typing import Annotated

import typer

from qiantang.cli.answers import Answer, Code, fault_told
from qiantang.cli.declaring import command, group
from qiantang.cli.language import said
from qiantang.cli.options import DirOption
from qiantang.cli.screen import Screen
from qiantang.kernel.errors import ActionError
from qiantang.kernel.words import Text, preferred_lang


def declare(app: typer.Typer) -> None:
    """Declare the group."""
    audit = group("audit", said("审计日志。", "The audit log."), "qiantang audit verify")
    command(audit, "verify", said("核验审计日志的哈希链，并用它重算每个案件；有断裂或不符时退出码为 1。",
                                  "Walk the hash chain of the audit log and work out every case anew from it; exit code 1 where it does not hold."),
            ["qiantang audit verify", "qiantang audit verify --anchor 412:9f2c…"])(verify)
    app.add_typer(audit)


def verify(
    anchor: Annotated[str | None, typer.Option("--anchor", metavar="N:HASH", show_default=False, help=said(
        "此前留存的末条序号与校验值", "number and hash of the last entry, noted earlier"))] = None,
    directory: DirOption = None,
) -> Answer:
    """Walk the chain, then prove every case."""
    from qiantang.district.workspace import found_workspace
    from qiantang.kernel.actions.audit import Head
    from qiantang.kernel.actions.ports import CaseQuery
    from qiantang.kernel.actions.proof import prove_cases, verify_log

    noted = None
    if anchor is not None:
        number, _, digest = anchor.partition(":")
        if not number.isdigit() or not digest:
            raise ActionError.of(f"“{anchor}”应写成 序号:校验值", f"'{anchor}' must be written as number:hash", value=anchor,
                                 remedy=Text("取自上一次 audit verify 的输出。", "Take it from what audit verify said last time."))
        noted = Head(int(number), digest)
    workspace = found_workspace(directory)
    store = workspace.state()
    try:
        chain = verify_log(store, noted)
        with store.reading() as reader:
            many = reader.count_cases(CaseQuery(open_only=False))
        faults = prove_cases(store) if chain.whole else ()
    finally:
        store.close()
    holds = chain.whole and not faults

    def draw(screen: Screen) -> None:
        if chain.broken is not None:
            screen.warning(said(f"日志在第 {chain.broken.seq} 条断裂：{chain.broken.why.zh}",
                                f"the log breaks at entry {chain.broken.seq}: {chain.broken.why.en}"))
        else:
            screen.line(said(f"{chain.count:,} 条记录，链条完整；{many:,} 个案件的状态均可由日志重算得出。" if holds else f"{chain.count:,} 条记录，链条完整。",
                             f"{chain.count:,} entries, the chain is whole; all {many:,} cases follow from it." if holds
                             else f"{chain.count:,} entries, the chain is whole."))
        screen.faults([f.said(preferred_lang()) for f in faults])
        screen.command(f"qiantang audit verify --anchor {chain.head.seq}:{chain.head.hash}",
                       said("留存此句，下次可查出此前的记录是否被改写", "keep this line: next time it finds a log that was rewritten"))

    return Answer({"whole": chain.whole, "holds": holds, "entries": chain.count, "cases": many, "head": {"seq": chain.head.seq, "hash": chain.head.hash},
                   "broken": chain.broken, "faults": [fault_told(f) for f in faults]}, draw, Code.DONE if holds else Code.ATTENTION)
