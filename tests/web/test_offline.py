"""Nothing a browser is given names another host, what comes from npm is what the lock says, and the pages do without it."""

from __future__ import annotations

import hashlib
import re
import tomllib

import pytest

from qiantang.web import assets
from tests.web.conftest import Web
from tests.web.test_pages import address

OWN = ("css", "js")
URL = re.compile(r"(?:https?:|wss?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"'`)<]*", re.IGNORECASE)
NAMESPACES = ("http://www.w3.org/",)
LOCK = tomllib.loads((assets.STATIC.parent / "vendor.lock").read_text(encoding="utf-8"))


def foreign(text: str) -> list[str]:
    return [url for url in URL.findall(text) if not url.startswith(NAMESPACES)]


def test_our_own_files_name_no_other_host() -> None:
    files = [path for folder in (*(assets.STATIC / name for name in OWN), assets.STATIC.parent / "templates") for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 25
    assert {path.name: found for path in files if (found := foreign(path.read_text(encoding="utf-8")))} == {}


def test_no_page_names_another_host_where_a_browser_would_go_there(web: Web) -> None:
    client = web.as_("director")
    for page in web.pages:
        # A link to where a regulation was published is followed only by who clicks it.
        text = re.sub(r"<a [^>]*>", "", client.get(address(page)).text)
        asked = re.findall(r"(?:src|href|action|data|poster|srcset|hx-\w+)=[\"']([^\"']+)", text)
        assert [a for a in asked if foreign(a)] == [], page.name


def test_the_lock_names_version_licence_and_hash_of_everything() -> None:
    for package in LOCK["package"]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"]), package
        assert re.fullmatch(r"[0-9a-f]{64}", package["sha256"]), package
        assert package["licence"] in ("0BSD", "MIT", "BSD-3-Clause", "Apache-2.0"), package
    assert {file["name"] for file in LOCK["file"]} == {"LICENCES.txt", "echarts.js", "htmx.js"}


def test_the_files_from_npm_are_those_of_the_lock() -> None:
    vendored = assets.STATIC / "vendor"
    if not vendored.is_dir():
        pytest.skip("needs the browser files; remedy: make browser")
    for file in LOCK["file"]:
        assert hashlib.sha256((vendored / file["name"]).read_bytes()).hexdigest() == file["sha256"], file["name"]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that never reached npm."""
    kept = {name: asset for name, asset in assets.assets().items() if not name.startswith("vendor/")}
    monkeypatch.setattr(assets, "assets", lambda: kept)


@pytest.mark.usefixtures("bare")
def test_pages_do_without_the_files_from_npm(web: Web) -> None:
    client = web.as_("director")
    text = client.get("/evaluation?rulebook=mu/huangyan-2022").text
    assert "vendor/" not in text
    assert "<form class=\"filters\" method=\"get\"" in text
    assert "rel=\"next\"" in text
    assert "<svg" in text


def test_a_file_asked_for_by_its_content_is_kept_for_good_and_another_is_asked_after(web: Web) -> None:
    client = web.as_("nobody")
    named = re.search(r"/static/page\.css\?[0-9a-f]+", client.get("/self-check").text)
    assert named is not None
    assert "immutable" in client.get(named[0]).headers["cache-control"]
    other = client.get("/static/page.css?other")
    assert other.headers["cache-control"] == "no-cache"
    again = client.get("/static/page.css", headers={"if-none-match": other.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_is_whole_whichever_way_it_travels(web: Web, encoding: str) -> None:
    answer = web.as_("nobody").get("/static/page.js", headers={"accept-encoding": encoding})
    assert answer.content == assets.assets()["page.js"].content
    assert answer.headers.get("content-encoding", "identity") == encoding
