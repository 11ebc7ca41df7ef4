"""How a command's work ends: an answer shown or written as JSON, faults told all together, an interruption said so."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from qiantang.cli.answers import Answer, Code, fault_told, written
from qiantang.cli.language import told
from qiantang.kernel.errors import Fault, Place, QiantangError
from qiantang.kernel.words import Text

_STOPPED = Text("已中断；此前的结果完整无损。", "Interrupted; the previous results stand whole.")


def answered(work: Callable[[], Answer], as_json: bool) -> int:
    """Do the work, show its answer, and give the exit code."""
    try:
        answer = work()
        if as_json:
            _say(written(answer.told))
        elif answer.draw is None:
            _say("\n".join(answer.lines))
        else:
            from qiantang.cli.screen import Screen

            answer.draw(Screen())
        sys.stdout.flush()
    except QiantangError as wrong:
        return refused(wrong, as_json)
    except KeyboardInterrupt:
        return stopped(as_json)
    except BrokenPipeError:
        # The reader of a pipe has seen enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Code.DONE
    except OSError as wrong:
        why = f"{wrong.strerror or wrong}"
        return refused(QiantangError(Fault(
            Text(f"文件无法读写：{why}", f"a file cannot be read or written: {why}"), Place(str(wrong.filename or "")), rule="file",
            remedy=Text("检查路径、权限与磁盘空间。", "Check the path, its permissions and the space on the disk."))), as_json)
    return answer.code


def refused(wrong: QiantangError, as_json: bool) -> int:
    """Tell every fault, each with its place and what to do."""
    if as_json:
        _say(written({"faults": [fault_told(f) for f in wrong.faults]}))
    for fault in wrong.faults:
        sys.stderr.write(f"× {told(Text(fault.said('zh'), fault.said('en')))}\n")
    return Code.REFUSED


def stopped(as_json: bool) -> int:
    """Say that the work was broken off."""
    if as_json:
        _say(written({"interrupted": _STOPPED}))
    sys.stderr.write(f"\n{told(_STOPPED)}\n")
    return Code.INTERRUPTED


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
