"""A node's file: which plant it is of, over which brokers its readings come, and how it is charted; the wires made from it.

    plant: plant.xlsx                  # the plant's workbook, beside this file
    brokers:
      - {kind: sparkplug, host: 127.0.0.1, port: 1883, id: qiantang, groups: [tires]}
      - {kind: json, host: 127.0.0.1, topics: [{filter: "hall/+/+", address: "{1}/{2}"}], user: node, password_from: MQTT_PASSWORD}
      - {kind: pieces, host: 127.0.0.1} # what is told of pieces, on the topics that the workbook's sheet "piece events" names
    files: [readings.csv]              # readings to be taken in once
    operators: 4                       # who bear the alarms; the plant's own number where it is not stated
    learning: 200                      # points from which each chart learns its limits
    machine_weight: 0.1                # a machine's newest point in its moving averages; 1, where it is not stated, for none
    unwatched: [valve_state]           # kinds of signals that are kept and not charted
    upward: {host: broker.district.example, …}   # what the plant lets its district see; nothing where it is not written

Piece events in Sparkplug metrics and in files need nothing here: the workbook names metric and file. Signals whose addresses say so
(``opc.tcp://…|node``, ``modbus://…``) are read from those servers without being named here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from qiantang.district.plant.charting import Charting
from qiantang.district.plant.node_faults import no_number, no_secret, strangers
from qiantang.district.plant.upward_section import SECTION, UpwardSection, unsayable, upward_faults, upward_section
from qiantang.district.plant.workbook import read_plant
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.readings import Directory
from qiantang.kernel.wires import Wire
from qiantang.kernel.words import Text, same

if TYPE_CHECKING:
    from qiantang.links.piece_rows import PieceFields
    from qiantang.links.unit_book import UnitBook

_OPC_UA, _MODBUS = "opc.tcp://", "modbus://"
_KNOWN = {"plant", "brokers", "files", "operators", "learning", "machine_weight", "unwatched", SECTION}
_NO_NAME = re.compile(r'[%/\\:*?"<>|\x00-\x1f]')
_LONGEST_NAME = 200
"""Signs that are in no name of a file (and the one that stands for them), and so many bytes of a name at most."""
_BROKER = {"kind", "host", "port", "id", "groups", "topics", "user", "password_from", "version"}
_KINDS = ("sparkplug", "json", "pieces")
_SESSION_S = 86_400


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker: what is spoken over it, where it is, and whose name signs in; the password comes from the environment."""

    kind: str
    host: str = "127.0.0.1"
    port: int = 1883
    id: str = "qiantang"
    groups: tuple[str, ...] = ("+",)
    topics: tuple[tuple[str, str], ...] = (("#", "{topic}"),)
    user: str = ""
    password_from: str = ""
    version: int = 5


@dataclass(frozen=True, slots=True)
class NodeFile:
    """A node's file as it was read; ``files`` are whole paths."""

    plant: Plant
    brokers: tuple[Broker, ...] = ()
    files: tuple[Path, ...] = ()
    charting: Charting = field(default_factory=Charting)
    home: Path = Path()
    """Where the file lies: names of files in the workbook are sought from there."""
    upward: UpwardSection | None = None
    """What leaves the plant; None: nothing."""


_A_NODE_FILE = Text("请给出节点文件（YAML），其中写明工作簿，如 plant: plant.xlsx；写法见工厂文档。",
                    "Name a node's file (YAML), which names the workbook: plant: plant.xlsx; the factory's documentation shows one.")


def read_node_file(path: Path) -> NodeFile:
    """The file, with the plant's workbook that it names; FactsError tells every fault of it together."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        mark = getattr(wrong, "problem_mark", None)
        why = str(wrong).splitlines()[0]
        raise FactsError(Fault(Text(f"不是有效的 YAML：{why}", f"this is no valid YAML: {why}"), Place(path.name, row=mark.line + 1 if mark else None),
                               rule="yaml", remedy=_A_NODE_FILE)) from wrong
    if not isinstance(found, dict):
        raise FactsError(Fault(Text("这里应是“名称: 值”", "names with values belong here"), Place(path.name), rule="shape"))
    raise_all(FactsError, [*_faults(found, path.name), *_upward(found, path)])
    plant = read_plant(path.parent / str(found["plant"]))
    if "operators" in found:
        plant = replace(plant, operators=int(found["operators"]))
    raise_all(FactsError, [*_unbrought(plant, found.get("brokers") or (), path.name), *(unsayable(plant.id, path.name) if SECTION in found else ())])
    return NodeFile(plant, tuple(_broker(b) for b in found.get("brokers") or ()), tuple(path.parent / str(f) for f in found.get("files") or ()),
                    Charting(int(found.get("learning", 200)), frozenset(map(str, found.get("unwatched") or ())),
                             machine_weight=float(found.get("machine_weight", 1.0))), path.parent,
                    upward_section(found[SECTION], path.parent) if SECTION in found else None)


def wires_of(file: NodeFile, plant: Plant, directory: Directory, folder: Path, units: UnitBook | None = None) -> list[Wire]:
    """Every wire of the node: its brokers, the OPC UA and Modbus servers that addresses name, and its files. ``plant`` bears the
    numbers of the directory; in ``folder`` births are remembered over a restart; ``units`` are the node's."""
    wires: list[Wire] = [_over_broker(broker, births_file(folder, broker, file.brokers), plant, directory, units) for broker in file.brokers]
    wires += _opc_ua(plant)
    wires += _modbus(plant)
    if file.files:
        from qiantang.links.reading_files import FileSettings, ReadingFiles

        wires.append(ReadingFiles(file.files, directory, FileSettings(zone=plant.zone)))
    handed_in = {file.home / name: fields for name, fields in piece_fields(plant, "file").items()}
    if handed_in:
        from qiantang.links.piece_files import PieceFiles

        wires.append(PieceFiles(handed_in))
    return wires


def piece_fields(plant: Plant, wire: str) -> dict[str, PieceFields]:
    """How the sources of piece events over one kind of wire write, by address; times that name no zone are the plant's own."""
    from qiantang.links.piece_rows import PieceFields

    return {one.address: PieceFields(one.fields, one.step, one.asset, plant.local) for one in plant.piece_sources if one.wire == wire}


def births_file(folder: Path, broker: Broker, brokers: Sequence[Broker]) -> Path:
    """Where the births of one of the brokers are remembered: by the host's id, without signs that a file's name cannot have; hosts of one id
    at two brokers have a file each. A file of the id as it is written, as there was before, is taken over."""
    twins = sum(1 for other in brokers if (other.kind, other.id) == (broker.kind, broker.id))
    name = broker.id if twins < 2 else f"{broker.id}@{broker.host}-{broker.port}"
    safe = _NO_NAME.sub(lambda found: f"%{ord(found.group()):02X}", name)
    if len(safe.encode()) > _LONGEST_NAME:
        return folder / f"births-{hashlib.sha256(safe.encode()).hexdigest()}.json"
    path, before = folder / f"births-{safe}.json", folder / f"births-{broker.id}.json"
    if safe != name == broker.id and before.parent == folder and before.is_file() and not path.exists():
        before.rename(path)
    return path


def _over_broker(broker: Broker, births: Path, plant: Plant, directory: Directory, units: UnitBook | None) -> Wire:
    from qiantang.links.json_topics import JsonSettings, JsonTopics, TopicMapping
    from qiantang.links.mqtt import MqttWire
    from qiantang.links.mqtt_settings import MqttSettings
    from qiantang.links.sparkplug.host import HostSettings
    from qiantang.links.sparkplug.remembering import RememberingHost

    where = MqttSettings(broker.host, broker.port, user=broker.user, password=os.environ.get(broker.password_from, ""), version=broker.version)
    if broker.kind == "json":
        # The broker keeps what a node that was killed had not acknowledged, for each plant by itself.
        kept = replace(where, client=f"{broker.id}-{plant.id}-json", session_s=_SESSION_S)
        mappings = tuple(TopicMapping(*topic) for topic in broker.topics)
        return MqttWire(JsonTopics(directory, JsonSettings(mappings, local=plant.local), units=units), kept)
    if broker.kind == "pieces":
        from qiantang.links.piece_topics import PieceTopics

        return MqttWire(PieceTopics(piece_fields(plant, "json")), replace(where, client=f"{broker.id}-{plant.id}-pieces", session_s=_SESSION_S))
    # A host of Sparkplug begins with a clean session (3.0, 5.6); its births are remembered here instead.
    metrics = piece_fields(plant, "sparkplug")
    host = RememberingHost(births, broker.id, directory, HostSettings(read_elsewhere=frozenset(metrics)), groups=broker.groups, units=units)
    if not metrics:
        return MqttWire(host, where)
    from qiantang.links.sparkplug.piece_metrics import PieceMetrics

    return MqttWire(PieceMetrics(host, metrics), where)


def _opc_ua(plant: Plant) -> list[Wire]:
    servers: dict[str, dict[str, int]] = {}
    for signal in plant.signals:
        if signal.address.startswith(_OPC_UA):
            from qiantang.links.opcua import addressed

            url, node = addressed(signal.address)
            servers.setdefault(url, {})[node] = signal.number
    if not servers:
        return []
    from qiantang.links.opcua import OpcUaServer, OpcUaWire

    return [OpcUaWire(OpcUaServer(url, items)) for url, items in servers.items()]


def _modbus(plant: Plant) -> list[Wire]:
    servers: dict[tuple[str, int], list[Any]] = {}
    for signal in plant.signals:
        if signal.address.startswith(_MODBUS):
            from qiantang.links.modbus import addressed

            host, port, register = addressed(signal.address, signal.number)
            servers.setdefault((host, port), []).append(register)
    if not servers:
        return []
    from qiantang.links.modbus import ModbusServer, ModbusWire

    return [ModbusWire(ModbusServer(host, port, tuple(registers))) for (host, port), registers in servers.items()]


def _broker(row: dict[str, Any]) -> Broker:
    topics = tuple((str(t["filter"]), str(t.get("address", "{topic}"))) for t in row.get("topics", ()))
    return Broker(str(row["kind"]), str(row.get("host", "127.0.0.1")), int(row.get("port", 1883)), str(row.get("id", "qiantang")),
                  tuple(map(str, row.get("groups", ("+",)))), topics or (("#", "{topic}"),), str(row.get("user", "")), str(row.get("password_from", "")),
                  int(row.get("version", 5)))


def _faults(found: dict[str, Any], file: str) -> Iterator[Fault]:
    if "plant" not in found:
        yield Fault(Text("缺少 plant（工厂工作簿）", "the plant (its workbook) is missing"), Place(file, path="plant"), rule="needed",
                    remedy=Text("请写 plant: plant.xlsx", "Write plant: plant.xlsx"))
    yield from strangers(found, _KNOWN, file, "")
    unlisted = [name for name in ("brokers", "files", "unwatched") if not isinstance(found.get(name) or [], list)]
    for name in unlisted:
        yield Fault(Text("应是清单", "a list belongs here"), Place(file, path=name), found[name], "list",
                    Text("每项一行，以“- ”开头。", "A line each, beginning with '- '."))
    brokers: Sequence[Any] = [] if "brokers" in unlisted else found.get("brokers") or ()
    for number, row in enumerate(brokers):
        place = f"brokers.{number + 1}"
        if not isinstance(row, dict) or row.get("kind") not in _KINDS:
            yield Fault(Text("不认识这种消息总线", "this kind of broker means nothing here"), Place(file, path=place), row, "known-kind",
                        Text("kind 可为：" + "、".join(_KINDS), "kind is one of: " + ", ".join(_KINDS)))
            continue
        yield from strangers(row, _BROKER, file, place + ".")
        topics = row.get("topics", [])
        if not isinstance(topics, list) or not all(isinstance(topic, dict) and "filter" in topic for topic in topics):
            yield Fault(Text("应是带 filter 的主题清单", "a list of topics, each with its filter, belongs here"), Place(file, path=place + ".topics"), topics,
                        "topics", Text("例：", "Example: ") + same("topics: [{filter: \"hall/+/+\", address: \"{1}/{2}\"}]"))
        for name in ("port", "version"):
            yield from no_number(row.get(name, 1), file, f"{place}.{name}", "1883" if name == "port" else "5")
        yield from no_secret(row, file, place)
    for name in ("operators", "learning"):
        yield from no_number(found.get(name, 1), file, name, "4")
    weight = found.get("machine_weight", 1.0)
    if not isinstance(weight, int | float) or isinstance(weight, bool) or not 0.0 < weight <= 1.0:
        yield Fault(Text("应大于 0、不大于 1", "a number above 0, 1 at most, belongs here"), Place(file, path="machine_weight"), weight, "weight",
                    Text("例如 0.1；1 为不设移动平均。", "0.1, for example; 1 for no moving averages."))


def _upward(found: dict[str, Any], path: Path) -> Iterator[Fault]:
    if SECTION in found:
        yield from upward_faults(found[SECTION], path.name, path.parent)


def _unbrought(plant: Plant, brokers: Sequence[Any], file: str) -> Iterator[Fault]:
    """Piece events that the workbook names and no broker brings."""
    kinds = {row.get("kind") for row in brokers}
    for wire, kind in (("json", "pieces"), ("sparkplug", "sparkplug")):
        named = next((one.address for one in plant.piece_sources if one.wire == wire), None)
        if named is not None and kind not in kinds:
            said = Text(f"工作簿中的产品事件“{named}”没有消息总线送来", f"no broker brings the piece events '{named}' of the workbook")
            yield Fault(said, Place(file, path="brokers"), named, "pieces-brought",
                        Text(f"请加一行：{{kind: {kind}, host: …}}", f"Add a line: {{kind: {kind}, host: …}}"))
