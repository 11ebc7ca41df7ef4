"""Draws an explanation: the answer first, headings that stand out, lines that keep their place when they are folded."""

from __future__ import annotations

from qiantang.cli.screen import Screen
from qiantang.kernel.findings.explanation import Explanation
from qiantang.kernel.findings.telling import rendered
from qiantang.kernel.words import preferred_lang


def draw_explanation(screen: Screen, explanation: Explanation) -> None:
    """The explanation as the kernel tells it, laid out for a screen."""
    after_blank = True
    for line in rendered(explanation, preferred_lang()).splitlines():
        stripped = line.lstrip(" ")
        depth = len(line) - len(stripped)
        if not stripped:
            after_blank = True
            continue
        if after_blank and not depth:
            screen.heading(stripped)
        else:
            screen.line(stripped, indent=depth + (2 if depth else 0) if depth else 2)
        after_blank = False
