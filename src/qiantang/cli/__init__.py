"""The command line: one command for every question, in Chinese and English, for people and for scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``qiantang`` with these arguments (those of the process by default) and give its exit code."""
    from qiantang.cli.language import settle

    given = list(sys.argv[1:] if arguments is None else arguments)
    settle(given)
    if given[:1] == ["judge"]:
        # Judging a table is done from scripts, many times over: it starts without what draws tables and help.
        from qiantang.cli.judge import judge_from

        return judge_from(given[1:])
    from qiantang.cli.program import run

    return run(given)
