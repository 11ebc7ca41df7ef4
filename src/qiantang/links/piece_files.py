"""Piece events from CSV and Excel files, row by row through the same receiver as any wire; taken in once, however often they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from qiantang.kernel.errors import FactsError, Fault, Place
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import readings
from qiantang.kernel.wires import Counters, Delivery, Notice, Receiver
from qiantang.kernel.words import Text
from qiantang.links.files import readable, sheets_of
from qiantang.links.messages import now_us
from qiantang.links.piece_rows import PieceFields

_CHUNK = 1000
_MOST_TOLD = 20
_IMPORTED = Text("{source}：读入 {many} 条产品事件，{faulty} 行有误", "{source}: {many} piece events read, {faulty} rows are wrong")
_MORE = Text("{source}：另有 {many} 行有误", "{source}: {many} more rows are wrong")


class PieceFiles:
    """A wire that ends: it hands over what is in the files, in their order. The first row of a sheet names its columns."""

    def __init__(self, files: Mapping[Path, PieceFields], counters: Counters | None = None) -> None:
        self.files = dict(files)
        self.counters = counters or Counters()

    async def run(self, receiver: Receiver) -> None:
        """Hand over every row; what is wrong in a file is told, and the other rows and files are taken all the same."""
        for path, fields in self.files.items():
            now, many, faulty = now_us(), 0, 0
            chunk: list[PieceEvent] = []
            try:
                for found in self._rows(path, fields, now):
                    if isinstance(found, PieceEvent):
                        chunk.append(found)
                        many += 1
                    else:
                        faulty += 1
                        if faulty <= _MOST_TOLD:
                            for fault in found:
                                self._tell(receiver, "piece_faulty", path, _with_value(fault), now)
                    if len(chunk) >= _CHUNK:
                        await receiver.deliver(Delivery(readings([], [], []), pieces=tuple(chunk)))
                        chunk = []
            except FactsError as wrong:
                for fault in wrong.faults:
                    self._tell(receiver, "piece_faulty", path, fault.told, now)
                continue
            if chunk:
                await receiver.deliver(Delivery(readings([], [], []), pieces=tuple(chunk)))
            if faulty > _MOST_TOLD:
                self._tell(receiver, "piece_faulty", path, _MORE.filled(source=path.name, many=faulty - _MOST_TOLD), now, faulty - _MOST_TOLD)
            self.counters.add("pieces", many)
            self._tell(receiver, "pieces_imported", path, _IMPORTED.filled(source=path.name, many=many, faulty=faulty), now, max(many, 1))

    def _rows(self, path: Path, fields: PieceFields, now: int) -> Iterator[PieceEvent | list[Fault]]:
        if not path.is_file() or not readable(path):
            raise FactsError(Fault(Text("没有此文件，或不是 CSV、Excel", "there is no such file, or it is neither CSV nor Excel"), Place(path.name), str(path),
                                   "piece-file", Text("请核对工作簿“产品事件”表中的地址。", "Look at the address in the workbook's sheet 'piece events'.")))
        for sheet in sheets_of(path, path.name):
            rows = iter(sheet.rows)
            headers = [str(cell).strip() for cell in next(rows, ())]
            for number, row in enumerate(rows, 2):
                said = {header: cell for header, cell in zip(headers, row, strict=False) if header and cell not in (None, "")}
                if said:
                    yield fields.event(said, Place(path.name, sheet.name, number), now)

    def _tell(self, receiver: Receiver, kind: str, path: Path, told: Text, now: int, count: int = 1) -> None:
        receiver.notice(Notice(kind, path.name, now, told, count))


def _with_value(fault: Fault) -> Text:
    if fault.value in (None, ""):
        return fault.told
    return fault.told + Text(f"（“{fault.value}”）", f" ('{fault.value}')")
