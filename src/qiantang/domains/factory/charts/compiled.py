"""Compiled kernels that were kept from an earlier run are forgotten when a constant they hold may have changed since.

Numba keeps a compiled kernel beside its source and compiles anew when that file changes. But constants that the file takes from
its neighbours are compiled in as well, and of a change in those Numba knows nothing: it would go on with columns in old places.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def forget_older(kernels: str, *neighbours: str) -> None:
    """Forgets what is kept of the kernels of one source file where it is older than any of the neighbours it takes constants
    from. Called before the kernels are defined; where nothing can be deleted, as in a read-only installation, nothing changed
    there either."""
    changed = max(Path(file).stat().st_mtime for file in neighbours)
    for kept in (Path(kernels).parent / "__pycache__").glob(f"{Path(kernels).stem}.*.nbi"):
        with suppress(OSError):
            if kept.stat().st_mtime < changed:
                kept.unlink()
