"""The files and modules of the house, as the tests about the house walk them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "qiantang"


def python_files() -> list[Path]:
    """Every Python file that people read: sources, tests, benchmarks, set-up."""
    return sorted(f for room in ("src", "tests", "benchmarks", "setup") for f in (ROOT / room).rglob("*.py"))


def yaml_files() -> list[Path]:
    """Every YAML file that people read: rulebooks, words, district data, cases."""
    return sorted(f for room in ("src", "tests", "districts") for f in (ROOT / room).rglob("*.yaml"))


def modules(package: str = "") -> list[str]:
    """Names of all modules at or under a package of qiantang, parents first."""
    home = PACKAGE / package
    found = sorted(f.relative_to(SOURCE).with_suffix("").parts for f in home.rglob("*.py") if f.name != "__main__.py")
    return [".".join(parts[:-1] if parts[-1] == "__init__" else parts) for parts in found]


def shown(files: list[Path]) -> list[str]:
    """Paths as a person would type them."""
    return [str(f.relative_to(ROOT)) for f in files]


def said_by_a_fresh_python(program: str, *arguments: str) -> str:
    """What a program prints in a new interpreter; fails with its error text where it fails."""
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
