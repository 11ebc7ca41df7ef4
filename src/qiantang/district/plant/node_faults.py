"""Faults that every section of a node's file can have: names that mean nothing, numbers that are none, passwords that stand in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.words import Text

_PASSWORD = "password"


def strangers(row: Mapping[str, Any], known: Collection[str], file: str, before: str) -> Iterator[Fault]:
    """Names that are not known; a password is told by itself."""
    for name in row:
        if name not in known and name != _PASSWORD:
            yield Fault(Text(f"不认识“{name}”", f"“{name}” means nothing here"), Place(file, path=before + str(name)), name, "known-name",
                        Text("可用的有：" + "、".join(sorted(known)), "There are: " + ", ".join(sorted(known))))


def no_number(value: object, file: str, path: str, example: str) -> Iterator[Fault]:
    """What is no positive whole number."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        yield Fault(Text("应是正整数", "a positive whole number belongs here"), Place(file, path=path), value, "number",
                    Text(f"例如 {example}。", f"{example}, for example."))


def no_secret(row: Mapping[str, Any], file: str, place: str) -> Iterator[Fault]:
    """A password that stands in the file."""
    if _PASSWORD in row:
        yield Fault(Text("密码不写在文件里", "a password does not stand in the file"), Place(file, path=place), rule="no-secret",
                    remedy=Text("请写 password_from: 环境变量名", "Write password_from: NAME_OF_AN_ENVIRONMENT_VARIABLE"))
