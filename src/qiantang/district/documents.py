"""A district's YAML files are read with every fault and its line, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import yaml

from qiantang.kernel.errors import FactsError, Fault, Place, RulebookError, raise_all
from qiantang.kernel.sources import Status
from qiantang.kernel.units import Unit, unit
from qiantang.kernel.words import Text, same

_A_DISTRICT = Text("请给出地区文件夹，其中有 district.yaml。", "Name a district's folder, with its district.yaml.")


class Part:
    """One value of the file with its place; asking it for the wrong shape notes a fault and gives a stand-in."""

    def __init__(self, paper: Paper, node: yaml.Node | None, path: str) -> None:
        self._paper, self._node, self._path = paper, node, path

    def fault(self, zh: str, en: str, value: object = None, remedy: Text | None = None) -> None:
        """Note that this part is wrong."""
        row = self._node.start_mark.line + 1 if self._node is not None else None
        self._paper.faults.append(Fault(Text(zh, en), Place(self._paper.file, row=row, path=self._path), value,
                                        remedy=remedy or same("")))

    @property
    def is_there(self) -> bool:
        """Whether the file has this part at all."""
        return self._node is not None

    def fields(self, *known: str) -> dict[str, Part]:
        """A mapping by name; with ``known`` every other name is a fault, and each known one can be asked for."""
        found = dict(self._pairs())
        for name, part in found.items():
            if known and name not in known:
                part.fault(f"未知的键“{name}”", f"unknown key '{name}'", name,
                           Text("可用：" + "、".join(known), "known keys: " + ", ".join(known)))
        missing = {name: Part(self._paper, None, f"{self._path}.{name}".lstrip(".")) for name in known}
        return missing | found

    def _pairs(self) -> Iterator[tuple[str, Part]]:
        if not isinstance(self._node, yaml.MappingNode):
            if self._node is not None or not self._path:
                self.fault("此处应为键值表", "a mapping is needed here")
            return
        seen: set[str] = set()
        for key, value in self._node.value:
            name = str(key.value)
            path = f"{self._path}.{name}".lstrip(".")
            if name in seen:
                Part(self._paper, key, path).fault(f"键“{name}”重复", f"key '{name}' occurs twice", name)
            seen.add(name)
            yield name, Part(self._paper, value, path)

    def entries(self) -> list[Part]:
        """A list; nothing where the part is not there."""
        if self._node is None:
            return []
        if not isinstance(self._node, yaml.SequenceNode):
            self.fault("此处应为列表", "a list is needed here")
            return []
        return [Part(self._paper, node, f"{self._path}[{place}]") for place, node in enumerate(self._node.value)]

    def word(self, otherwise: str | None = None) -> str:
        """A single value as written; a fault where it is missing and ``otherwise`` is not given."""
        if self._node is None:
            if otherwise is None:
                self._lacking()
            return otherwise or ""
        if not isinstance(self._node, yaml.ScalarNode) or not str(self._node.value).strip():
            self.fault("此处应为一个值", "a single value is needed here")
            return otherwise or ""
        return str(self._node.value)

    def _lacking(self) -> None:
        name = self._path.rpartition(".")[2]
        self._paper.faults.append(Fault(Text(f"缺少“{name}”", f"'{name}' is missing"),
                                        Place(self._paper.file, row=self._paper.line_of(self._path), path=self._path)))

    def text(self) -> Text:
        """A text in both languages."""
        if self._node is None:
            self._lacking()
            return same("?")
        found = self.fields("zh", "en")
        return Text(found["zh"].word(), found["en"].word())

    def number(self) -> Decimal:
        """A finite number."""
        written = self.word()
        try:
            value = Decimal(written.replace("_", ""))
            if value.is_finite():
                return value
        except InvalidOperation:
            pass
        if written:
            self.fault(f"“{written}”不是数", f"'{written}' is no number", written)
        return Decimal(0)

    def whole(self) -> int:
        """A whole number."""
        value = self.number()
        if value != int(value):
            self.fault(f"“{value}”不是整数", f"'{value}' is no whole number", str(value))
        return int(value)

    def flag(self, otherwise: bool = False) -> bool:
        """True or false."""
        written = self.word("true" if otherwise else "false").lower()
        if written not in ("true", "false"):
            self.fault(f"“{written}”应为 true 或 false", f"'{written}' must be true or false", written)
        return written == "true"

    def day(self) -> date:
        """A day written year-month-day."""
        written = self.word()
        try:
            return date.fromisoformat(written)
        except ValueError:
            if written:
                self.fault(f"“{written}”不是日期（年-月-日）", f"'{written}' is no date (year-month-day)", written)
            return date.min

    def unit(self) -> Unit:
        """A unit the kernel knows."""
        written = self.word()
        try:
            return unit(written)
        except RulebookError as wrong:
            for found in wrong.faults:
                self.fault(found.message.zh, found.message.en, written, found.remedy)
            return unit("")

    def status(self) -> Status:
        """How far a value may be trusted; sourced where it is not said."""
        return Status(self.one_of([str(s) for s in Status], str(Status.SOURCED)))

    def one_of(self, known: list[str], otherwise: str | None = None) -> str:
        """One of the words known."""
        written = self.word(otherwise)
        if written in known:
            return written
        if written:
            self.fault(f"不认识“{written}”", f"'{written}' is not known", written,
                       Text("可用：" + "、".join(known), "known: " + ", ".join(known)))
        return otherwise or known[0]


class Paper:
    """One YAML file being read; ``done`` raises FactsError with everything that was wrong. ``wanted`` says which file to name
    where there is none."""

    def __init__(self, path: Path, wanted: Text = _A_DISTRICT) -> None:
        self.file = path.name
        self.faults: list[Fault] = []
        try:
            self._root = yaml.compose(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except OSError as wrong:
            raise FactsError.of(f"读不到文件：{path.name}", f"the file cannot be read: {path.name}", place=Place(str(path)), remedy=wanted) from wrong
        except (yaml.YAMLError, UnicodeDecodeError) as wrong:
            mark = getattr(wrong, "problem_mark", None)
            why = str(wrong).splitlines()[0]
            raise FactsError.of(f"不是有效的 YAML：{why}", f"not valid YAML: {why}",
                                place=Place(self.file, row=mark.line + 1 if mark else None)) from wrong
        self.root = Part(self, self._root, "")

    def line_of(self, path: str) -> int | None:
        """The line of the nearest part above a path that the file does have."""
        node, line = self._root, None
        for name in path.split("."):
            if not isinstance(node, yaml.MappingNode):
                break
            line = node.start_mark.line + 1
            node = next((value for key, value in node.value if key.value == name), None)
        return line

    def done(self) -> None:
        """Raise every fault found, or nothing."""
        raise_all(FactsError, self.faults)
