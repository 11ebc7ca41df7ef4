"""What follows from a finding in a plant: a task, whose life is one table with deadlines in minutes."""

from __future__ import annotations

from pathlib import Path

from qiantang.kernel.actions.process_files import read_process
from qiantang.kernel.words import Text, same

TASK = read_process(Path(__file__).with_name("processes") / "task.yaml")
OPENED = "open"
"""What begins every task, before any event of the table."""
JOINED = "join"
"""What leaves a task in its state: a further finding of the same cause."""


def event_title(name: str) -> Text:
    """What a reader calls something that happened to a task."""
    titles = {event.name: event.title for event in TASK.events} | {OPENED: Text("开立", "opened"), JOINED: Text("并入", "joined")}
    return titles.get(name, same(name))
