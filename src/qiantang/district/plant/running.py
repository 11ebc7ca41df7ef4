"""A plant's node run from its file, its log read again, its alarms explained: what the command line asks of plants."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from qiantang.district.plant.charting import Charting
from qiantang.district.plant.folder import STATE, PlantFolder, plant_folders
from qiantang.district.plant.models import Model, ModelRecord, in_force
from qiantang.district.plant.node import Node, Status
from qiantang.district.plant.replaying import never_worked, replay
from qiantang.district.plant.upward import Upward
from qiantang.district.plant.wiring import NodeFile, wires_of
from qiantang.district.plant.work import Work
from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.wording import told
from qiantang.domains.factory.measures.counts import UPWARD
from qiantang.domains.factory.needs import OPENED_BY, Needs
from qiantang.domains.factory.plant import ZONE
from qiantang.kernel.errors import Fault, Place, SubjectError
from qiantang.kernel.findings.stream import StreamedFinding
from qiantang.kernel.wires import Notice
from qiantang.kernel.words import Text

_BEAT_S = 1.0


def chosen_plant(hidden: Path, name: str | None) -> PlantFolder:
    """The plant of that name, or the only one there is; SubjectError names those there are."""
    found = plant_folders(hidden)
    if name is not None:
        found = [folder for folder in found if folder.name == name]
    if len(found) == 1:
        return found[0]
    known = ", ".join(folder.name for folder in plant_folders(hidden))
    if not known:
        said = Text("这个文件夹里没有工厂", "there is no plant in this folder")
        remedy = Text("请先运行一个节点：qiantang factory run；或看示范：qiantang factory demo",
                      "Run a node first: qiantang factory run; or a made-up one: qiantang factory demo")
    elif name is not None:
        said, remedy = Text("没有这个工厂", "there is no such plant"), Text(f"可选：{known}", f"Choose one of: {known}")
    else:
        said, remedy = Text("这里不止一个工厂", "there is more than one plant"), Text(f"请用 --plant 选一个：{known}", f"Choose one with --plant: {known}")
    raise SubjectError(Fault(said, Place(str(hidden.parent)), name, "known-plant", remedy))


def run_node(file: NodeFile, folder: PlantFolder, heard: Callable[[Status, Sequence[Notice]], None]) -> None:
    """A node over its wires until it is interrupted; ``heard`` is told each second how it stands and what was noticed since."""
    from qiantang.stores import open_store

    needs = Needs()
    folder.path.mkdir(parents=True, exist_ok=True)
    store = open_store(folder.path / STATE)
    node = Node(folder.path, file.plant, store=store, charts=file.charting, shown=folder,
                work=lambda plant: Work(plant, lambda change: needs.task(plant, change)))

    upward = None if file.upward is None else Upward(file.upward, folder)

    def status() -> Status:
        """The node's own, with what was counted of publishing."""
        stands = node.status()
        return stands if upward is None else replace(stands, counts=stands.counts | {f"{UPWARD}{name}": n for name, n in upward.counters.counts.items()})

    async def at_work() -> None:
        wires = wires_of(file, node.plant, node.directory, folder.path, node.units)
        running = asyncio.create_task(node.run(wires if upward is None else [*wires, upward]))
        try:
            seen = 0
            while not running.done():
                seen, fresh = node.noticed(seen)
                heard(status(), fresh)
                await asyncio.wait({running}, timeout=_BEAT_S)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        if not running.cancelled() and (failed := running.exception()) is not None:
            raise failed

    try:
        asyncio.run(at_work())
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a log said when it was read again: its alarms, and one number that is the same whenever they are the same; ``zone`` is the
    plant's as it is now."""

    alarms: tuple[Alarm, ...]
    digest: str
    models: tuple[Model, ...]
    zone: tzinfo

    def told(self, alarm: Alarm) -> Text:
        """An alarm in words, as the plant was when it was raised."""
        return told(alarm, in_force(self.models, alarm.offset).plant, self.zone)


def replayed(path: Path) -> Replayed:
    """The alarms of a plant's folder from the beginning of its log. The node must not be at work; nothing is written."""
    alarms = tuple(replay(path, Charting()))
    digest = hashlib.sha256("\n".join(map(repr, alarms)).encode()).hexdigest()[:16]
    return Replayed(alarms, digest, tuple(versions_of(path)), zone_of(PlantFolder(path)))


def zone_of(folder: PlantFolder) -> tzinfo:
    """The time zone in which a plant's instants are told; the usual one where its node never said what the plant is."""
    plant = folder.plant()
    return ZoneInfo(ZONE) if plant is None else plant.local


def versions_of(path: Path) -> list[Model]:
    """The versions by which a plant's node judged, in order. SubjectError where no node ever worked in the folder."""
    found = ModelRecord(path).read(Charting())
    if not found:
        raise never_worked(path)
    return found


def findings_of(folder: PlantFolder, alarm: str) -> list[StreamedFinding]:
    """What is on record of an alarm, or of the one that opened a task, oldest first: the finding and what amended it. SubjectError where
    nothing is."""
    from qiantang.stores import open_store

    alarm = alarm.removeprefix(OPENED_BY)
    path = folder.path / STATE
    if path.is_file():
        store = open_store(path)
        try:
            with store.reading() as reader:
                found = reader.findings()
        finally:
            store.close()
        chain = [f for f in found if f.values.get("alarm") == alarm]
        for one in found:
            if one.amends and one.amends in {f.id for f in chain} and one not in chain:
                chain.append(one)
        if chain:
            return sorted(chain, key=lambda f: f.at)
    raise SubjectError(Fault(Text("没有报警 {id} 的记录", "nothing is on record of alarm {id}").filled(id=alarm), Place(folder.name), alarm, "known-alarm",
                             Text("查看报警：qiantang factory tasks，或网页的报警清单。", "See the alarms on the plant's page, or: qiantang factory tasks")))
