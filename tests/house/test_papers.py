"""The papers beside the code agree with it and with each other: docs, read-me files, requirements, licence."""

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.plan import ROOT


def _pages(lang: str) -> set[str]:
    home = ROOT / "docs" / lang
    return {str(f.relative_to(home)) for f in home.rglob("*") if f.is_file()}


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_docs_are_twins_page_by_page() -> None:
    assert _pages("en") == _pages("zh")


def test_every_make_command_that_is_written_down_exists() -> None:
    papers = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / ".ci" / "run", ROOT / "tests" / "parts.py"]
    written = {t for p in papers for t in re.findall(r"(?:`|\n|\")make ([a-z-]+)\b", p.read_text(encoding="utf-8"))}
    assert {"check", "test", "system"} <= written
    assert written - _make_targets() == set()


def test_the_lock_answers_every_requirement() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    peers = (ROOT / "benchmarks" / "peers.txt").read_text(encoding="utf-8").split("\n")
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    written = [*project["dependencies"], *extras, *peers]
    wanted = [Requirement(line) for line in written if line and not line.startswith("#")]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").split("\n")
    locked = {canonicalize_name(n): v for n, _, v in (line.partition("==") for line in lines if "==" in line)}
    unanswered = [str(r) for r in wanted if not r.specifier.contains(locked.get(canonicalize_name(r.name), "0"))]
    assert unanswered == []


def test_no_requirement_of_the_package_is_a_peer_under_agpl() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "openfisca" not in project.lower()


def test_the_licence_is_apache_2() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in licence
    assert "Version 2.0" in licence
