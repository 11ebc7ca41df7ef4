"""Reads a rulebook file: every fault of the file is reported with its line, all at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise, zip_longest
from pathlib import Path

import yaml

from qiantang.kernel.errors import Fault, Place, RulebookError, raise_all
from qiantang.kernel.periods import Span, gaps, overlaps
from qiantang.kernel.rulebooks.parameters import Admissible, BandRow, Entry, Parameter, ParameterValue
from qiantang.kernel.sources import Source, Status
from qiantang.kernel.units import ONE, Unit, unit
from qiantang.kernel.words import Text, same


class Level(StrEnum):
    """Who speaks, from far to near; where two speak of one thing, the nearer prevails."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    ZONE = "zone"

    @property
    def nearness(self) -> int:
        """0 for the nation, rising towards the zone."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Document:
    """A rulebook file as read: what it is, where it holds, and its parameters. Criteria come from its form."""

    id: str
    form: str
    title: Text
    level: Level
    place_name: str
    span: Span
    status: Status
    source: Source
    parameters: dict[str, Parameter]
    extends: str = ""
    notes: tuple[Text, ...] = ()
    codes: tuple[tuple[str, Text], ...] = ()
    file: str = ""
    digest: str = field(default="", compare=False)


_TOP = {"id", "form", "title", "level", "place", "valid", "status", "source", "parameters", "extends", "notes", "codes"}
_DATED = {"since", "until", "value", "bands", "admissible"}
"""What belongs to one value: beside a list of ``values`` it would say nothing."""
_VALUE = _DATED | {"status", "clause", "source"}
_PARAMETER = _VALUE | {"title", "unit", "gives", "values"}
_SOURCE = {"issuer", "document", "number", "clause", "published", "link"}
_ENDS = ("[)", "[]", "(]", "()")


class _Reader:
    """Walks the YAML nodes of one file and gathers faults instead of stopping at the first."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, node: yaml.Node | None, zh: str, en: str, path: str = "", value: object = None,
              remedy: Text | None = None) -> None:
        row = node.start_mark.line + 1 if node is not None else None
        self.faults.append(Fault(Text(zh, en), Place(self.file, row=row, path=path), value, remedy=remedy or same("")))

    # --- pieces ---

    def mapping(self, node: yaml.Node | None, path: str, allowed: set[str] | None = None) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, "此处应为键值表", "a mapping is needed here", path)
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in found:
                self.fault(key, f"键“{name}”重复", f"key '{name}' occurs twice", path, name)
            if allowed is not None and name not in allowed:
                self.fault(key, f"未知的键“{name}”", f"unknown key '{name}'", path, name,
                           Text("可用：" + "、".join(sorted(allowed)), "known keys: " + ", ".join(sorted(allowed))))
            found[name] = value
        return found

    def word(self, node: yaml.Node | None, path: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, "此处应为文字", "a text is needed here", path)
            return ""
        return str(node.value)

    def text(self, node: yaml.Node | None, path: str) -> Text:
        found = self.mapping(node, path, {"zh", "en"})
        for lang in ("zh", "en"):
            if lang not in found or not str(getattr(found[lang], "value", "")).strip():
                self.fault(node, f"缺少 {lang} 文本", f"the {lang} text is missing", path)
        return Text(*(str(getattr(found.get(lang), "value", "") or "?") for lang in ("zh", "en")))

    def day(self, node: yaml.Node | None, path: str) -> date | None:
        written = self.word(node, path)
        try:
            return date.fromisoformat(written)
        except ValueError:
            self.fault(node, f"“{written}”不是日期（年-月-日）", f"'{written}' is no date (year-month-day)", path, written)
            return None

    def span(self, node: yaml.Node | None, path: str) -> Span:
        found = self.mapping(node, path, {"since", "until"})
        return self.span_of(found, path, node)

    def span_of(self, found: dict[str, yaml.Node], path: str, node: yaml.Node | None) -> Span:
        since = self.day(found["since"], path) if "since" in found else None
        until = self.day(found["until"], path) if "until" in found else None
        if since and until and since > until:
            self.fault(node, f"起始日 {since} 晚于终止日 {until}", f"the first day {since} is after the last {until}", path)
        return Span(since, until)

    def listed(self, node: yaml.Node | None, path: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, "此处应为列表", "a list is needed here", path)
            return []
        return list(node.value)

    def unit(self, node: yaml.Node | None, path: str) -> Unit:
        if node is None:
            return ONE
        try:
            return unit(self.word(node, path))
        except RulebookError as wrong:
            self.faults += [Fault(f.message, Place(self.file, row=node.start_mark.line + 1, path=path), f.value,
                                  remedy=f.remedy) for f in wrong.faults]
            return ONE

    def status(self, node: yaml.Node | None, path: str, default: Status) -> Status:
        if node is None:
            return default
        written = self.word(node, path)
        if written not in list(Status):
            self.fault(node, f"未知的可信程度“{written}”", f"unknown status '{written}'", path, written,
                       Text("可用：" + "、".join(Status), "known: " + ", ".join(Status)))
            return default
        return Status(written)

    def source(self, node: yaml.Node | None, path: str, default: Source, clause: yaml.Node | None = None) -> Source:
        found = self.mapping(node, path, _SOURCE) if node is not None else {}
        if "document" in found:
            # Number, clause, day and link belong to a document: another one does not have those of the first.
            default = Source(default.issuer, default.document)

        def word(key: str, otherwise: str) -> str:
            return self.word(found[key], path) if key in found else otherwise

        return Source(word("issuer", default.issuer), word("document", default.document),
                      word("number", default.number),
                      self.word(clause, path) if clause is not None else word("clause", default.clause),
                      self.day(found["published"], path) if "published" in found else default.published_on,
                      word("link", default.link))

    # --- values ---

    def scalar(self, node: yaml.ScalarNode, path: str) -> ParameterValue:
        if node.tag.endswith(":null") or not node.value:
            self.fault(node, "取值为空", "the value is empty", path)
        if node.tag.endswith((":int", ":float")):
            value = _decimal(node.value)
            if value is None:
                self.fault(node, f"“{node.value}”不是有限的数", f"'{node.value}' is no finite number", path, node.value)
                return Decimal(0)
            return value
        if node.tag.endswith(":bool"):
            return str(node.value).lower() in ("true", "yes", "on")
        return str(node.value)

    def value(self, node: yaml.Node, path: str) -> ParameterValue:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        return tuple(self.word(item, path) for item in self.listed(node, path))

    def bands(self, node: yaml.Node, path: str) -> tuple[BandRow, ...]:
        rows = []
        for item in self.listed(node, path):
            found = self.mapping(item, path, {"from", "to", "ends", "gives"})
            ends = self.word(found["ends"], path) if "ends" in found else "[)"
            if ends not in _ENDS:
                self.fault(item, f"端点“{ends}”应为 {' '.join(_ENDS)} 之一", f"ends '{ends}' must be one of {' '.join(_ENDS)}",
                           path, ends)
                ends = "[)"
            low = self.scalar_number(found.get("from"), path)
            high = self.scalar_number(found.get("to"), path)
            if low is not None and high is not None and low > high:
                self.fault(item, f"分段起点 {low} 大于终点 {high}", f"the band starts at {low}, after its end {high}", path)
            if low is not None and low == high and ends != "[]":
                self.fault(item, f"分段 {low} 至 {high} 为空：两端须闭合（[]）",
                           f"the band from {low} to {high} is empty: both ends must be closed ([])", path)
            if "gives" not in found:
                self.fault(item, "分段缺少 gives", "the band lacks 'gives'", path)
                continue
            gives = self.value(found["gives"], path)
            rows.append(BandRow(low, high, ends[0] == "[", ends[1] == "]",
                                gives if isinstance(gives, Decimal) else str(gives)))
        for a, b in _overlapping(rows):
            self.fault(node, f"分段重叠：{_written(a)} 与 {_written(b)}", f"bands overlap: {_written(a)} and {_written(b)}", path)
        return tuple(rows)

    def scalar_number(self, node: yaml.Node | None, path: str) -> Decimal | None:
        if node is None:
            return None
        value = _decimal(self.word(node, path))
        if value is None:
            self.fault(node, "此处应为数值", "a number is needed here", path, getattr(node, "value", None))
        return value

    def admissible(self, node: yaml.Node | None, path: str) -> Admissible | None:
        if node is None:
            return None
        found = self.mapping(node, path, {"from", "to", "any_of"})
        if "any_of" in found:
            return Admissible(any_of=tuple(self.value(v, path) for v in self.listed(found["any_of"], path)))
        low, high = (self.scalar_number(found.get(k), path) for k in ("from", "to"))
        if low is None or high is None or low > high:
            self.fault(node, "可能取值应写 from 与 to（或 any_of）", "admissible needs 'from' and 'to' (or 'any_of')", path)
        return Admissible(low, high)

    # --- parameters ---

    def parameter(self, path: str, node: yaml.Node, span: Span, source: Source, status: Status) -> Parameter:
        found = self.mapping(node, path, _PARAMETER)
        title = self.text(found.get("title"), path)
        own_source = self.source(found.get("source"), path, source, found.get("clause"))
        own_status = self.status(found.get("status"), path, status)
        rows = [node] if "values" not in found else self.listed(found["values"], path)
        for key in sorted(_DATED & set(found)) if "values" in found else ():
            self.fault(found[key], f"已有 values，“{key}”应写在各取值之中", f"beside 'values', '{key}' belongs to each value", path, key)
        if "values" in found and not rows:
            self.fault(node, "取值列表为空", "the list of values is empty", path)
        entries = []
        for row in rows:
            given = found if row is node else self.mapping(row, path, _VALUE)
            body = given.get("value", given.get("bands"))
            if body is None:
                self.fault(row, "缺少 value 或 bands", "'value' or 'bands' is missing", path)
                continue
            value = self.bands(body, path) if "bands" in given else self.value(body, path)
            held = self.span_of(given, path, row)
            choices = self.admissible(given.get("admissible"), path)
            if choices is not None and value not in choices:
                self.fault(row, "取值不在自己声明的可能范围内", "the value lies outside its own admissible range", path,
                           str(value))
            entries.append(Entry(value, held, self.source(given.get("source"), path, own_source,
                                                          given.get("clause") if row is not node else None),
                                 self.status(given.get("status"), path, own_status), choices,
                                 Place(self.file, row=row.start_mark.line + 1, path=path)))
        entries = _closed(entries, span)
        spans = [e.span for e in entries]
        for a, b in overlaps(spans):
            self.fault(node, f"取值期间重叠：{a.title.zh} 与 {b.title.zh}", f"values overlap in time: {a.title.en} and {b.title.en}",
                       path)
        for gap in gaps(spans):
            self.fault(node, f"取值期间有空档：{gap.title.zh}", f"no value for a time: {gap.title.en}", path)
        return Parameter(path, title, self.unit(found.get("unit"), path), self.unit(found.get("gives"), path), tuple(entries))

    def document(self, node: yaml.Node | None, digest: str) -> Document:
        found = self.mapping(node, "", _TOP)
        for key in ("id", "title", "level", "valid", "status", "source"):
            if key not in found:
                self.fault(node, f"缺少“{key}”", f"'{key}' is missing", key)
        if "form" not in found and "extends" not in found:
            self.fault(node, "缺少“form”或“extends”", "'form' or 'extends' is missing", "form")
        source = self.source(found.get("source"), "source", Source("", ""))
        if not source.issuer or not source.document:
            self.fault(found.get("source", node), "来源须写 issuer 与 document", "the source needs 'issuer' and 'document'", "source")
        status = self.status(found.get("status"), "status", Status.PLACEHOLDER)
        span = self.span(found["valid"], "valid") if "valid" in found else Span()
        level = self.word(found["level"], "level") if "level" in found else "county"
        if level not in list(Level):
            self.fault(found.get("level"), f"未知的层级“{level}”", f"unknown level '{level}'", "level", level,
                       Text("可用：" + "、".join(Level), "known: " + ", ".join(Level)))
            level = "county"
        parameters = {}
        if "parameters" in found:
            for path, body in self.mapping(found["parameters"], "parameters").items():
                parameters[path] = self.parameter(path, body, span, source, status)
        codes = []
        if "codes" in found:
            for code, body in self.mapping(found["codes"], "codes").items():
                codes.append((code, self.text(body, f"codes.{code}")))
        notes = tuple(self.text(item, "notes") for item in self.listed(found["notes"], "notes")) if "notes" in found else ()
        return Document(
            self.word(found["id"], "id") if "id" in found else "", self.word(found["form"], "form") if "form" in found else "",
            self.text(found["title"], "title") if "title" in found else same("?"), Level(level),
            self.word(found["place"], "place") if "place" in found else "", span, status, source, parameters,
            self.word(found["extends"], "extends") if "extends" in found else "", notes, tuple(codes), self.file, digest)


def _decimal(written: str) -> Decimal | None:
    try:
        value = Decimal(written.replace("_", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _written(row: BandRow) -> str:
    left = "[" if row.low_closed and row.low is not None else "("
    right = "]" if row.high_closed and row.high is not None else ")"
    return f"{left}{'-∞' if row.low is None else row.low}, {'+∞' if row.high is None else row.high}{right}"


def _overlapping(rows: list[BandRow]) -> Iterator[tuple[BandRow, BandRow]]:
    lowest = Decimal("-Infinity")
    ordered = sorted(rows, key=lambda r: (lowest if r.low is None else r.low, not r.low_closed))
    for a, b in pairwise(ordered):
        if a.high is None or b.low is None or a.high > b.low or (a.high == b.low and a.high_closed and b.low_closed):
            yield a, b


def _closed(entries: list[Entry], document: Span) -> list[Entry]:
    """A value holds from the document's first day and until the next one begins, where it says no days of its own."""
    ordered = sorted((replace(e, span=replace(e.span, since=e.span.since or document.since)) for e in entries),
                     key=lambda e: e.span.since or date.min)
    closed = []
    for entry, following in zip_longest(ordered, ordered[1:]):
        since, until, begins = entry.span.since, entry.span.until, following.span.since if following is not None else None
        if until is None:
            follows = begins is not None and (since is None or since < begins)
            until = begins - timedelta(days=1) if follows and begins is not None else document.until
        closed.append(replace(entry, span=Span(since, until)))
    return closed


def read_document(path: Path, shown_as: str = "") -> Document:
    """Read one rulebook file. RulebookError lists every fault of the file with its line."""
    return parse_document(path.read_bytes(), shown_as or path.name)


def parse_document(body: bytes, file: str) -> Document:
    """Read a rulebook from its bytes; ``file`` is the name that faults are reported under."""
    reader = _Reader(file)
    try:
        node = yaml.compose(body, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        mark = getattr(wrong, "problem_mark", None)
        raise RulebookError.of(
            f"不是有效的 YAML：{wrong}".splitlines()[0], f"not valid YAML: {wrong}".splitlines()[0],
            place=Place(file, row=mark.line + 1 if mark else None)) from wrong
    document = reader.document(node, hashlib.sha256(body).hexdigest())
    raise_all(RulebookError, reader.faults)
    return document


def id_of(path: Path) -> str:
    """The id of a rulebook file from its first line after the caption (``id: …``), without reading the rest."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            row, first = next(((n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")), (1, ""))
    except UnicodeDecodeError as wrong:
        raise RulebookError.of("文件不是 UTF-8 编码", "the file is not encoded in UTF-8", place=Place(path.name),
                               remedy=Text("请另存为 UTF-8。", "Save it as UTF-8.")) from wrong
    key, _, value = first.partition(":")
    written = value.partition(" #")[0].strip().strip("'\"")
    if key.strip() != "id" or not written:
        raise RulebookError.of("规则文件在说明行之后的首行须为“id: …”", "after its caption a rulebook file begins with the line 'id: …'",
                               place=Place(path.name, row=row))
    return written
