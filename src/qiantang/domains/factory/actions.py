"""What follows from a finding in a plant: a task, whose life is one table with deadlines in minutes."""

from __future__ import annotations

from pathlib import Path

from qiantang.kernel.actions.process_files import read_process

TASK = read_process(Path(__file__).with_name("processes") / "task.yaml")
