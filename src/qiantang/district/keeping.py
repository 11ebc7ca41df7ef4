"""Files that people hand in as evidence are kept under the hash of their content: the same file is kept once, unchanged."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from qiantang.district.workspace import Workspace

_REFERENCE = re.compile(r"[0-9a-f]{64}")
_UNFIT = re.compile(r"[\x00-\x1f/\\]")
_LONGEST = 120


def keep_file(workspace: Workspace, name: str, content: bytes) -> str:
    """Keep a file; the reference is the SHA-256 of its content."""
    reference = hashlib.sha256(content).hexdigest()
    folder = _folder(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    _whole(folder / reference, content)
    named = folder / f"{reference}.name"
    if not named.is_file():
        _whole(named, _UNFIT.sub("_", name)[-_LONGEST:].encode())
    return reference


def kept_file(workspace: Workspace, reference: str) -> tuple[str, bytes] | None:
    """Name and content of a kept file; None where there is none of that reference, or its content is not what it was."""
    if not _REFERENCE.fullmatch(reference):
        return None
    path = _folder(workspace) / reference
    if not path.is_file():
        return None
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != reference:
        return None
    return path.with_name(f"{reference}.name").read_text(encoding="utf-8"), content


def _folder(workspace: Workspace) -> Path:
    return workspace.hidden / "evidence"


def _whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
