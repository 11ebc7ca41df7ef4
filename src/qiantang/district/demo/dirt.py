"""The dirt that real folders have, put in on purpose and written down, so that a test can ask what became of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qiantang.district.demo.calibration import Calibration
from qiantang.district.demo.departments import DepartmentSheet

if TYPE_CHECKING:
    import duckdb

Outcome = Literal["quarantined", "warned", "unread", "read", "unknown"]
"""What should become of it: kept out with a reason; accepted but said to be strange; a column not read; understood all
the same; accepted with a fact that stays unknown."""


@dataclass(frozen=True, slots=True)
class Dirt:
    """One thing that is wrong: which sheet, row and header, what should stand there and what does.

    ``rule`` is the door's word for it, where a row is kept out.
    """

    kind: str
    file: str
    sheet: str
    row: int | None
    header: str
    subject: str
    written: str | None
    true: str | None
    outcome: Outcome
    rule: str = ""


class LaidSheet:
    """A sheet of a department as a table of the database, with texts that stand where numbers should."""

    def __init__(self, sheet: DepartmentSheet, table: str, file: str, name: str, first_row: int, with_note: bool) -> None:
        self.sheet, self.table, self.file, self.name = sheet, table, file, name
        self.first_row, self.with_note = first_row, with_note
        self.texts: dict[tuple[int, str], str] = {}
        self.spoilt: set[int] = set()

    @property
    def shown(self) -> str:
        """The sheet's name as a reader of the file sees it; a CSV or Parquet file has none."""
        return self.name if self.with_note else ""

    def header(self, column: str) -> str:
        """The header of a register's column."""
        return self.sheet.written(column, self.with_note)


@dataclass(frozen=True, slots=True)
class _Spoiling:
    """One kind of dirt: in which sheet and column, how many at the stated population, among which rows."""

    kind: str
    sheet: str
    column: str
    number: int
    among: str
    outcome: Outcome
    rule: str = ""
    becomes: str = ""
    """SQL over the old value ``{old}``; empty where the cell becomes a text."""
    texts: tuple[Callable[[str], str], ...] = ()


def _full_width(value: str) -> str:
    return value.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))


def _grouped(value: str) -> str:
    whole, _, rest = value.partition(".")
    return f"{int(whole):,}" + (f".{rest}" if rest else "")


def _spoilings(last_year: int) -> tuple[_Spoiling, ...]:
    """Column names in ``among`` stand in braces: the sheet's own headers are put in."""
    this_year = f"{{year}} = {last_year}"
    other = "ABCDEFGHJKLMNPQRTUWXY"
    return (
        _Spoiling("negative_tax", "税收数据", "tax_paid_wan", 4, f"{this_year} AND {{tax_paid_wan}} > 1000", "quarantined", "low", "-{old}"),
        # Typed in yuan under a line that says thousand yuan; only what then leaves all bounds can be seen.
        _Spoiling("wrong_unit", "统计数据", "output_wan", 5, f"{this_year} AND {{output_wan}} BETWEEN 120000 AND 900000", "quarantined", "high",
                  "{old} * 1000"),
        _Spoiling("wrong_unit", "能耗数据", "electricity_kwh", 4, f"{this_year} AND {{electricity_kwh}} BETWEEN 150 AND 9000", "quarantined",
                  "high", "{old} * 10000"),
        _Spoiling("missing_emission", "排放年度数据", "cod_t", 38, f"{this_year} AND {{cod_t}} > 0", "unknown", "", "NULL"),
        _Spoiling("bad_check_digit", "排放年度数据", "uscc", 3, f"{this_year} AND {{cod_t}} BETWEEN 0.01 AND 4", "quarantined", "check_character",
                  f"left({{old}}, 17) || substr('{other}', 1 + (strpos('{other}', right({{old}}, 1)) + 3) % {len(other)}, 1)"),
        _Spoiling("short_code", "能耗数据", "uscc", 2, f"{this_year} AND {{electricity_kwh}} < 20", "quarantined", "credit_code", "left({old}, 17)"),
        _Spoiling("former_code", "能耗数据", "uscc", 3, f"{this_year} AND {{uscc}} IN (SELECT uscc FROM identity WHERE kind = 'merger')", "warned",
                  "stranger", "(SELECT max(i.old_uscc) FROM identity i WHERE i.uscc = {old} AND i.kind = 'merger')"),
        _Spoiling("part_above_whole", "科技数据", "rd_domestic_wan", 3, f"{this_year} AND {{rd_hightech_wan}} BETWEEN 50 AND 400", "quarantined",
                  "rd_domestic_wan_within_rd_hightech_wan", "CAST({old} * 10 + 100 AS DECIMAL(18, 2))"),
        _Spoiling("old_industry_name", "项目库", "leading_industry", 2, "{kind} = '产业投资项目'", "quarantined", "choice", "'生命健康'"),
        _Spoiling("text_in_number", "统计数据", "revenue_wan", 6, f"{this_year} AND {{output_wan}} BETWEEN 5000 AND 90000", "quarantined",
                  "not_a_number", "", (lambda v: f"约{v}", lambda _: "详见附表", lambda _: "待核实")),
        _Spoiling("readable_number", "科技数据", "hitech_income_wan", 6, f"{this_year} AND {{hitech_income_wan}} > 1000", "read", "", "",
                  (_grouped, _full_width, lambda v: f"{v}万元")),
        _Spoiling("blank_word", "排放年度数据", "cod_t", 4, f"{this_year} AND {{cod_t}} > 0", "unknown", "", "", (lambda _: "—", lambda _: "未报")),
        _Spoiling("readable_day", "知识产权清单", "granted_on", 6, "true", "read", "", "",
                  (lambda v: "{}年{}月{}日".format(*(int(p) for p in v.split("-"))), lambda v: v.replace("-", "."), lambda v: v.replace("-", ""))),
        _Spoiling("half_a_day", "知识产权清单", "granted_on", 2, "true", "quarantined", "no_whole_day", "", (lambda v: f"{v[:4]}年",)),
    )


def soil(connection: duckdb.DuckDBPyConnection, sheets: Mapping[str, LaidSheet], calibration: Calibration, last_year: int,
         texts: bool) -> list[Dirt]:
    """Spoil the sheets and tell what was done; ``texts`` says whether a cell can hold a text among numbers."""
    soiling = _Soiling(connection, sheets, calibration)
    for spoiling in _spoilings(last_year):
        if texts or not spoiling.texts:
            soiling.spoil(spoiling)
    soiling.repeat("税收数据", "tax_paid_wan", 6, f"{{year}} = {last_year} AND {{tax_paid_wan}} > 1000", "{tax_paid_wan} * 2")
    soiling.repeat("企业登记", "name", 2, "{industry_code} = '3399'", "{name} || '（重复）'")
    soiling.strangers("税收数据", 3, last_year)
    soiling.self_lease("租赁台账", 2)
    soiling.footer("能耗数据", "填表人：示例人员")
    soiling.unread("税收数据", "主管税务所", "unknown_column")
    soiling.unread("能耗数据", "工业用水总量(m³)", "changed_header")
    soiling.old_names("税收数据", last_year)
    return soiling.done


class _Soiling:
    """Picks rows by draw, never the same row of a sheet twice, and writes down what it does to them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sheets: Mapping[str, LaidSheet], calibration: Calibration) -> None:
        self._connection, self._sheets, self._calibration = connection, sheets, calibration
        self.done: list[Dirt] = []

    def spoil(self, of: _Spoiling) -> None:
        """Change one cell in so many rows."""
        laid = self._sheets[of.sheet]
        header = laid.header(of.column)
        rows = self._picked(laid, f"{of.kind}/{of.column}", of.number, f"({self._said(laid, of.among)}) AND \"{header}\" IS NOT NULL")
        before = self._cells(laid, rows, header)
        if of.texts:
            for nth, (place, _, old) in enumerate(before):
                laid.texts[place, header] = of.texts[nth % len(of.texts)](str(old))
            after: list[str | None] = [laid.texts[place, header] for place, _, _ in before]
        else:
            becomes = of.becomes.format(old=f'"{header}"')
            self._connection.execute(f"UPDATE {laid.table} SET \"{header}\" = {becomes} WHERE _at IN ({_listed(rows)})")
            after = [new for _, _, new in self._cells(laid, rows, header)]
        for (place, subject, old), new in zip(before, after, strict=True):
            self._note(of.kind, laid, place, header, str(subject), new, old, of.outcome, of.rule)

    def repeat(self, sheet: str, column: str, number: int, among: str, value: str) -> None:
        """Add rows at the end whose key stands in the sheet already, with another value."""
        laid = self._sheets[sheet]
        header = laid.header(column)
        rows = self._picked(laid, "duplicate", number, self._said(laid, among))
        added = self._appended(laid, rows, f"{self._said(laid, value)} AS \"{header}\"")
        for (_, subject, old), (place, _, new) in zip(self._cells(laid, rows, header), self._cells(laid, added, header), strict=True):
            self._note("duplicate", laid, place, self._key(laid), str(subject), new, old, "quarantined", "duplicate")

    def strangers(self, sheet: str, number: int, last_year: int) -> None:
        """Add rows of enterprises that nobody registered."""
        laid = self._sheets[sheet]
        key, year = laid.header("uscc"), laid.header("year")
        rows = list(range(1, self._calibration.scaled(number) + 1))
        for place, code, _ in self._cells(laid, self._appended(laid, rows, f"credit_code(_at, 'F') AS \"{key}\", {last_year} AS \"{year}\""), key):
            self._note("stranger", laid, place, key, str(code), code, None, "warned", "stranger")

    def self_lease(self, sheet: str, number: int) -> None:
        """Add leases in which a landlord lets to itself."""
        laid = self._sheets[sheet]
        key, landlord, tenant = (laid.header(c) for c in ("lease", "landlord_uscc", "tenant_uscc"))
        rows = self._picked(laid, "self_lease", number, "true")
        added = self._appended(laid, rows, f"\"{key}\" || '-Z' AS \"{key}\", \"{landlord}\" AS \"{tenant}\"")
        for (_, _, old), (place, subject, new) in zip(self._cells(laid, rows, tenant), self._cells(laid, added, tenant), strict=True):
            self._note("self_lease", laid, place, tenant, str(subject), new, old, "quarantined", "landlord_is_not_tenant")

    def footer(self, sheet: str, words: str) -> None:
        """Add a line under the table that is no row of it."""
        laid = self._sheets[sheet]
        key = laid.header("uscc")
        place = self._rows(laid) + 1
        self._connection.execute(f"INSERT INTO {laid.table} BY NAME SELECT {place} AS _at, '{words}' AS \"{key}\"")
        laid.spoilt.add(place)
        self._note("footer", laid, place, key, words, words, None, "quarantined", "credit_code")

    def unread(self, sheet: str, header: str, kind: str) -> None:
        """Write down a column that the register does not know by that name."""
        laid = self._sheets[sheet]
        self.done.append(Dirt(kind, laid.file, laid.shown, None, header, "", header, None, "unread"))

    def old_names(self, sheet: str, last_year: int) -> None:
        """Write down whom the sheet still calls by an old name; the code is what counts."""
        laid = self._sheets[sheet]
        key, year = laid.header("uscc"), laid.header("year")
        found = self._connection.execute(
            f"SELECT t._at, t.\"{key}\", i.old_name, e.name FROM {laid.table} t JOIN identity i ON i.uscc = t.\"{key}\" AND i.kind = 'rename' "
            f"JOIN registry e ON e.id = i.id WHERE t.\"{year}\" = {last_year} AND t._at NOT IN ({_listed(sorted(laid.spoilt))}) ORDER BY t._at").fetchall()
        for place, code, old, name in found:
            self._note("old_name", laid, int(place), "纳税人名称", str(code), str(old), str(name), "read", "")

    # --- pieces ---

    def _note(self, kind: str, laid: LaidSheet, place: int, header: str, subject: str, written: str | None, true: str | None,
              outcome: Outcome, rule: str) -> None:
        self.done.append(Dirt(kind, laid.file, laid.shown, laid.first_row + place - 1, header, subject, written, true, outcome, rule))

    @staticmethod
    def _said(laid: LaidSheet, words: str) -> str:
        for heading in laid.sheet.headings:
            if heading.column:
                words = words.replace(f"{{{heading.column}}}", f'"{heading.written(laid.with_note)}"')
        return words

    @staticmethod
    def _key(laid: LaidSheet) -> str:
        return laid.header(laid.sheet.table.key[0])

    def _picked(self, laid: LaidSheet, kind: str, number: int, among: str) -> list[int]:
        rows = [int(at) for at, in self._connection.execute(
            f"SELECT _at FROM {laid.table} WHERE ({among}) AND _at NOT IN ({_listed(sorted(laid.spoilt))}) "
            f"ORDER BY draw('dirt/{kind}', _at), _at LIMIT {self._calibration.scaled(number)}").fetchall()]
        laid.spoilt.update(rows)
        return sorted(rows)

    def _cells(self, laid: LaidSheet, rows: list[int], header: str) -> list[tuple[int, str | None, str | None]]:
        """Place, key and one cell of some rows, in their order."""
        return [(int(at), subject, value) for at, subject, value in self._connection.execute(
            f"SELECT _at, CAST(\"{self._key(laid)}\" AS VARCHAR), CAST(\"{header}\" AS VARCHAR) FROM {laid.table} "
            f"WHERE _at IN ({_listed(rows)}) ORDER BY _at").fetchall()]

    def _rows(self, laid: LaidSheet) -> int:
        row = self._connection.execute(f"SELECT max(_at) FROM {laid.table}").fetchone()
        return int(row[0]) if row is not None and row[0] is not None else 0

    def _appended(self, laid: LaidSheet, rows: list[int], changed: str) -> list[int]:
        """Add copies of some rows at the end, with cells changed; gives their places, in the order of the rows."""
        last = self._rows(laid)
        self._connection.execute(
            f"INSERT INTO {laid.table} SELECT * REPLACE ({last} + row_number() OVER (ORDER BY _at) AS _at, {changed}) FROM {laid.table} "
            f"WHERE _at IN ({_listed(rows)})")
        added = list(range(last + 1, self._rows(laid) + 1))
        laid.spoilt.update(added)
        return added


def _listed(rows: list[int]) -> str:
    return ", ".join(str(at) for at in rows) or "0"
