"""Folds a line to a width: Chinese between any two characters, other words at blanks, no mark where it may not stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len

_OPENING = "（“‘《〔【(["
_CLOSING = "，。；：、！？）”’》〕】…),.;:!?]%"
_PIECES = re.compile(rf"""
    [{re.escape(_OPENING)}]*                                  # what opens stays with what follows
    (?:[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef（“‘《〔【]+)
    [{re.escape(_CLOSING)}]*                                  # what closes stays with what it follows
    |\s+|.""", re.VERBOSE)


def folded(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns; a word longer than that is cut."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph, width):
            if line and cell_len(line.rstrip() if piece.isspace() else line + piece) > width:
                lines.append(line.rstrip())
                line = ""
            line += "" if piece.isspace() and not line else piece
        lines.append(line.rstrip())
    return lines


def _pieces(text: str, width: int) -> Iterator[str]:
    """What must stay together, cut only where it is wider than a line."""
    for found in _PIECES.finditer(text):
        piece = found[0]
        while cell_len(piece) > width and not piece.isspace():
            cut = next(n for n in range(len(piece), 0, -1) if n == 1 or cell_len(piece[:n]) <= width)
            yield piece[:cut]
            piece = piece[cut:]
        if piece:
            yield piece
