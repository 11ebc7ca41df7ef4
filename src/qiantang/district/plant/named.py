"""The plant that a file names: a workbook beside it, or the folder of a plant that a node told what it is."""

from __future__ import annotations

from pathlib import Path

from qiantang.district.documents import Paper, Part
from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.workbook import read_plant
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.words import Text


def named_plant(paper: Paper, named: Part, beside: Path) -> Plant:
    """The plant; FactsError tells every fault of its workbook, or that there is none at that place."""
    name = named.word()
    if not name:
        paper.done()
    path = beside.parent / name
    plant = PlantFolder(path).plant() if path.is_dir() else read_plant(path) if path.is_file() else None
    if plant is None:
        raise FactsError.of(f"这里没有工厂：{name}", f"there is no plant at {name}", place=Place(beside.name, path="plant"), value=name, rule="plant",
                            remedy=Text("请给出工厂工作簿（qiantang factory template），或工厂文件夹（地区/.qiantang/plants/工厂编号）。",
                                        "Name a plant's workbook (qiantang factory template), or a plant's folder "
                                        "(DISTRICT/.qiantang/plants/PLANT)."))
    return plant


def not_known(part: Part, what: Text, word: str, known: list[str]) -> None:
    """Note that a word names nothing the plant has, with what it has."""
    part.fault(f"没有这个{what.zh}：{word}", f"there is no such {what.en}: {word}", word,
               Text("可用：" + ("、".join(known) or "（无）"), "known: " + (", ".join(known) or "none")))
