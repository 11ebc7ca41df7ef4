"""The section ``upward`` of a node's file: what the plant lets out, of which enterprise it is, and the district's broker.

    upward:
      host: broker.district.example
      port: 8883
      tls: true                                  # or ca: district-ca.pem, beside this file
      user: tires
      password_from: DISTRICT_PASSWORD           # the name of an environment variable
      uscc: 91330100…                            # the enterprise's credit code
      figures: [factory.oee, factory.takt]       # by name, or single columns of the plant's figures
      findings: [down, range]                    # by the rule that broke; all for every rule
      every_s: 600                               # how often a day's figures are brought up to date

Without the section nothing leaves the plant.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qiantang.district.plant.node_faults import no_number, no_secret, strangers
from qiantang.district.plant.upward_messages import sayable
from qiantang.district.plant.whitelist import Whitelist, unknown_names, whitelist
from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.facts.identity import is_credit_code
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.links.mqtt_settings import MqttSettings

SECTION = "upward"
_KNOWN = {"host", "port", "tls", "ca", "user", "password_from", "uscc", "figures", "findings", "every_s"}
_PORT, _TLS_PORT = 1883, 8883
_EVERY_S = 600


@dataclass(frozen=True, slots=True)
class UpwardSection:
    """What leaves the plant, whose it is, and over which broker; the password comes from the environment. ``ca`` is a whole path."""

    uscc: str
    allowed: Whitelist
    host: str
    port: int
    tls: bool = False
    ca: Path | None = None
    user: str = ""
    password_from: str = ""
    every_s: int = _EVERY_S

    def settings(self) -> MqttSettings:
        """Where the district's broker is and how the plant signs in."""
        from qiantang.links.mqtt_settings import MqttSettings

        tls = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca)) if self.tls or self.ca else None
        return MqttSettings(self.host, self.port, user=self.user, password=os.environ.get(self.password_from, ""), tls=tls)


def upward_section(row: dict[str, Any], home: Path) -> UpwardSection:
    """The section of a file that lies in ``home`` and has no fault."""
    ca = home / str(row["ca"]) if row.get("ca") else None
    tls = bool(row.get("tls", False)) or ca is not None
    return UpwardSection(str(row["uscc"]), whitelist(_names(row, "figures"), _names(row, "findings")), str(row["host"]),
                         int(row.get("port", _TLS_PORT if tls else _PORT)), tls, ca, str(row.get("user", "")), str(row.get("password_from", "")),
                         int(row.get("every_s", _EVERY_S)))


def upward_faults(row: object, file: str, home: Path) -> Iterator[Fault]:
    """Every fault of the section, with its field."""
    here = f"{SECTION}."
    if not isinstance(row, dict):
        yield Fault(Text("这里应是“名称: 值”", "names with values belong here"), Place(file, path=SECTION), row, "shape",
                    Text("例如 host、uscc、figures；不上报则删去这一节。", "host, uscc, figures and so on; leave the section out where nothing is to leave."))
        return
    yield from strangers(row, _KNOWN, file, here)
    yield from no_secret(row, file, SECTION)
    if not isinstance(row.get("host"), str) or not row["host"]:
        yield Fault(Text("缺少 host（地区的消息总线）", "the host (the district's broker) is missing"), Place(file, path=here + "host"), row.get("host"),
                    "needed", Text("请写 host: 主机名", "Write host: NAME_OF_THE_HOST"))
    if not is_credit_code(str(row.get("uscc", ""))):
        yield Fault(Text("应是工厂所属企业的统一社会信用代码", "the unified social credit code of the plant's enterprise belongs here"),
                    Place(file, path=here + "uscc"), row.get("uscc"), "credit-code",
                    Text("与营业执照核对这 18 位。", "Compare its 18 characters with the business licence."))
    for name, example in (("port", str(_TLS_PORT)), ("every_s", str(_EVERY_S))):
        yield from no_number(row.get(name, 1), file, here + name, example)
    if not isinstance(row.get("tls", False), bool):
        yield Fault(Text("应是 true 或 false", "true or false belongs here"), Place(file, path=here + "tls"), row["tls"], "flag",
                    Text("自有证书请写 ca: 文件名。", "A certificate of the district's own is named by ca: FILE."))
    if row.get("ca") and not _is_certificate(home / str(row["ca"])):
        yield Fault(Text("这里没有可用的证书文件", "there is no certificate file that can be used"), Place(file, path=here + "ca"), row["ca"], "certificate",
                    Text("请放入区里给的 PEM 文件。", "Put the PEM file there that the district gives out."))
    yield from _unset(row, file, here + "password_from")
    yield from _faulty_lists(row, file)


def unsayable(plant: str, file: str) -> Iterator[Fault]:
    """A plant's id that no topic can bear."""
    if not sayable(plant):
        yield Fault(Text(f"工厂编号“{plant}”不能用于上报", f"the plant's id '{plant}' cannot be published under"), Place(file, path=SECTION), plant, "plant-id",
                    Text("编号用字母、数字、“-”“_”“.”，至多 64 个字。", "Ids are letters, digits, '-', '_' and '.', 64 at most."))


def _unset(row: dict[str, Any], file: str, path: str) -> Iterator[Fault]:
    name = row.get("password_from")
    if name and name not in os.environ:
        yield Fault(Text("没有设置这个环境变量", "this environment variable is not set"), Place(file, path=path), name, "password-set",
                    Text(f"请先设置：export {name}=…", f"Set it first: export {name}=…"))


def _faulty_lists(row: dict[str, Any], file: str) -> Iterator[Fault]:
    unlisted = [name for name in ("figures", "findings") if not isinstance(row.get(name) or [], list | str)]
    for name in unlisted:
        yield Fault(Text("应是清单", "a list belongs here"), Place(file, path=f"{SECTION}.{name}"), row[name], "list",
                    Text(f"例如 {name}: [{_EXAMPLES[name]}]", f"{name}: [{_EXAMPLES[name]}], for example"))
    if not unlisted:
        yield from unknown_names(_names(row, "figures"), _names(row, "findings"), Place(file, path=SECTION))
        if not _names(row, "figures") and not _names(row, "findings"):
            yield Fault(Text("清单为空：没有可上报的", "the list is empty: nothing would leave"), Place(file, path=SECTION), rule="whitelist",
                        remedy=Text("请写 figures 或 findings；不上报则删去这一节。", "Name figures or findings; leave the section out for neither."))


_EXAMPLES = {"figures": "factory.oee, factory.takt", "findings": "down, range"}


def _names(row: dict[str, Any], name: str) -> tuple[str, ...]:
    found = row.get(name) or ()
    return (found,) if isinstance(found, str) else tuple(map(str, found))


def _is_certificate(path: Path) -> bool:
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError):
        return False
    return True
