"""The first line of every file says its one idea, and no room is a lumber room."""

import ast
from pathlib import Path

from tests.house.plan import PACKAGE, ROOT, python_files, shown, yaml_files

LUMBER = {"utils", "util", "helpers", "helper", "misc", "common", "tools", "lib", "stuff", "manager", "base"}


def _says_its_idea(file: Path) -> bool:
    """One sentence, whole, on the very first line."""
    text = file.read_text(encoding="utf-8")
    caption = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
    return text.startswith('"""') and caption.endswith((".", "。"))


def test_every_python_file_begins_with_one_sentence() -> None:
    assert shown([f for f in python_files() if not _says_its_idea(f)]) == []


def test_every_yaml_file_begins_with_a_caption() -> None:
    speechless = [f for f in yaml_files() if not f.read_text(encoding="utf-8").startswith("# ")]
    assert shown(speechless) == []


def test_every_script_of_the_set_up_begins_with_a_caption() -> None:
    scripts = [*(ROOT / "setup").glob("*.sh"), ROOT / ".ci" / "run"]
    speechless = [s for s in scripts if not s.read_text(encoding="utf-8").split("\n")[1].startswith("# ")]
    assert shown(speechless) == []


def test_no_room_is_a_lumber_room() -> None:
    assert shown([p for p in sorted(PACKAGE.rglob("*")) if p.stem in LUMBER]) == []
