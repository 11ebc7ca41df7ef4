"""A host application that keeps the births in a file: started anew, it understands at once the edge nodes that went on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from qiantang.kernel.readings import Directory
from qiantang.kernel.wires import Counters
from qiantang.links.messages import Publication, Said
from qiantang.links.sparkplug.host import HostSettings, SparkplugHost
from qiantang.links.unit_book import UnitBook

_EVERY_US = 5_000_000


class RememberingHost(SparkplugHost):
    """As ``SparkplugHost``, its births kept at ``path``: written whole or not at all, a few seconds after they changed and on
    leaving. A file that cannot be read is counted as ``births_unread`` and left aside: rebirths are asked for, as by a new host.

    What comes from an edge node that went on without a gap in its count is taken; after a gap it is kept until the rebirth
    says that its aliases mean what they meant.
    """

    def __init__(self, path: Path, host: str, directory: Directory, settings: HostSettings | None = None, groups: Iterable[str] = ("+",),
                 counters: Counters | None = None, units: UnitBook | None = None) -> None:
        self._path = path
        births = path.read_bytes() if path.is_file() else None
        groups = tuple(groups)
        try:
            super().__init__(host, directory, settings, groups, counters, births, units)
        except (ValueError, KeyError, TypeError, AttributeError):
            super().__init__(host, directory, settings, groups, counters, units=units)
            self.counters.add("births_unread")
        self._written = self._changes
        self._written_at = 0

    @property
    def _changes(self) -> int:
        """Grows whenever the births do."""
        return sum(self.counters.counts.get(kind, 0) for kind in ("birth", "death"))

    def tick(self, now: int) -> Said:
        """Look after what is overdue, and keep the births where they changed."""
        if self._changes != self._written and now - self._written_at >= _EVERY_US:
            self._written_at = now
            self._write()
        return super().tick(now)

    def farewell(self, now: int) -> tuple[Publication, ...]:
        """The death certificate; the births are kept."""
        self._write()
        return super().farewell(now)

    def _write(self) -> None:
        self._written = self._changes
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                file.write(self.snapshot())
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError:
            self.counters.add("births_unwritten")
        finally:
            part.unlink(missing_ok=True)
