"""What the commands of the pages need beyond the core: loaded when it is asked for, and named where it is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import Text


@contextmanager
def page_parts() -> Iterator[None]:
    """What the pages need may not be installed; said with what to do."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise FactsError.of(f"缺少网页所需的组件 {missing.name}", f"what the pages need is not installed: {missing.name}", value=missing.name,
                            remedy=Text("请安装：pip install 'qiantang[web]'", "Install it: pip install 'qiantang[web]'")) from missing
