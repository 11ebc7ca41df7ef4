"""Every text a reader meets exists in Chinese and in English, with the same places to fill."""

import json
from collections.abc import Iterator
from string import Formatter

import yaml

from tests.house.plan import ROOT, modules, said_by_a_fresh_python, yaml_files

# In a new interpreter, where the only texts alive are the package's own.
TEXTS_ALIVE = """
import gc, importlib, json, sys
for name in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in {"pyspark", "psycopg"}:
            raise
from qiantang.kernel.words import Text
print(json.dumps([[t.zh, t.en] for t in gc.get_objects() if type(t) is Text]))
"""


def _half_said(zh: object, en: object) -> bool:
    """One language is there and the other is not; nothing at all in both is a text that says nothing, on purpose."""
    return bool(str(zh or "").strip()) != bool(str(en or "").strip())


def _places(text: str) -> set[str] | None:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        return None  # braces that mark no place


def _texts_of_the_package() -> list[tuple[str, str]]:
    alive = json.loads(said_by_a_fresh_python(TEXTS_ALIVE, json.dumps(modules())))
    return [(zh, en) for zh, en in alive]


def _pairs(node: object) -> Iterator[tuple[object, object]]:
    """Every mapping with a Chinese or an English side, at any depth."""
    if isinstance(node, dict):
        if "zh" in node or "en" in node:
            yield node.get("zh"), node.get("en")
        for child in node.values():
            yield from _pairs(child)
    elif isinstance(node, list):
        for child in node:
            yield from _pairs(child)


def test_every_text_in_the_package_is_said_in_both_languages() -> None:
    texts = _texts_of_the_package()
    assert texts, "the walk must meet the package's texts"
    assert [(zh, en) for zh, en in texts if _half_said(zh, en)] == []


def test_both_languages_have_the_same_places_to_fill() -> None:
    assert [(zh, en) for zh, en in _texts_of_the_package() if _places(zh) != _places(en)] == []


def test_every_text_in_yaml_is_said_in_both_languages() -> None:
    half_said = {
        str(file.relative_to(ROOT)): faults
        for file in yaml_files()
        if (faults := [pair for doc in yaml.safe_load_all(file.read_text(encoding="utf-8")) for pair in _pairs(doc)
                       if _half_said(*pair)])
    }
    assert half_said == {}
