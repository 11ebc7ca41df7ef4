"""Resolves every dependency anew and writes the exact versions to requirements.lock, so that set-up can be repeated."""

import json
import subprocess
import sys
from pathlib import Path

HEAD = "# Exact versions of everything pyproject.toml and benchmarks/peers.txt resolve to; written by `make lock`.\n"


def resolved(root: Path) -> list[str]:
    """``name==version`` of every package that a full installation would bring, by name."""
    report = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-",
         "-e", f"{root}[test,factory,web,browser,boundaries,postgres,spark]", "-r", str(root / "benchmarks" / "peers.txt"), "hatchling"],
        check=True, stdout=subprocess.PIPE, text=True,
    ).stdout
    found = (entry["metadata"] for entry in json.loads(report)["install"])
    return sorted(f"{m['name'].lower().replace('_', '-')}=={m['version']}" for m in found if m["name"] != "qiantang")


def main() -> None:
    """Write the file beside pyproject.toml."""
    root = Path(__file__).resolve().parent.parent
    (root / "requirements.lock").write_text(HEAD + "\n".join(resolved(root)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
