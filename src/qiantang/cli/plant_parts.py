"""What the commands of plants need beyond the core: loaded when it is asked for, and named where it is not installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import Text


@contextmanager
def plant_parts() -> Iterator[None]:
    """What a plant needs may not be installed; said with what to do. Many small systems of equations are solved faster by one
    thread than by several that wait for each other."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        yield
    except ModuleNotFoundError as missing:
        raise FactsError.of(f"缺少工厂所需的组件 {missing.name}", f"what plants need is not installed: {missing.name}", value=missing.name,
                            remedy=Text("请安装：pip install 'qiantang[factory]'", "Install it: pip install 'qiantang[factory]'")) from missing
