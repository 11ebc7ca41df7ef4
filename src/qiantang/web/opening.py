"""What the first reader would wait for is made before the doors open: rulebooks compiled, templates read, memory settled."""

from __future__ import annotations

import gc
from contextlib import suppress

from qiantang.district.brain import Brain
from qiantang.district.reading import LOCAL
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.findings.calling import calling
from qiantang.web.kinds.rendering import read_templates


def prepare(brain: Brain) -> None:
    """Compile every assessed rulebook and all templates, and leave what was made out of later collections of garbage.

    Nothing of what a run says is kept: pages ask for it as ever.
    """
    read_templates()
    with brain.reads(LOCAL) as reads:
        for rulebook in brain.workspace.assessed:
            with suppress(QiantangError):  # a run that cannot be opened is told of by the page that asks for it
                inquiry = brain.inquiry(reads, rulebook)
                calling(inquiry.reading)
                reads.engine.columns(reads.rows(inquiry.run, inquiry.judged.reading))
    # A full collection walks over every rulebook for a tenth of a second, in the middle of somebody's page.
    gc.collect()
    gc.freeze()
