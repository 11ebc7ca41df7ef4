"""The two processes of a notice: publishing a run, and objecting to a fact of it."""

from __future__ import annotations

from pathlib import Path

from qiantang.kernel.actions.process_files import read_process

_PROCESSES = Path(__file__).with_name("processes")

NOTICE_PROCESS = read_process(_PROCESSES / "notice.yaml")
OBJECTION_PROCESS = read_process(_PROCESSES / "objection.yaml")
