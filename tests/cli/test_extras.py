"""Without an extra its commands name what to install, before anything is made."""

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("words", [("serve",), ("accounts", "list", "--dir"), ("accounts", "revoke", "li", "--dir")])
@pytest.mark.parametrize(("lang", "said"), [("en", "what the pages need is not installed"), ("zh", "缺少网页所需的组件")])
def test_without_the_web_the_extra_to_install_is_named(assessed_once: Path, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], lang: str,
                                                       said: str) -> None:
    monkeypatch.delitem(sys.modules, "qiantang.web.running", raising=False)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    answered = run(*words, assessed_once, "--lang", lang)
    assert answered.code == 2
    assert said in answered.err
    assert "pip install 'qiantang[web]'" in answered.err


def test_a_demonstration_with_its_plant_is_not_begun_without_what_plants_need(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "qiantang.district.plant.demonstration", raising=False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    answered = run("demo", "--dir", tmp_path / "d", "--enterprises", "1000", "--plant", "5", "--lang", "en")
    assert answered.code == 2
    assert "pip install 'qiantang[factory]'" in answered.err
    assert list(tmp_path.iterdir()) == []
