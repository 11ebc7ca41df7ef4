"""The kernel starts without any driver, and the package works with its core dependencies alone."""

import json
import re
from importlib import metadata

from tests.house.plan import modules, said_by_a_fresh_python

DRIVERS = (
    "alembic", "duckdb", "numpy", "openpyxl", "psycopg", "pyarrow", "pyspark", "python_calamine", "rich", "sqlalchemy",
    "sqlglot", "sqlite3", "typer", "xlsxwriter", "http", "socket", "urllib.request",
)

DRIVERS_LOADED = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted(set(json.loads(sys.argv[2])) & set(sys.modules))))
"""

# Packages of the extras may be needed by the one module that drives them, and are refused here as if not installed.
IMPORT_REFUSING = """
import importlib, json, sys
refused = set(json.loads(sys.argv[2]))
class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refusal())
failed = {}
for name in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        failed[name] = error.name.partition(".")[0]
print(json.dumps(failed))
"""


def _drivers_loaded_by(names: list[str]) -> list[str]:
    return list(json.loads(said_by_a_fresh_python(DRIVERS_LOADED, json.dumps(names), json.dumps(DRIVERS))))


def _distribution(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name is not None, requirement
    return re.sub(r"[-_.]+", "-", name.group()).lower()


def _brought_by_the_core() -> set[str]:
    """Distributions that ``pip install qiantang`` brings, with all they need themselves."""
    brought: set[str] = set()
    waiting = ["qiantang"]
    while waiting:
        name = waiting.pop()
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # needed on another platform only
        brought.add(name)
        waiting += [d for d in map(_distribution, (r for r in needs if "extra ==" not in r)) if d not in brought]
    return brought


def _packages_beyond_the_core() -> dict[str, list[str]]:
    """Importable packages that the core does not bring, with the distributions that do."""
    core = _brought_by_the_core()
    importable = {
        package: [_distribution(d) for d in distributions]
        for package, distributions in metadata.packages_distributions().items()
    }
    return {package: d for package, d in importable.items() if not core.intersection(d)}


def test_no_module_of_the_kernel_loads_a_driver() -> None:
    assert _drivers_loaded_by([name for name in modules("kernel") if name != "qiantang.kernel.readings"]) == []


def test_no_module_of_the_registers_or_domains_loads_a_driver() -> None:
    without_arrays = [name for name in modules("domains") if not name.startswith("qiantang.domains.factory")]
    assert _drivers_loaded_by(modules("registers") + without_arrays) == []


def test_the_search_for_drivers_finds_one() -> None:
    assert "sqlite3" in _drivers_loaded_by(["sqlite3"])


def _may_need(room: list[str], missing: str) -> bool:
    """Whether a room belongs to the extra that brings a package: pages and plants are set up apart."""
    if room[0] == "web":
        return missing in {"argon2", "authlib", "fastapi", "httpx", "jinja2", "markupsafe", "segno", "starlette", "uvicorn", "weasyprint"}
    if room[:2] in (["domains", "factory"], ["kernel", "readings"], ["district", "plant"]):
        return missing in _ARRAYS
    return room[0] in {"engines", "stores", "links"} and missing in {"psycopg", "pyspark", "asyncua", "gmqtt", "pymodbus", *_ARRAYS}


_ARRAYS = {"numba", "numpy", "ortools", "scipy", "simpy"}


def test_every_module_imports_with_the_core_alone() -> None:
    beyond = _packages_beyond_the_core()
    assert {"pytest", "psycopg"} <= set(beyond), "the test must refuse at least what only tests and extras bring"
    absent = sorted({*beyond, "pyspark"})
    failed = json.loads(said_by_a_fresh_python(IMPORT_REFUSING, json.dumps(modules()), json.dumps(absent)))
    drivers_of_extras = {name: missing for name, missing in failed.items() if _may_need(name.split(".")[1:], missing)}
    assert failed == drivers_of_extras
