"""The words that codes and names in a finding stand for: facts, criteria, outcomes, platforms, choices in cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.words import Text, joined

if TYPE_CHECKING:
    from qiantang.district.workspace import Workspace


def words_of(workspace: Workspace, reading: Reading) -> Mapping[str, Text]:
    """Every name that a text of this reading's run may hold, with its title; nearer ones prevail."""
    found: dict[str, Text] = {}
    for process in workspace.house.processes:
        for event in process.events:
            for need in event.needs:
                found |= {choice.name: choice.title for choice in need.choices}
    found |= {p.code: p.title for p in workspace.district.platforms}
    found |= {c.name: c.title for c in reading.book.dossier.columns}
    found |= {c.id: c.title for c in reading.outline.criteria}
    return found | dict(reading.outline.codes)


def in_words(value: str, words: Mapping[str, Text]) -> Text:
    """A name, or several with commas between, as words; what is no name is left as it is."""
    parts = [part.strip() for part in value.split(",")]
    if not all(part in words for part in parts):
        return words.get(value, Text(value, value))
    return joined([words[part] for part in parts])
