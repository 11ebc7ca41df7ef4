"""What a node counts is told in words of both languages, and what is not known by its own name."""

import re
from pathlib import Path

import pytest

from qiantang.district.plant import node, notices, pipeline, recorder
from qiantang.domains.factory import ordering
from qiantang.domains.factory.measures.counts import COUNTED, counted
from qiantang.links import messages
from qiantang.links.sparkplug.telling import TELLINGS


def test_every_counter_of_a_node_has_words() -> None:
    written = "".join(Path(str(part.__file__)).read_text("utf-8") for part in (node, pipeline, recorder, ordering))
    named = set(re.findall(r'counters\.add\("(\w+)"', written))
    assert "received" in named
    assert named <= set(COUNTED)


@pytest.mark.parametrize(("name", "zh", "en"), [
    ("late", "迟到的读数", "late readings"), ("notice_gap", "提示：序号跳跃", "notices: a sequence that jumps"), ("new_one", "new_one", "new_one"),
    ("notice_new_one", "提示：new_one", "notices: new_one")])
def test_a_counter_is_told_in_both_languages(name: str, zh: str, en: str) -> None:
    assert (counted(name).zh, counted(name).en) == (zh, en)


def test_every_kind_of_notice_has_words() -> None:
    links = sorted(Path(str(messages.__file__)).parent.glob("*.py"))
    written = [part.read_text("utf-8") for part in (*links, Path(str(notices.__file__)))]
    kinds = {kind for one in written for kind in re.findall(r'^    "(\w+)": Text\(', one, flags=re.MULTILINE)} | set(TELLINGS)
    assert {"paused", "wire", "rebirth"} <= kinds
    assert not [kind for kind in sorted(kinds) if counted(f"notice_{kind}").zh == f"提示：{kind}"]
